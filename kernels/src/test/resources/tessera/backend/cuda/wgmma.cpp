/* Checks one instantiation of wgmma.cu; the source of a candidate lies beside this file. */
#include "emulator.h"
#include "candidate.cu"
#include "check.h"

/* A map over `batch` matrices of lines that lie `apart` elements from one to the next, as a launcher makes it. */
static tessera_map map_of(const void *data, int batch, int lines, int places, int apart, int box) {
  const unsigned long long line = (unsigned long long)apart * FACTOR_BYTES;
  return {(const unsigned char *)data, {(unsigned long long)places, (unsigned long long)lines, (unsigned long long)batch},
          {line, line * lines}, {LINE_ELEMENTS, (unsigned)box, 1}, FACTOR_BYTES};
}

#if PAIRS
/* One operand's pairs and scales, poisoned until they are made. */
struct Pairs {
  std::vector<unsigned long long> halves;
  std::vector<float> scales;
  int padded;
  Pairs(int rows, int k) : halves((size_t)rows * divide_up(k, 32) * 16 + 2, ~0ull), scales(rows, -1), padded(divide_up(k, 32) * 64) {}
  unsigned long long *data() { return halves.data() + (size_t)halves.data() % 16 / 8; }
};

static void launch(const tessera_gemm &g, bool aligned, int blocks) {
  Pairs a(g.batch * g.m, g.k), b(g.batch * g.n, g.k);
  emulator::launch(3, STAGE_THREADS, STAGE_THREADS, 1, [&] {
    TESSERA_JOIN(KERNEL_NAME, split)
    (g.k, g.batch * g.m, g.a, a.data(), a.scales.data(), g.batch, g.n, g.b, b.data(), b.scales.data());
  });
  emulator::launch(blocks, ALL_THREADS, SHARED_BYTES / 4, CLUSTER_BLOCKS, [&] {
    (aligned ? TESSERA_JOIN(KERNEL_NAME, aligned) : TESSERA_JOIN(KERNEL_NAME, any))(
        g.batch, g.m, g.n, g.k, g.a, g.b, g.bias, g.c, nullptr, nullptr, map_of(a.data(), g.batch, g.m, a.padded, a.padded, BOX_A),
        map_of(b.data(), g.batch, g.n, b.padded, b.padded, BOX_B), a.scales.data(), b.scales.data());
  });
}

/* Rows that pairs cannot hold, and rows of unlike size that they can. */
static void make_awkward(float *a, float *b, int m, int n, int k) {
  auto at = [&](float *x, int rows, bool nk, int r, int t) -> float & { return x[nk ? (size_t)r * k + t : (size_t)t * rows + r]; };
  for (int r = 0; r < m; r++)
    for (int t = 0; t < k; t++) {
      float &x = at(a, m, true, r, t);
      if (r % 8 == 1) x *= ldexpf(1, r % 50 - 25);
      if (r % 8 == 3) x *= ldexpf(1, t % 41 - 20); /* too wide a range */
      if (r % 8 == 5) x = ldexpf(x, 70);           /* too large */
      if (r % 8 == 6) x = 0;
      if (r % 16 == 7 && t == k / 2) x = r % 32 == 7 ? INFINITY : NAN;
    }
  for (int s = 0; s < n; s++)
    for (int t = 0; t < k; t++) {
      float &x = at(b, n, B_IS_NK, s, t);
      if (s % 8 == 2) x *= ldexpf(1, 20 - t % 41);
      if (s % 8 == 4) x = ldexpf(x, -70);
      if (s % 16 == 9 && t == 0) x = -INFINITY;
    }
}
#else
static void launch(const tessera_gemm &g, bool aligned, int blocks) {
  constexpr int WHOLE_LINE = 16 / FACTOR_BYTES;
  const int lines_b = LINES_OF_K ? g.k : g.n, length_b = LINES_OF_K ? g.n : g.k;
  auto apart = [](int length) { return divide_up(length, WHOLE_LINE) * WHOLE_LINE; };
  std::vector<float4> a(aligned ? 0 : (size_t)g.batch * g.m * apart(g.k) / WHOLE_LINE), b(aligned ? 0 : (size_t)g.batch * lines_b * apart(length_b) / WHOLE_LINE);
  if (!aligned)
    emulator::launch(3, STAGE_THREADS, 0, 1, [&] {
      TESSERA_JOIN(KERNEL_NAME, pad)
      (g.a, a.data(), g.batch * g.m, g.k, g.b, b.data(), g.batch * lines_b, length_b);
    });
  const void *from_a = aligned ? (const void *)g.a : a.data(), *from_b = aligned ? (const void *)g.b : b.data();
  emulator::launch(blocks, ALL_THREADS, SHARED_BYTES / 4, CLUSTER_BLOCKS, [&] {
    (aligned ? TESSERA_JOIN(KERNEL_NAME, aligned) : TESSERA_JOIN(KERNEL_NAME, any))(
        g.batch, g.m, g.n, g.k, g.a, g.b, g.bias, g.c, nullptr, nullptr, map_of(from_a, g.batch, g.m, g.k, apart(g.k), BOX_A),
        map_of(from_b, g.batch, lines_b, length_b, apart(length_b), BOX_B));
  });
}
#endif

static void check_shapes() {
  const int shapes[][4] = {{1, 1, 1, 1},     {1, 1, 129, 7},  {1, 7, 13, 31},    {2, 16, 64, 48},
                           {1, 127, 60, 33}, {3, 33, 31, 17}, {1, 64, 128, 128}, {2, 40, 104, 72}, {1, 20, 40, 520}};
  for (const auto &s : shapes) {
    const int batch = s[0], m = STATIC_M > 0 ? STATIC_M : s[1], n = STATIC_N > 0 ? STATIC_N : s[2], k = STATIC_K > 0 ? STATIC_K : s[3];
    const int tiles = batch * divide_up(m, ALONG_M * BLOCK_M) * divide_up(n, ALONG_N * BLOCK_N);
    for (int blocks : {tiles, 1, 3, 0}) {
      if (blocks > tiles || blocks == 0) break;
      check(batch, m, n, k, 0, k % WHOLE == 0 && (B_IS_NK || n % WHOLE == 0), blocks * CLUSTER_BLOCKS, launch);
      check(batch, m, n, k, 1, false, blocks * CLUSTER_BLOCKS, launch);
      if (!PERSISTENT) break; /* its grid has as many blocks as tiles */
    }
  }
}

int main() {
  check_shapes();
#if PAIRS
  spoil() = make_awkward;
  check_shapes();
#endif
  puts("right");
}
