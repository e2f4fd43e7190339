/* A block's tiles: the kernels of every template that has, for operands of 16-byte alignment or any,
 *
 *   reduce<ALIGNED>(sums, a, b, row0, column0, m, n, k, begin, end, shared)    sums over steps begin.. of BLOCK_K, up to end
 *   write<ALIGNED>(sums, g, c, row0, column0, m, n, rank, shared)              vectors of a finished tile for which v % CLUSTER == rank
 *   PIPELINE_FLOATS                                                            of shared memory, before room for exchange_sums()
 */

template <bool ALIGNED>
TESSERA_DEVICE void run(const tessera_gemm &g) {
  const int m = STATIC_M > 0 ? STATIC_M : g.m, n = STATIC_N > 0 ? STATIC_N : g.n, k = STATIC_K > 0 ? STATIC_K : g.k;
  const int tiles_m = divide_up(m, BLOCK_M), tiles_n = divide_up(n, BLOCK_N), steps = divide_up(k, BLOCK_K);
  TESSERA_SHARED(shared);
  Sums sums;
  pdl_begin();
#if CLUSTER > 1
  const unsigned rank = cluster_rank();
  cluster_arrive_started();
  const Tile at = tile_at((int)blockIdx.x / CLUSTER, tiles_m, tiles_n);
  const tessera_input *a = g.a + (long long)at.batch * m * k, *b = g.b + (long long)at.batch * n * k;
  const int begin = steps * (int)rank / CLUSTER, end = steps * ((int)rank + 1) / CLUSTER;
  if (begin < end)
    reduce<ALIGNED>(sums, a, b, at.m * BLOCK_M, at.n * BLOCK_N, m, n, k, begin, end, shared);
  else
    sums.clear();
  exchange_sums(sums, shared + PIPELINE_FLOATS, rank);
  write<ALIGNED>(sums, g, g.c + (long long)at.batch * m * n, at.m * BLOCK_M, at.n * BLOCK_N, m, n, (int)rank, shared);
#elif WHOLE_TILES
  const Tile at = tile_at((int)blockIdx.x, tiles_m, tiles_n);
  const tessera_input *a = g.a + (long long)at.batch * m * k, *b = g.b + (long long)at.batch * n * k;
  reduce<ALIGNED>(sums, a, b, at.m * BLOCK_M, at.n * BLOCK_N, m, n, k, 0, steps, shared);
  write<ALIGNED>(sums, g, g.c + (long long)at.batch * m * n, at.m * BLOCK_M, at.n * BLOCK_N, m, n, 0, shared);
#else
  const Ranges ranges = {(long long)g.batch * tiles_m * tiles_n * steps, steps};
  const long long begin = ranges.begin((int)blockIdx.x);
  for (long long end = ranges.begin((int)blockIdx.x + 1); end > begin;) {
    const int tile = ranges.tile(end - 1);
    const long long first = (long long)tile * steps, from = most(begin, first);
    const Tile at = tile_at(tile, tiles_m, tiles_n);
    const tessera_input *a = g.a + (long long)at.batch * m * k, *b = g.b + (long long)at.batch * n * k;
    reduce<ALIGNED>(sums, a, b, at.m * BLOCK_M, at.n * BLOCK_N, m, n, k, (int)(from - first), (int)(end - first), shared);
    if (end < first + steps) {
      leave_partial_tile(sums, g);
    } else {
      if (from > first) fix_up_tile(sums, g, ranges, first);
      write<ALIGNED>(sums, g, g.c + (long long)at.batch * m * n, at.m * BLOCK_M, at.n * BLOCK_N, m, n, 0, shared);
    }
    end = from;
    __syncthreads(); /* shared memory is free again */
  }
#endif
}

#if HAS_ALIGNED
TESSERA_KERNEL void TESSERA_CLUSTER __launch_bounds__(THREADS, RESIDENT) TESSERA_JOIN(KERNEL_NAME, aligned)(TESSERA_GEMM_PARAMETERS) {
  run<true>(TESSERA_GEMM_FROM_PARAMETERS);
}
#endif

#if HAS_ANY
TESSERA_KERNEL void TESSERA_CLUSTER __launch_bounds__(THREADS, RESIDENT) TESSERA_JOIN(KERNEL_NAME, any)(TESSERA_GEMM_PARAMETERS) {
  run<false>(TESSERA_GEMM_FROM_PARAMETERS);
}
#endif
