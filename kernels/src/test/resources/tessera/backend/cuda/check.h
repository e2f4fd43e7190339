/* Checks an instantiated template on the CPU (emulator.h) against a float64 reference. The including file defines the template's
 * constants, includes the template, and calls check_shapes with a function that launches it. */
#pragma once
#include <random>

/* Memory whose last byte lies before an unmapped page, `shift` floats away from the alignment of 16 bytes. */
struct Guarded {
  char *map;
  size_t bytes;
  float *data;
  Guarded(size_t count, int shift) {
    const size_t page = 4096, tail = (16 - (size_t)shift * 4) % 16, least = count * sizeof(float);
    const size_t size = least + (tail - least % 16 + 16) % 16;
    const size_t whole = (size + 2 * page - 1) / page * page;
    bytes = whole + page;
    map = (char *)mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(map + whole, page, PROT_NONE);
    data = (float *)(map + whole - size);
  }
  ~Guarded() { munmap(map, bytes); }
};

inline double activated(double x) {
  if (EPILOGUE_ACTIVATION == 1) return x < 0 ? 0 : x;
  if (EPILOGUE_ACTIVATION == 2) return 0.5 * x * erfc(-x * 0.70710678118654752440);
  return x;
}

inline std::mt19937_64 &generator() {
  static std::mt19937_64 g(std::random_device{}());
  return g;
}

inline void fill(float *data, size_t count) {
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < count; i++) data[i] = normal(generator());
}

template <typename Launch>
void check(int batch, int m, int n, int k, int shift, bool aligned, int blocks, Launch launch) {
  if (STATIC_M > 0) m = STATIC_M;
  if (STATIC_N > 0) n = STATIC_N;
  if (STATIC_K > 0) k = STATIC_K;
  const size_t ca = (size_t)batch * m * k, cb = (size_t)batch * n * k, cc = (size_t)batch * m * n;
  Guarded a(ca, shift), b(cb, shift), bias(n, shift), c(cc, shift);
  fill(a.data, ca), fill(b.data, cb), fill(bias.data, n);
  memset(c.data, 0xff, cc * 4);
  const tessera_gemm g = {batch, m, n, k, a.data, b.data, bias.data, c.data, nullptr, nullptr};
  for (int again = 0; again < 2; again++) launch(g, aligned, blocks);
  for (int i = 0; i < batch; i++)
    for (int r = 0; r < m; r++)
      for (int s = 0; s < n; s++) {
        double sum = 0, size = 0;
        for (int t = 0; t < k; t++) {
          const double x = a.data[((size_t)i * m + r) * k + t], y = b.data[(size_t)i * n * k + (B_IS_NK ? (size_t)s * k + t : (size_t)t * n + s)];
          sum += x * y, size += fabs(x * y);
        }
        if (EPILOGUE_BIAS) sum += bias.data[s], size += fabs(bias.data[s]);
        const double expected = activated(sum), got = c.data[((size_t)i * m + r) * n + s];
        const double allowed = 1.2e-7 * (4 + sqrt((double)k)) * size + 1e-6 * fabs(expected) + 1e-30;
        if (!(fabs(got - expected) <= allowed)) {
          printf("batch %d m %d n %d k %d shift %d aligned %d blocks %d: element [%d, %d, %d] is %g, should be %g\n", batch, m, n, k, shift,
                 aligned, blocks, i, r, s, got, expected);
          exit(1);
        }
      }
}
