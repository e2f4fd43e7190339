/* The CUDA template for warpgroup matrix multiplication, capability 9.0: float16, bfloat16, float32 cut to tf32, or float32 split into
 * pairs of float16 (split.cuh); sums in float32. A warp fetches tiles by tensor maps, one after another into a ring of stages; one to
 * three warpgroups multiply them: all of a block's the same tile (cooperative), or each another one in turn (ping-pong), so that one
 * stores while the next multiplies. A block has one tile or several.
 *
 * The instantiation defines these constants and includes this file:
 *
 *   KERNEL_NAME              both functions take maps of the operands after what every micro-kernel takes. Operands that no map can
 *                            describe are copied before, by KERNEL_NAME_pad (pad.cuh); so _aligned needs alignment of c alone
 *   INPUT_TYPE, OUTPUT_TYPE  as elements.cuh says
 *   PAIRS                    1: float32 operands come as pairs that KERNEL_NAME_split has made instead, and both functions take a
 *                            scale for each row after the maps
 *   SWAP                     1: columns of c, and rows where it is 0, lie along the 64 rows of the instruction, which suits few rows of c
 *   WARPGROUPS, REPEAT       warpgroups, and instructions of 64 rows that each of them repeats
 *   PERSISTENT               1: a block of a grid of any size has every gridDim'th tile (persistent.cuh)
 *   PINGPONG                 1: and its warpgroups work on them in ping-pong; 0: they are cooperative
 *   WIDE                     1: sums need more registers than a block of so many warps can have: the warp that fetches is one of a
 *                            warpgroup, which gives most of its own away
 *   WIDTH, GROUPS            columns of the instruction, a multiple of 8, and WIDTH / 8
 *   STAGES                   of 128 bytes of k
 *   CLUSTER_ALONG,           multicast: blocks of a cluster have so many tiles side by side along the rows of the instruction,
 *   CLUSTER_ACROSS           and so many along its columns: each fetches a part of what it shares with others for all of them; 1: none
 *   CLUSTER, GROUP_M, HAS_ALIGNED, HAS_ANY, RESIDENT, STATIC_M, STATIC_N, STATIC_K, B_IS_NK, EPILOGUE_BIAS, EPILOGUE_FUNCTION   as in simt.cu
 *
 * Cf. NVIDIA, "PTX ISA", Asynchronous Warpgroup Level Matrix Instructions.
 */
#include "../device/device.cuh"

/* What the tensor core multiplies, and whether lines of b in shared memory are of k: where it is [k, n] as it lies in global memory. */
#define FACTOR_TYPE (PAIRS ? 1 : INPUT_TYPE)
#define LINES_OF_K (!B_IS_NK && !PAIRS)

#include "../gemm/gemm.cuh"
#include "../device/matrix.cuh"
#include "../device/hopper.cuh"
#include "../gemm/epilogue.cuh"
#include "../device/lines.cuh"

/* Warpgroups that have a tile together. */
constexpr int OWNERS = PINGPONG ? 1 : WARPGROUPS;
/* Rows of the instruction, and columns of it: which of c's they are, SWAP says. */
constexpr int ROWS = 64 * OWNERS * REPEAT;
constexpr int BLOCK_M = SWAP ? WIDTH : ROWS, BLOCK_N = SWAP ? ROWS : WIDTH;
constexpr int FACTOR_BYTES = Element<FACTOR_TYPE>::BYTES, OUTPUT_BYTES = Element<OUTPUT_TYPE>::BYTES;
/* A line has 4 steps of the instruction; of pairs the first parts of BLOCK_K elements, then the second. */
constexpr int LINE_BYTES = 128, LINE_ELEMENTS = LINE_BYTES / FACTOR_BYTES;
constexpr int BLOCK_K = PAIRS ? LINE_ELEMENTS / 2 : LINE_ELEMENTS, STEPS = PAIRS ? 2 : 4;
constexpr int SECOND_PARTS = LINE_BYTES / 2 / 16;
constexpr int STAGE_BYTES = (ROWS + WIDTH) * LINE_BYTES;

