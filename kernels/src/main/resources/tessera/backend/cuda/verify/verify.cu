/* What checking and timing need on the device: random data, the float64 reference, the comparison, and the speed of the device
 * right now. Any grid does. */
#include "../device/device.cuh"
#include "../device/elements.cuh"

#define TESSERA_ALLOWED TESSERA_DEVICE
#include "../../../operator/allowed.h"

TESSERA_DEVICE long long first_index() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }
TESSERA_DEVICE long long index_step() { return (long long)gridDim.x * blockDim.x; }

/* Element i of an array of a type that is known at run time (elements.cuh). */
TESSERA_DEVICE double element(const void *data, long long i, int type) {
  if (type == 0) return ((const float *)data)[i];
  const unsigned short bits = ((const unsigned short *)data)[i];
  return type == 1 ? value_of<1>(bits) : value_of<2>(bits);
}

/* Random normal data: the sum of four 16-bit uniforms, scaled to variance 1. */
TESSERA_KERNEL void tessera_fill(void *data, int type, long long count, unsigned long long seed) {
  for (long long i = first_index(); i < count; i += index_step()) {
    unsigned long long z = seed + (unsigned long long)(i + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    z ^= z >> 31;
    const long long sum = (long long)((z & 0xffff) + (z >> 16 & 0xffff) + (z >> 32 & 0xffff) + (z >> 48));
    const float x = (float)((double)(sum - 131070) / 37836.0);
    if (type == 0)
      ((float *)data)[i] = x;
    else
      ((unsigned short *)data)[i] = type == 1 ? rounded<1>(x) : rounded<2>(x);
  }
}

/* Every element in float64, and how far from it a right one may be. The bound's numbers come one by one. */
TESSERA_KERNEL void tessera_reference(
    int batch, int m, int n, int k, const void *a, const void *b, const void *bias, int input, int output, int b_is_nk, int activation,
    double of_terms, double of_result, double least, double *expected, double *allowed) {
  const long long count = (long long)batch * m * n;
  const tessera_bound bound = {of_terms, of_result, least};
  for (long long i = first_index(); i < count; i += index_step()) {
    const int s = (int)(i % n), r = (int)(i / n % m), matrix = (int)(i / n / m);
    const long long x = ((long long)matrix * m + r) * k;
    const long long y = (long long)matrix * n * k + (b_is_nk ? (long long)s * k : s);
    const long long step = b_is_nk ? 1 : n;
    double sum = 0, magnitude = 0;
    for (int t = 0; t < k; t++) {
      const double product = element(a, x + t, input) * element(b, y + t * step, input);
      sum += product;
      magnitude += fabs(product);
    }
    if (bias) sum += element(bias, s, output), magnitude += fabs(element(bias, s, output));
    sum = TESSERA_ACTIVATED(sum, activation);
    expected[i] = sum;
    allowed[i] = allowed_error(bound, magnitude, sum);
  }
}

/* The lowest index of an element that is too far from the reference, or not a number; untouched where there is none. */
TESSERA_KERNEL void tessera_compare(
    const void *c, int type, const double *expected, const double *allowed, double slack, long long count, unsigned long long *wrong) {
  for (long long i = first_index(); i < count; i += index_step())
    if (!(fabs(element(c, i, type) - expected[i]) <= slack * allowed[i])) keep_least(wrong, (unsigned long long)i);
}

/* One element, to be shown. */
TESSERA_KERNEL void tessera_value(const void *data, int type, long long i, double *out) { *out = element(data, i, type); }

/* Independent multiply-adds in registers: 2 * 8 * PROBE_UNROLL operations a round for each thread. */
TESSERA_KERNEL void tessera_probe(float *out, int rounds) {
  constexpr int PROBE_UNROLL = 16;
  float x[8];
  TESSERA_UNROLL
  for (int i = 0; i < 8; i++) x[i] = (float)(threadIdx.x + i) * 1e-3f;
  for (int round = 0; round < rounds; round++)
    TESSERA_UNROLL
    for (int again = 0; again < PROBE_UNROLL; again++)
      TESSERA_UNROLL
      for (int i = 0; i < 8; i++) x[i] = x[i] * 0.999f + 1e-3f;
  float sum = 0;
  TESSERA_UNROLL
  for (int i = 0; i < 8; i++) sum += x[i];
  if (sum == 12345.678f) out[0] = sum; /* never, but the compiler does not know */
}

/* Ticks and nanoseconds of a while that lasts for at least so many nanoseconds; one thread. */
TESSERA_KERNEL void tessera_clock(long long *out, long long least_nanos) {
  const long long ticks = clock_ticks(), nanos = clock_nanos();
  long long now;
  do now = clock_nanos();
  while (now - nanos < least_nanos);
  out[0] = clock_ticks() - ticks, out[1] = now - nanos;
}
