/* Operands whose lines no tensor map can describe, since they are not whole 16 bytes or do not begin at such: copied to lines that are. */

constexpr int PAD_THREADS = 256;

/* Lines of `length` elements to lines of `padded`, whole 16 bytes; behind the last element anything may lie. A thread copies 4 bytes. */
template <class T>
TESSERA_DEVICE void pad_lines(const T *from, unsigned *to, long long lines, int length) {
  constexpr int EACH = 4 / (int)sizeof(T), WHOLE = 4 * EACH;
  const unsigned words = (unsigned)(divide_up(length, WHOLE) * 4);
  const long long count = lines * words;
  for (long long i = (long long)blockIdx.x * PAD_THREADS + threadIdx.x; i < count; i += (long long)gridDim.x * PAD_THREADS) {
    const long long line = count <= 0xffffffffll ? (long long)((unsigned)i / words) : i / words;
    const int e = (int)(i - line * words) * EACH;
    const T *const at = from + line * length + e;
    if constexpr (EACH == 1)
      to[i] = e < length ? bits_of(load_readonly(at)) : 0;
    else
      to[i] = (e < length ? load_readonly(at) : 0u) | (e + 1 < length ? (unsigned)load_readonly(at + 1) << 16 : 0u);
  }
}

/* Either operand may be none. Any grid of PAD_THREADS. */
TESSERA_KERNEL void __launch_bounds__(PAD_THREADS) TESSERA_JOIN(KERNEL_NAME, pad)(
    const tessera_input *a, unsigned *padded_a, long long lines_a, int length_a, const tessera_input *b, unsigned *padded_b, long long lines_b,
    int length_b) {
  overlap();
  pad_lines(a, padded_a, lines_a, length_a);
  pad_lines(b, padded_b, lines_b, length_b);
}
