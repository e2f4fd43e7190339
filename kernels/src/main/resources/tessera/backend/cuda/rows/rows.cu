/* The CUDA template for float32 on CUDA cores where reductions are short: operands lie in shared memory as they do in global memory, so
 * that asynchronous copies bring all of them by 16 bytes where alignment allows, and by neighbours where it does not; a thread reads
 * four k of a row at once. Capability 8.0.
 *
 * The instantiation defines these constants and includes this file:
 *
 *   KERNEL_NAME                      the functions are KERNEL_NAME_aligned and KERNEL_NAME_any
 *   BLOCK_M, BLOCK_N, BLOCK_K        a block's tile, and the reduction steps of a stage: 16 or 32
 *   STAGES                           of shared memory, 2 or more
 *   THREAD_M, THREAD_N               a thread's tile: any rows, and a multiple of 4 columns
 *   UNROLL                           groups of four k that are multiplied between two branches
 *   SLICES, LANES_N, HAS_ALIGNED, HAS_ANY, RESIDENT, INPUT_TYPE, OUTPUT_TYPE, STATIC_M, STATIC_N, STATIC_K, B_IS_NK,
 *   EPILOGUE_BIAS, EPILOGUE_FUNCTION   as in simt.cu; groups of four k go to the SLICES in turn
 */
#include "../device/device.cuh"
#include "../gemm/gemm.cuh"
#include "../gemm/epilogue.cuh"

static_assert(BLOCK_K == 16 || BLOCK_K == 32, "BLOCK_K is 16 or 32");
static_assert(STAGES >= 2, "one stage comes while another is multiplied");

/* Each block has a tile, and matrices are too small for an order of their tiles to matter. */
#define CLUSTER 1
#define WHOLE_TILES 1
#define GROUP_M 1

constexpr int SLICE_THREADS = (BLOCK_M / THREAD_M) * (BLOCK_N / THREAD_N), THREADS = SLICES * SLICE_THREADS;
constexpr int NEIGHBOURS_M = 1; /* a thread's rows lie apart, and its warp's beside each other */

#include "../cores/sums.cuh"
#include "../gemm/schedule.cuh"
#include "panels.cuh"
#include "math.cuh"

/* Shared memory: all stages of both panels; slices exchange sums in the stages' room. */
constexpr int STAGE_FLOATS = PanelA<true>::FLOATS + PanelB<true>::FLOATS, PIPELINE_FLOATS = STAGES * STAGE_FLOATS;
constexpr int SLICES_FLOATS = (SLICES - 1) * BLOCK_M * BLOCK_N;
constexpr int SHARED_FLOATS = PIPELINE_FLOATS > SLICES_FLOATS ? PIPELINE_FLOATS : SLICES_FLOATS;

/* What the tuner derives too, and a test compares. */
constexpr int KNOWN_TILE_M = BLOCK_M, KNOWN_TILE_N = BLOCK_N, KNOWN_TILE_K = BLOCK_K;
constexpr int KNOWN_THREADS = THREADS, KNOWN_SHARED_BYTES = 4 * SHARED_FLOATS;

static_assert(SLICE_THREADS % 32 == 0 && THREADS <= 1024, "a block is 1 to 32 whole warps");
static_assert(PIPELINE_FLOATS >= 4 * THREADS, "write() has room for a vector of each thread");

#include "../cores/slices.cuh"

/* Sums of tile rows row0.., columns column0.. over steps begin.. of BLOCK_K, up to end. */
template <class PanelOfA, class PanelOfB>
TESSERA_DEVICE void reduce_panels(
    Sums &sums, const float *a, const float *b, int row0, int column0, int m, int n, int k, int begin, int end, float *shared) {
  PanelOfA from_a;
  PanelOfB from_b;
  from_a.begin(a, row0, begin * BLOCK_K, m, k);
  from_b.begin(b, column0, begin * BLOCK_K, n, k);
  auto copy = [&](int step, int stage) {
    if (step < end) from_a.copy(shared + stage), from_b.copy(shared + stage + PanelOfA::FLOATS);
    copies_commit(); /* an empty group keeps the count */
  };
  sums.clear();
  TESSERA_UNROLL
  for (int stage = 0; stage < STAGES - 1; stage++) copy(begin + stage, stage * STAGE_FLOATS);
  int stage = 0, free = PIPELINE_FLOATS - STAGE_FLOATS; /* the one that is multiplied, and the one to be filled */
  for (int step = begin; step < end; step++) {
    copies_wait<STAGES - 2>();
    __syncthreads(); /* what all threads copied is there, and the free stage was read */
    copy(step + STAGES - 1, free);
    const float *const rows = shared + stage, *const columns = rows + PanelOfA::FLOATS;
    const int left = k - step * BLOCK_K, quads = left >= BLOCK_K ? QUADS : divide_up(left, 4);
    TESSERA_UNROLL_BY(UNROLL)
    for (int quad = slice(); quad < (WHOLE_K ? QUADS : quads); quad += SLICES) multiply(sums, rows, columns, quad);
    free = stage;
    stage = stage + STAGE_FLOATS == PIPELINE_FLOATS ? 0 : stage + STAGE_FLOATS;
  }
  add_slices(sums, shared);
}

/* The same. An operand of [k, n] storage may be aligned where the other is not. */
template <bool ALIGNED>
TESSERA_DEVICE void reduce(
    Sums &sums, const float *a, const float *b, int row0, int column0, int m, int n, int k, int begin, int end, float *shared) {
  if (!B_IS_NK && !ALIGNED && is_whole(b, n))
    reduce_panels<PanelA<false>, PanelB<true>>(sums, a, b, row0, column0, m, n, k, begin, end, shared);
  else
    reduce_panels<PanelA<ALIGNED>, PanelB<ALIGNED>>(sums, a, b, row0, column0, m, n, k, begin, end, shared);
}

#include "../cores/stores.cuh"
#include "../gemm/tiles.cuh"