/* Threads that multiply; one more warp fetches. */
constexpr int THREADS = 128 * WARPGROUPS, ALL_THREADS = THREADS + (WIDE ? 128 : 32);
/* Registers of a thread: those of all threads together are what ptxas gives to each at first. */
constexpr int REGISTERS_TO_MULTIPLY = WARPGROUPS == 3 ? 160 : 232, REGISTERS_TO_FETCH = WARPGROUPS == 3 ? 32 : 40;

static_assert(WIDTH == 8 * GROUPS && WIDTH <= 256, "WIDTH is 8 * GROUPS, at most 256");
static_assert(ROWS <= 256, "a box has at most 256 rows");
static_assert(!LINES_OF_K || FACTOR_BYTES == 2, "the instruction takes lines of k of 16-bit types alone");
static_assert(!LINES_OF_K || SWAP || WIDTH % 64 == 0, "lines of k have 64 columns");
static_assert(!PAIRS || (INPUT_TYPE == 0 && OUTPUT_TYPE == 0 && !PERSISTENT), "pairs are of float32, and a block has one tile of them");
static_assert(PERSISTENT || !PINGPONG, "ping-pong needs several tiles");
static_assert(!PERSISTENT || CLUSTER == 1, "blocks of a cluster have one tile");
static_assert(!WIDE || (WARPGROUPS > 1 && CLUSTER * CLUSTER_ALONG == 1 && !PAIRS), "two or three warpgroups take registers, in blocks without a cluster");
static_assert(CLUSTER_ALONG > 1 || CLUSTER_ACROSS == 1, "blocks share columns first");
static_assert(CLUSTER_ALONG == 1 || (CLUSTER == 1 && !PERSISTENT), "blocks that fetch for each other have one tile each");
static_assert(!LINES_OF_K || (SWAP ? CLUSTER_ACROSS : CLUSTER_ALONG) == 1, "lines of k are not shared");

/* Named barriers, by number: of all that multiply, of each warpgroup, and of each warpgroup whose tile is next in ping-pong. */
constexpr int ALL_BARRIER = 1, TEAM_BARRIER = 2, PING_PONG_BARRIER = 5;

/* One of three named barriers. Its number is a constant on each branch: from a register ptxas would make a loop over lanes. */
template <int FIRST>
TESSERA_DEVICE void named_barrier_sync_at(int which, int threads) {
  if (which == 0) named_barrier_sync(FIRST, threads);
  if (WARPGROUPS > 1 && which == 1) named_barrier_sync(FIRST + 1, threads);
  if (WARPGROUPS > 2 && which == 2) named_barrier_sync(FIRST + 2, threads);
}
template <int FIRST>
TESSERA_DEVICE void named_barrier_arrive_at(int which, int threads) {
  if (which == 0) named_barrier_arrive(FIRST, threads);
  if (WARPGROUPS > 1 && which == 1) named_barrier_arrive(FIRST + 1, threads);
  if (WARPGROUPS > 2 && which == 2) named_barrier_arrive(FIRST + 2, threads);
}

/* Warps that multiply take the registers that the others give. */
TESSERA_DEVICE void begin_multiplying() {
#if WIDE
  registers_take<REGISTERS_TO_MULTIPLY>();
#endif
}
TESSERA_DEVICE void begin_fetching() {
#if WIDE
  registers_give<REGISTERS_TO_FETCH>();
#endif
}

struct Sums {
  static constexpr int TILES = WIDTH / 8;
  float of[REPEAT][WIDTH / 2];

  TESSERA_DEVICE_MEMBER void clear() {
    TESSERA_UNROLL
    for (int v = 0; v < VECTORS; v++)
      TESSERA_UNROLL
      for (int e = 0; e < 4; e++) of[v / TILES][v % TILES * 4 + e] = 0;
  }

  /* The sums as groups of four, for schedule.cuh. */
  static constexpr int VECTORS = REPEAT * TILES;
  TESSERA_DEVICE_MEMBER float4 vector(int v) const {
    const float *x = of[v / TILES] + v % TILES * 4;
    return {x[0], x[1], x[2], x[3]};
  }
  TESSERA_DEVICE_MEMBER void add(int v, float4 y) {
    float *x = of[v / TILES] + v % TILES * 4;
    x[0] += y.x, x[1] += y.y, x[2] += y.z, x[3] += y.w;
  }

  TESSERA_DEVICE_MEMBER void settle() {
    TESSERA_UNROLL
    for (int r = 0; r < REPEAT; r++) sums_settle(of[r]);
  }
};

