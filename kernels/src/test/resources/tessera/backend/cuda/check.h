/* Checks an instantiated template on the CPU (emulator.h) against a float64 reference. The including file defines the template's
 * constants, includes the template, and calls check_shapes with a function that launches it. */
#pragma once
#include <random>
#include <string>

/* Memory whose last byte lies before an unmapped page, `shift` elements away from the alignment of 16 bytes. */
template <class T>
struct Guarded {
  char *map;
  size_t bytes;
  T *data;
  Guarded(size_t count, int shift) {
    const size_t page = 4096, tail = (16 - (size_t)shift * sizeof(T)) % 16, least = count * sizeof(T);
    const size_t size = least + (tail - least % 16 + 16) % 16;
    const size_t whole = (size + 2 * page - 1) / page * page;
    bytes = whole + page;
    map = (char *)mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(map + whole, page, PROT_NONE);
    data = (T *)(map + whole - size);
  }
  ~Guarded() { munmap(map, bytes); }
};

#define CHECK_TEXT_(x) #x
#define CHECK_TEXT(x) CHECK_TEXT_(x)

inline double activated(double x) {
  const std::string function = CHECK_TEXT(EPILOGUE_FUNCTION);
  if (function == "tessera_relu") return x < 0 ? 0 : x;
  if (function == "tessera_gelu") return 0.5 * x * erfc(-x * 0.70710678118654752440);
  return x;
}

inline std::mt19937_64 &generator() {
  static std::mt19937_64 g(std::random_device{}());
  return g;
}

template <int TYPE>
void fill(typename Element<TYPE>::bits *data, size_t count) {
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < count; i++) data[i] = rounded<TYPE>(normal(generator()));
}

/* Elements of rows that are whole 16 bytes. */
constexpr int WHOLE = 16 / (sizeof(tessera_input) < sizeof(tessera_output) ? sizeof(tessera_input) : sizeof(tessera_output));

/* What the output's type, and operands that are shortened to tf32, add to the error. Templates for tensor cores have stages. */
constexpr double OF_OUTPUT = OUTPUT_TYPE == 0 ? 1e-6 : OUTPUT_TYPE == 1 ? 1.0 / 2048 : 1.0 / 256;
#if !defined(STAGES)
constexpr double OF_INPUTS = 0;
#elif defined(PAIRS) && PAIRS
constexpr double OF_INPUTS = 5e-7;
#else
constexpr double OF_INPUTS = INPUT_TYPE == 0 ? 1.0 / 512 : 0;
#endif

/* Whether a result is within what is allowed; what float32 cannot hold is infinite, and not a number stays so. */
inline bool is_right(double got, double expected, double allowed) {
  if (expected != expected) return got != got;
  if (OUTPUT_TYPE == 0 && fabs(expected) > 3.5e38) return got == (expected > 0 ? INFINITY : -INFINITY);
  return fabs(got - expected) <= allowed;
}

/* Changes operands of [rows, k] and [rows, k] or [k, rows] after they were filled; nothing by default. */
inline std::function<void(tessera_input *, tessera_input *, int m, int n, int k)> &spoil() {
  static std::function<void(tessera_input *, tessera_input *, int, int, int)> f = [](tessera_input *, tessera_input *, int, int, int) {};
  return f;
}

template <typename Launch>
void check(int batch, int m, int n, int k, int shift, bool aligned, int blocks, Launch launch) {
  if (STATIC_M > 0) m = STATIC_M;
  if (STATIC_N > 0) n = STATIC_N;
  if (STATIC_K > 0) k = STATIC_K;
  const size_t ca = (size_t)batch * m * k, cb = (size_t)batch * n * k, cc = (size_t)batch * m * n;
  Guarded<tessera_input> a(ca, shift), b(cb, shift);
  Guarded<tessera_output> bias(n, shift), c(cc, shift);
  fill<INPUT_TYPE>(a.data, ca), fill<INPUT_TYPE>(b.data, cb), fill<OUTPUT_TYPE>(bias.data, n);
  spoil()(a.data, b.data, m, n, k);
  memset(c.data, 0xff, cc * sizeof(tessera_output));
  const tessera_gemm g = {batch, m, n, k, a.data, b.data, bias.data, c.data, nullptr, nullptr};
  for (int again = 0; again < 2; again++) launch(g, aligned, blocks);
  for (int i = 0; i < batch; i++)
    for (int r = 0; r < m; r++)
      for (int s = 0; s < n; s++) {
        double sum = 0, size = 0;
        for (int t = 0; t < k; t++) {
          const double x = value_of<INPUT_TYPE>(a.data[((size_t)i * m + r) * k + t]);
          const double y = value_of<INPUT_TYPE>(b.data[(size_t)i * n * k + (B_IS_NK ? (size_t)s * k + t : (size_t)t * n + s)]);
          sum += x * y, size += fabs(x * y);
        }
        const double added = EPILOGUE_BIAS ? value_of<OUTPUT_TYPE>(bias.data[s]) : 0;
        sum += added, size += fabs(added);
        const double expected = activated(sum), got = value_of<OUTPUT_TYPE>(c.data[((size_t)i * m + r) * n + s]);
        const double allowed = (1.2e-7 * (4 + sqrt((double)k)) + OF_INPUTS) * size + OF_OUTPUT * fabs(expected) + (OUTPUT_TYPE == 1 ? 3e-8 : 1e-30);
        if (!is_right(got, expected, allowed)) {
          printf("batch %d m %d n %d k %d shift %d aligned %d blocks %d: element [%d, %d, %d] is %g, should be %g\n", batch, m, n, k, shift,
                 aligned, blocks, i, r, s, got, expected);
          exit(1);
        }
      }
}
