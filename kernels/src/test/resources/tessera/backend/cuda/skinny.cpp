/* Checks one instantiation of skinny.cu; the source of a candidate lies beside this file. */
#include "emulator.h"
#include "candidate.cu"
#include "check.h"

int main() {
  auto launch = [](const tessera_gemm &g, bool aligned, int blocks) {
    emulator::launch(blocks, THREADS, SHARED_FLOATS, 1, [&] {
      (aligned ? TESSERA_JOIN(KERNEL_NAME, aligned) : TESSERA_JOIN(KERNEL_NAME, any))(
          g.batch, g.m, g.n, g.k, g.a, g.b, g.bias, g.c, g.partials, g.ready);
    });
  };
  const int shapes[][4] = {{1, 1, 1, 1}, {1, 1, 129, 7}, {1, 7, 13, 31}, {2, 8, 64, 300}, {1, 3, 260, 1028}, {3, 9, 31, 17}, {1, 2, 128, 516}};
  for (const auto &s : shapes) {
    const int batch = s[0], m = STATIC_M > 0 ? STATIC_M : s[1], n = STATIC_N > 0 ? STATIC_N : s[2], k = STATIC_K > 0 ? STATIC_K : s[3];
    const int blocks = batch * divide_up(m, ROWS) * divide_up(n, BLOCK_N);
    check(batch, m, n, k, 0, k % WHOLE == 0 && (B_IS_NK || n % WHOLE == 0), blocks, launch);
    check(batch, m, n, k, 1, false, blocks, launch);
  }
  puts("right");
}