#define CLUSTER_BLOCKS (CLUSTER * CLUSTER_ALONG * CLUSTER_ACROSS)
#include "../gemm/schedule.cuh"

/* Where a block's tile lies among those of its cluster. */
TESSERA_DEVICE int multicast_along() { return CLUSTER_ALONG > 1 ? (int)cluster_rank() % CLUSTER_ALONG : 0; }
TESSERA_DEVICE int multicast_across() { return CLUSTER_ALONG > 1 ? (int)cluster_rank() / CLUSTER_ALONG : 0; }

#include "pipeline.cuh"
#include "scales.cuh"
#include "write.cuh"

/* Tiles of a multicast cluster. */
constexpr int ALONG_M = SWAP ? CLUSTER_ACROSS : CLUSTER_ALONG, ALONG_N = SWAP ? CLUSTER_ALONG : CLUSTER_ACROSS;

/* Where a block's tile begins in c. The last one of a side lies within c, over a part of the one before, if c is large enough: fetching lines
 * beyond an operand takes longer than fetching lines of it. Both tiles store the same there. Not along lines that are of k: see tma_load(). */
struct Place {
  int m, n;

  static TESSERA_DEVICE_MEMBER int first(int tile, int block, int extent) {
    const int last = extent > block ? extent - block : 0;
    return tile * block < last ? tile * block : last;
  }
  static TESSERA_DEVICE_MEMBER Place of(const Tile &at, int m, int n) {
    const int x = multicast_along(), y = multicast_across();
    const int tile_m = at.m * ALONG_M + (SWAP ? y : x), tile_n = at.n * ALONG_N + (SWAP ? x : y);
    return {first(tile_m, BLOCK_M, m), LINES_OF_K ? tile_n * BLOCK_N : first(tile_n, BLOCK_N, n)};
  }
  /* Its first row and column of the instruction. */
  TESSERA_DEVICE_MEMBER int row() const { return SWAP ? n : m; }
  TESSERA_DEVICE_MEMBER int column() const { return SWAP ? m : n; }
};

/* Shared memory: the ring, which finished tiles pass through too unless it goes on; room for a tile where a cluster exchanges sums;
 * barriers. */
constexpr int STAGES_BYTES = STAGES * STAGE_BYTES;
constexpr int RING_BYTES = PERSISTENT ? STAGES_BYTES + FINISHED_BYTES : STAGES_BYTES > FINISHED_BYTES ? STAGES_BYTES : FINISHED_BYTES;
constexpr int EXCHANGE_BYTES = CLUSTER > 1 ? CLUSTER * SHARE_VECTORS * 16 * THREADS : 0;
constexpr int SHARED_BYTES = RING_BYTES + EXCHANGE_BYTES + 2 * STAGES * (int)sizeof(tessera_barrier);

/* Lines of the boxes in which a block fetches the operands. */
constexpr int LINES_OF_ROWS = ROWS / CLUSTER_ACROSS, LINES_OF_COLUMNS = WIDTH / CLUSTER_ALONG;
constexpr int BOX_A = SWAP ? LINES_OF_COLUMNS : LINES_OF_ROWS, BOX_B = LINES_OF_K ? BLOCK_K : SWAP ? LINES_OF_ROWS : LINES_OF_COLUMNS;

/* What the tuner derives too, and a test compares. */
constexpr int KNOWN_TILE_M = BLOCK_M, KNOWN_TILE_N = BLOCK_N, KNOWN_TILE_K = BLOCK_K;
constexpr int KNOWN_THREADS = ALL_THREADS, KNOWN_SHARED_BYTES = SHARED_BYTES;

