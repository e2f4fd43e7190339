/* Which block computes what. All tiles' reductions, in steps of BLOCK_K, lie on one line that is cut into equal ranges, one for
 * each block of the grid: stream-K (Osama et al., PPoPP 2023). With as many blocks as tiles each has a whole tile; with as
 * many as are resident at once none waits idle for a last wave.
 *
 * A block works its range from its end to its start. So the first thing that it does is the beginning of a tile that later
 * blocks go on with, and the last is the end of a tile that earlier blocks began. The block with a tile's end adds what the
 * others left. It waits only for blocks of lower number, which have started before it: no size of grid can lock up. A grid has no
 * more blocks than there are steps in all.
 */

struct Tile {
  int batch, m, n; /* tile coordinates */
};

/* L2 rasterisation: the tiles of a matrix in groups of GROUP_M tile rows, column by column, so that resident blocks share operands in the L2. */
TESSERA_DEVICE Tile tile_at(int index, int tiles_m, int tiles_n) {
  const unsigned each = (unsigned)(tiles_m * tiles_n), batch = (unsigned)index / each, in = (unsigned)index - batch * each;
  const unsigned group = in / (unsigned)(GROUP_M * tiles_n), at = in - group * (unsigned)(GROUP_M * tiles_n);
  if (GROUP_M == 1) return {(int)batch, (int)group, (int)at};
  const int first = (int)group * GROUP_M;
  const unsigned rows = (unsigned)(tiles_m - first < GROUP_M ? tiles_m - first : GROUP_M), column = at / rows;
  return {(int)batch, first + (int)(at - column * rows), (int)column};
}

struct Ranges {
  long long units;
  int steps; /* of one tile */

  /* Each block has one whole tile: what most launches are needs no division. */
  TESSERA_DEVICE_MEMBER bool whole() const { return (long long)gridDim.x * steps == units; }
  TESSERA_DEVICE_MEMBER long long begin(int block) const { return whole() ? (long long)steps * block : units * block / (int)gridDim.x; }
  TESSERA_DEVICE_MEMBER int tile(long long unit) const { return whole() ? (int)blockIdx.x : (int)(unit / steps); }
};

/* Groups of a block's threads, each of which finishes a share of a tile's vectors; all threads do where a template has none. */
#ifndef SLICES
#define SLICES 1
#endif
TESSERA_DEVICE bool finishes(int v) { return SLICES == 1 || v % SLICES == (int)threadIdx.x / (THREADS / SLICES); }

/* Where a block's partial sums lie in the workspace: the vectors that a thread finishes, each beside those of other threads. */
TESSERA_DEVICE float4 *slot_of(int block, const tessera_gemm &g) {
  return (float4 *)g.partials + (long long)block * (Sums::VECTORS / SLICES) * THREADS + threadIdx.x;
}

/* Leaves a partial tile's sums in the workspace for a later block. */
TESSERA_DEVICE void leave_partial_tile(const Sums &sums, const tessera_gemm &g) {
  float4 *const slot = slot_of((int)blockIdx.x, g);
  TESSERA_UNROLL
  for (int v = 0; v < Sums::VECTORS; v++)
    if (finishes(v)) slot[v / SLICES * THREADS] = sums.vector(v);
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) flag_raise(g.ready + blockIdx.x);
}

/* Partial-tile fix-up: adds what earlier blocks left of the tile that starts at unit `first`, and lowers their flags for the next launch. */
TESSERA_DEVICE void fix_up_tile(Sums &sums, const tessera_gemm &g, const Ranges &ranges, long long first) {
  const int last = (int)blockIdx.x - 1;
  int lowest = last;
  while (ranges.begin(lowest) > first) lowest--;
  for (int block = lowest + (int)threadIdx.x; block <= last; block += THREADS) {
    flag_await(g.ready + block);
    flag_lower(g.ready + block);
  }
  __syncthreads();
  for (int block = last; block >= lowest; block--) {
    const float4 *const slot = slot_of(block, g);
    TESSERA_UNROLL
    for (int v = 0; v < Sums::VECTORS; v++)
      if (finishes(v)) sums.add(v, load_uncached(slot + v / SLICES * THREADS));
  }
}

/* Vectors of a thread's sums that one block of a cluster finishes, at most. */
constexpr int SHARE_VECTORS = (Sums::VECTORS + CLUSTER - 1) / CLUSTER;

#if CLUSTER > 1
/* Split-K over a cluster: every block of it has the sums of its share of the reduction; afterwards each has the whole sums of its share of the
 * vectors, those v with v % CLUSTER == rank. Each block's shared memory has room for them from `exchange` on. */
TESSERA_DEVICE void exchange_sums(Sums &sums, float *exchange, unsigned rank) {
  float4 *room = (float4 *)exchange;
  cluster_wait(); /* all blocks have started: their shared memory may be written */
  TESSERA_UNROLL
  for (int v = 0; v < Sums::VECTORS; v++)
    if (v % CLUSTER != (int)rank)
      cluster_store(room + (rank * SHARE_VECTORS + v / CLUSTER) * THREADS + threadIdx.x, v % CLUSTER, sums.vector(v));
  cluster_arrive();
  cluster_wait();
  TESSERA_UNROLL
  for (int v = 0; v < Sums::VECTORS; v++)
    if (v % CLUSTER == (int)rank)
      for (int from = 0; from < CLUSTER; from++)
        if (from != (int)rank) sums.add(v, room[(from * SHARE_VECTORS + v / CLUSTER) * THREADS + threadIdx.x]);
}
#endif

/* Whether each block has one whole tile, and no grid may cut them. */
#ifndef WHOLE_TILES
#define WHOLE_TILES 0
#endif

/* What a kernel is declared with; its template may have clusters for more than shared tiles. */
#ifndef CLUSTER_BLOCKS
#define CLUSTER_BLOCKS CLUSTER
#endif
#if CLUSTER_BLOCKS > 1
#define TESSERA_CLUSTER __cluster_dims__(CLUSTER_BLOCKS, 1, 1)
#else
#define TESSERA_CLUSTER
#endif
