/* Operands whose lines no tensor map can describe, since they are not whole 16 bytes or do not begin at such: copied to lines that are. */
#include "../library/staging.h"

TESSERA_DEVICE unsigned pad_bits(unsigned short x) { return x; }
TESSERA_DEVICE unsigned pad_bits(float x) { return bits_of(x); }

/* 16 bytes from anywhere in an array, where it has `left` elements left, by loads of whole words; nothing is read before its `first`
 * element or behind its last. */
template <class T>
TESSERA_DEVICE float4 load_unaligned(const T *at, bool first, long long left) {
  constexpr int EACH = 4 / (int)sizeof(T), WORDS = EACH > 1 ? 5 : 4;
  const unsigned behind = (unsigned)((size_t)at % 4), shift = 8 * behind;
  unsigned x[4] = {};
  if (left >= WORDS * EACH && !(first && behind)) {
    const unsigned *const from = (const unsigned *)((const char *)at - behind);
    unsigned words[5] = {};
    TESSERA_UNROLL
    for (int i = 0; i < WORDS; i++) words[i] = load_readonly(from + i);
    TESSERA_UNROLL
    for (int i = 0; i < 4; i++) x[i] = shift ? words[i] >> shift | words[i + 1] << (32 - shift) : words[i];
  } else {
    TESSERA_UNROLL
    for (int i = 0; i < 4 * EACH; i++)
      if (i < left) x[i / EACH] |= pad_bits(load_readonly(at + i)) << i % EACH * 16;
  }
  return {float_of(x[0]), float_of(x[1]), float_of(x[2]), float_of(x[3])};
}

/* Lines of `length` elements to lines of whole 16 bytes; behind the last element anything may lie. A thread copies 16 bytes. */
template <class T>
TESSERA_DEVICE void pad_lines(const T *from, float4 *to, long long lines, int length) {
  constexpr int EACH = PAD_ACCESS / (int)sizeof(T);
  const unsigned chunks = (unsigned)divide_up(length, EACH);
  const long long count = lines * chunks;
  for (long long i = (long long)blockIdx.x * STAGE_THREADS + threadIdx.x; i < count; i += (long long)gridDim.x * STAGE_THREADS) {
    const long long line = count <= 0xffffffffll ? (long long)((unsigned)i / chunks) : i / chunks;
    const long long e = line * length + (i - line * chunks) * EACH;
    to[i] = load_unaligned(from + e, e == 0, lines * length - e);
  }
}

/* Either operand may be none. Any grid of STAGE_THREADS. */
TESSERA_KERNEL void __launch_bounds__(STAGE_THREADS) TESSERA_JOIN(KERNEL_NAME, pad)(
    const tessera_input *a, float4 *padded_a, long long lines_a, int length_a, const tessera_input *b, float4 *padded_b, long long lines_b,
    int length_b) {
  pdl_begin();
  pad_lines(a, padded_a, lines_a, length_a);
  pad_lines(b, padded_b, lines_b, length_b);
}