#if PERSISTENT
#include "persistent.cuh"
#else
template <bool ALIGNED>
TESSERA_DEVICE void run(const tessera_gemm &g, const tessera_map *map_a, const tessera_map *map_b, const Scales &scales) {
  const int m = STATIC_M > 0 ? STATIC_M : g.m, n = STATIC_N > 0 ? STATIC_N : g.n, k = STATIC_K > 0 ? STATIC_K : g.k;
  const int tiles_m = divide_up(m, ALONG_M * BLOCK_M), tiles_n = divide_up(n, ALONG_N * BLOCK_N), steps = divide_up(k, BLOCK_K);
  TESSERA_SHARED(memory);
  unsigned char *const shared = (unsigned char *)memory;
  const Tile at = tile_at((int)blockIdx.x / CLUSTER_BLOCKS, tiles_m, tiles_n);
#if CLUSTER > 1
  const unsigned rank = cluster_rank();
  cluster_arrive_started();
#else
  const unsigned rank = 0;
#endif
  const int begin = steps * (int)rank / CLUSTER, end = steps * ((int)rank + 1) / CLUSTER;
  const Place place = Place::of(at, m, n);
  const int warp = uniform_warp();
  const Scales here = scales.of(at.batch, m, n);
  Sums sums;
  if (threadIdx.x == THREADS) tensor_map_prefetch(map_a), tensor_map_prefetch(map_b);
  Ring ring = {shared, (tessera_barrier *)(shared + RING_BYTES + EXCHANGE_BYTES), 0, 0};
  ring.start();
  pdl_wait();
#if PAIRS
  const bool gaps = warp < THREADS / 32 && here.have_gaps(place.m, place.n, m, n);
#endif
  if (warp < THREADS / 32) {
    begin_multiplying();
    ring.multiply(sums, warp / 4, begin, end);
    if (CLUSTER_ALONG > 1 && !PAIRS)
      ring.finish();
    else
      multiply_wait<0>();
  } else { /* it has no sums */
    begin_fetching();
    if (WIDE && warp > THREADS / 32) return;
    ring.fetch(SWAP ? map_b : map_a, SWAP ? map_a : map_b, place.row(), place.column(), at.batch, begin, end);
    pdl_launch_dependents();
#if CLUSTER > 1
    cluster_wait();
    cluster_arrive();
    cluster_wait();
#endif
    if (CLUSTER_ALONG > 1) ring.drain();
    return;
  }
#if CLUSTER > 1
  exchange_sums(sums, (float *)(shared + RING_BYTES), rank);
#endif
  named_barrier_sync(ALL_BARRIER, THREADS); /* all have read the ring */
  tessera_output *const c = g.c + (long long)at.batch * m * n;
  write<ALIGNED>(sums, g, here, c, place.m, place.n, m, n, (int)rank, warp, shared);
#if PAIRS
  if (gaps) {
#if CLUSTER > 1
    cluster_arrive();
    cluster_wait();
#else
    named_barrier_sync(ALL_BARRIER, THREADS);
#endif
    constexpr int WARPS = THREADS / 32;
    const float *const a = g.a + (long long)at.batch * m * k, *const b = g.b + (long long)at.batch * n * k;
    fill_gaps(here, g, a, b, c, place.m, place.n, m, n, k, (int)rank * WARPS + warp, CLUSTER * WARPS);
  }
#endif
}
#endif

#if PAIRS
#include "split.cuh"
#define TESSERA_MAPPED_PARAMETERS TESSERA_GEMM_PARAMETERS, TESSERA_MAP map_a, TESSERA_MAP map_b, const float *scales_a, const float *scales_b
#define TESSERA_SCALES {scales_a, scales_b}
#else
#include "pad.cuh"
#define TESSERA_MAPPED_PARAMETERS TESSERA_GEMM_PARAMETERS, TESSERA_MAP map_a, TESSERA_MAP map_b
#define TESSERA_SCALES {}
#endif

#if HAS_ALIGNED
TESSERA_KERNEL void TESSERA_CLUSTER __launch_bounds__(ALL_THREADS, RESIDENT) TESSERA_JOIN(KERNEL_NAME, aligned)(TESSERA_MAPPED_PARAMETERS) {
  const tessera_gemm g = TESSERA_GEMM_FROM_PARAMETERS;
  run<true>(g, &map_a, &map_b, TESSERA_SCALES);
}
#endif

#if HAS_ANY
TESSERA_KERNEL void TESSERA_CLUSTER __launch_bounds__(ALL_THREADS, RESIDENT) TESSERA_JOIN(KERNEL_NAME, any)(TESSERA_MAPPED_PARAMETERS) {
  const tessera_gemm g = TESSERA_GEMM_FROM_PARAMETERS;
  run<false>(g, &map_a, &map_b, TESSERA_SCALES);
}
#endif
