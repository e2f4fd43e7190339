/* SHA-256 (FIPS 180-4), to check a bundle's files. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  uint32_t state[8];
  uint64_t bytes;
  unsigned char block[64];
} sha256;

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

/* The first 32 bits of the fractional parts of the cube roots (for k) of the first primes, by integer arithmetic. */
static uint32_t root_fraction(int prime, int cube) {
  /* floor(root * 2^32) by bisection on 128-bit products; the integer part falls off. */
  unsigned __int128 low = 0, high = (unsigned __int128)32 << 32;
  while (high - low > 1) {
    unsigned __int128 middle = (low + high) / 2;
    /* compare middle^2 / 2^64 or middle^3 / 2^96 with the prime, without overflow: middle < 2^37 */
    unsigned __int128 square = middle * middle;
    int above;
    if (cube) {
      unsigned __int128 upper = (square >> 32) * middle, lower = (square & 0xffffffffu) * middle;
      upper += lower >> 32;
      above = (upper >> 64) >= (unsigned __int128)prime;
    } else {
      above = (square >> 64) >= (unsigned __int128)prime;
    }
    if (above)
      high = middle;
    else
      low = middle;
  }
  return (uint32_t)low;
}

static uint32_t sha256_k[64], sha256_initial[8];
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_constants(void) {
  int count = 0;
  for (int candidate = 2; count < 64; candidate++) {
    int prime = 1;
    for (int d = 2; d * d <= candidate; d++) prime &= candidate % d != 0;
    if (!prime) continue;
    sha256_k[count] = root_fraction(candidate, 1);
    if (count < 8) sha256_initial[count] = root_fraction(candidate, 0);
    count++;
  }
}

static void sha256_block(sha256 *s) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 | (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(v, s->state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t e = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t one = v[7] + e + choice + sha256_k[i] + w[i];
    uint32_t a = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof v[0]);
    v[4] += one;
    v[0] = one + a + majority;
  }
  for (int i = 0; i < 8; i++) s->state[i] += v[i];
}

static void sha256_add(sha256 *s, const unsigned char *data, size_t count) {
  for (size_t i = 0; i < count; i++) {
    s->block[s->bytes++ % 64] = data[i];
    if (s->bytes % 64 == 0) sha256_block(s);
  }
}

/* The digest of what is left of a file, in hexadecimal, which is written to another file on the way where copy is one (not -1); 0 if that
 * fails. */
static int sha256_file(FILE *file, int copy, char hex[65]) {
  pthread_once(&sha256_once, sha256_constants);
  sha256 s = {.bytes = 0};
  memcpy(s.state, sha256_initial, sizeof s.state);
  unsigned char buffer[8192];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, file)) > 0;) {
    sha256_add(&s, buffer, count);
    if (copy >= 0 && write(copy, buffer, count) != (ssize_t)count) return 0;
  }
  const uint64_t bits = s.bytes * 8;
  const unsigned char end = 0x80, zero = 0;
  sha256_add(&s, &end, 1);
  while (s.bytes % 64 != 56) sha256_add(&s, &zero, 1);
  for (int i = 7; i >= 0; i--) {
    unsigned char byte = (unsigned char)(bits >> (8 * i));
    sha256_add(&s, &byte, 1);
  }
  for (int i = 0; i < 8; i++) snprintf(hex + 8 * i, 9, "%08x", s.state[i]);
  return !ferror(file);
}
