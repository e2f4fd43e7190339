/* Checks one instantiation of wgmma.cu; the source of a candidate lies beside this file. */
#include "emulator.h"
#include "candidate.cu"
#include "check.h"

int main() {
  auto launch = [](const tessera_gemm &given, bool aligned, int blocks) {
    tessera_gemm g = given;
    auto map = [&](const tessera_input *data, int rows, int box) {
      const unsigned long long row = (unsigned long long)g.k * INPUT_BYTES;
      return tessera_map{(const unsigned char *)data, {(unsigned long long)g.k, (unsigned long long)rows, (unsigned long long)g.batch},
                         {row, row * rows}, {BLOCK_K, (unsigned)box, 1}, INPUT_BYTES};
    };
    emulator::launch(blocks, ALL_THREADS, SHARED_BYTES / 4, CLUSTER, [&] {
      if (aligned)
        TESSERA_JOIN(KERNEL_NAME, aligned)(
            g.batch, g.m, g.n, g.k, g.a, g.b, g.bias, g.c, nullptr, nullptr, map(g.a, g.m, BLOCK_M), map(g.b, g.n, BLOCK_N));
      else
        TESSERA_JOIN(KERNEL_NAME, any)(g.batch, g.m, g.n, g.k, g.a, g.b, g.bias, g.c, nullptr, nullptr);
    });
  };
  const int shapes[][4] = {{1, 1, 1, 1},     {1, 1, 129, 7},  {1, 7, 13, 31},    {2, 16, 64, 48},
                           {1, 127, 60, 33}, {3, 33, 31, 17}, {1, 64, 128, 128}, {2, 40, 104, 72}, {1, 20, 40, 520}};
  for (const auto &s : shapes) {
    const int batch = s[0], m = STATIC_M > 0 ? STATIC_M : s[1], n = STATIC_N > 0 ? STATIC_N : s[2], k = STATIC_K > 0 ? STATIC_K : s[3];
    const int tiles = batch * divide_up(m, BLOCK_M) * divide_up(n, BLOCK_N);
    for (int blocks : {tiles, 1, 3, 0}) {
      if (blocks > tiles || blocks == 0) break;
      check(batch, m, n, k, 0, k % WHOLE == 0, blocks * CLUSTER, launch);
      check(batch, m, n, k, 1, false, blocks * CLUSTER, launch);
      if (!PINGPONG) break; /* its grid has as many blocks as tiles */
    }
  }
  puts("right");
}
