/* The checks of a template whose grid divides tiles by stream-K or clusters (tiles.cuh). */
#pragma once
#include "check.h"

int main() {
  auto launch = [](const tessera_gemm &given, bool aligned, int blocks) {
    tessera_gemm g = given;
    std::vector<float> partials((size_t)blocks * BLOCK_M * BLOCK_N + 4, NAN);
    std::vector<unsigned> ready(blocks, 0);
    g.partials = partials.data() + (16 - (size_t)partials.data() % 16) % 16 / 4;
    g.ready = ready.data();
    emulator::launch(blocks, THREADS, SHARED_FLOATS, CLUSTER, [&] {
      (aligned ? TESSERA_JOIN(KERNEL_NAME, aligned) : TESSERA_JOIN(KERNEL_NAME, any))(
          g.batch, g.m, g.n, g.k, g.a, g.b, g.bias, g.c, g.partials, g.ready);
    });
    for (unsigned flag : ready)
      if (flag) emulator::fail("a flag is still raised after the launch");
  };
  const int shapes[][4] = {{1, 1, 1, 1},     {1, 1, 129, 7},  {1, 7, 13, 31},    {2, 16, 64, 48},
                           {1, 127, 60, 33}, {3, 33, 31, 17}, {1, 64, 128, 128}, {2, 40, 104, 72}, {1, 20, 40, 520}};
  for (const auto &s : shapes) {
    const int batch = s[0], m = STATIC_M > 0 ? STATIC_M : s[1], n = STATIC_N > 0 ? STATIC_N : s[2], k = STATIC_K > 0 ? STATIC_K : s[3];
    const int tiles = batch * divide_up(m, BLOCK_M) * divide_up(n, BLOCK_N);
    for (int blocks : {tiles, 1, 3, tiles + 2}) {
      if (CLUSTER > 1) blocks = tiles * CLUSTER;
      check(batch, m, n, k, 0, k % WHOLE == 0 && (B_IS_NK || n % WHOLE == 0), blocks, launch);
      check(batch, m, n, k, 1, false, blocks, launch);
      if (CLUSTER > 1 || WHOLE_TILES) break;
    }
  }
  puts("right");
}
