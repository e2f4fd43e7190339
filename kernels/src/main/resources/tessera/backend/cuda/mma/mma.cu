/* The CUDA template for tensor cores by mma.sync, capability 8.0 and up: float16, bfloat16, or float32 rounded to tf32; sums in float32.
 *
 * The instantiation defines these constants and includes this file:
 *
 *   KERNEL_NAME                      the functions are KERNEL_NAME_aligned and KERNEL_NAME_any
 *   INPUT_TYPE, OUTPUT_TYPE          as elements.cuh says
 *   BLOCK_M, BLOCK_N                 a block's tile
 *   BLOCK_K                          reduction steps of one stage, 64 or 128 bytes of them
 *   WARPS_M, WARPS_N                 warps along m and n; each has whole tiles of 16 x 16
 *   STAGES                           of shared memory, 2 or more
 *   CLUSTER, GROUP_M, HAS_ALIGNED, HAS_ANY, RESIDENT, STATIC_M, STATIC_N, STATIC_K, B_IS_NK, EPILOGUE_BIAS, EPILOGUE_FUNCTION   as in simt.cu
 */
#include "../device/device.cuh"
#include "../gemm/gemm.cuh"
#include "../device/matrix.cuh"
#include "../gemm/epilogue.cuh"
#include "../device/lines.cuh"

constexpr int THREADS = 32 * WARPS_M * WARPS_N;

#include "loads.cuh"
#include "math.cuh"
#include "../gemm/schedule.cuh"

static_assert(THREADS <= 1024, "a block is 1 to 32 whole warps");
static_assert(STAGES >= 2, "one stage is fetched while another is multiplied");
static_assert(BLOCK_K * INPUT_BYTES == 64 || BLOCK_K * INPUT_BYTES == 128, "a stage has 64 or 128 bytes of k");
static_assert(B_IS_NK || BLOCK_N * INPUT_BYTES % 128 == 0, "a line of b, whose chunks change places by eights, fills the banks");

constexpr int STAGE_BYTES = (BLOCK_M + BLOCK_N) * BLOCK_K * INPUT_BYTES;
/* Finished rows of a warp, 16 at once, apart so that rows lie in different banks. */
constexpr int OUTPUT_BYTES = Element<OUTPUT_TYPE>::BYTES, OUTPUT_CHUNK = 16 / OUTPUT_BYTES, FINISHED_ROW = WARP_N + OUTPUT_CHUNK;
constexpr int FINISHED_BYTES = THREADS / 32 * 16 * FINISHED_ROW * OUTPUT_BYTES;
constexpr int PIPELINE_FLOATS = (STAGES * STAGE_BYTES > FINISHED_BYTES ? STAGES * STAGE_BYTES : FINISHED_BYTES) / 4;
/* Room for a tile where a cluster exchanges sums. */
constexpr int EXCHANGE_FLOATS = CLUSTER > 1 ? CLUSTER * SHARE_VECTORS * 4 * THREADS : 0;
constexpr int SHARED_FLOATS = PIPELINE_FLOATS + EXCHANGE_FLOATS;

/* What the tuner derives too, and a test compares. */
constexpr int KNOWN_TILE_M = BLOCK_M, KNOWN_TILE_N = BLOCK_N, KNOWN_TILE_K = BLOCK_K;
constexpr int KNOWN_THREADS = THREADS, KNOWN_SHARED_BYTES = 4 * SHARED_FLOATS;

/* Sums of tile rows row0.., columns column0.. over steps begin.. of BLOCK_K, up to end. */
template <bool ALIGNED>
TESSERA_DEVICE void reduce(
    Sums &sums, const tessera_input *a, const tessera_input *b, int row0, int column0, int m, int n, int k, int begin, int end,
    float *memory) {
  unsigned char *const shared = (unsigned char *)memory;
  using PanelA = Panel<BLOCK_M, false, ALIGNED>;
  using PanelB = Panel<BLOCK_N, !B_IS_NK, ALIGNED>;
  constexpr int STEPS = BLOCK_K / STEP;
  PanelA panel_a;
  PanelB panel_b;
  panel_a.begin(a, row0, m, k);
  panel_b.begin(b, column0, n, k);
  Fragments fragments[2];
  auto fetch = [&](int step, int slot) {
    if (step < end) {
      panel_a.fetch(shared + slot * STAGE_BYTES, step * BLOCK_K);
      panel_b.fetch(shared + slot * STAGE_BYTES + PanelA::BYTES, step * BLOCK_K);
    }
    copies_commit(); /* an empty group keeps the count */
  };
  auto read = [&](Fragments &to, int slot, int step) {
    to.read<PanelA, PanelB>(shared + slot * STAGE_BYTES, shared + slot * STAGE_BYTES + PanelA::BYTES, step);
  };
  sums.clear();
  /* Unaligned fetches are long code: a copy of it for each stage took the compiler up to half a minute. */
  constexpr int FIRST_UNROLLED = ALIGNED ? STAGES - 1 : 1;
  TESSERA_UNROLL_BY(FIRST_UNROLLED)
  for (int s = 0; s < STAGES - 1; s++) fetch(begin + s, s);
  copies_wait<STAGES - 2>();
  __syncthreads();
  read(fragments[0], 0, 0);
  int slot = 0, free = STAGES - 1;
  for (int step = begin; step < end; step++) {
    fetch(step + STAGES - 1, free); /* what was read a step ago: all have passed the barrier since */
    free = slot;
    const int next = slot + 1 == STAGES ? 0 : slot + 1;
    TESSERA_UNROLL
    for (int s = 0; s < STEPS; s++) {
      if (s + 1 < STEPS) {
        read(fragments[(s + 1) % 2], slot, s + 1);
      } else {
        copies_wait<STAGES - 2>();
        __syncthreads();
        read(fragments[(s + 1) % 2], next, 0);
      }
      sums.multiply(fragments[s % 2]);
    }
    slot = next;
  }
  copies_wait<0>();
}

/* Writes the vectors of a finished tile for which v % CLUSTER == rank: a warp's sums through shared memory, so that lanes store 16
 * neighbouring bytes each. */
template <bool ALIGNED>
TESSERA_DEVICE void write(
    const Sums &sums, const tessera_gemm &g, tessera_output *c, int row0, int column0, int m, int n, int rank, float *shared) {
  const int lane = (int)threadIdx.x % 32, row = row0 + warp_row(), column = column0 + warp_column();
  tessera_output *const part = (tessera_output *)shared + (int)threadIdx.x / 32 * 16 * FINISHED_ROW;
  __syncthreads(); /* the pipeline's memory is free */
  TESSERA_UNROLL
  for (int i = 0; i < TILES_M; i++) {
    TESSERA_UNROLL
    for (int j = 0; j < TILES_N; j++)
      TESSERA_UNROLL
      for (int e = 0; e < 4; e += 2) {
        const int at = 8 * j + lane % 4 * 2, s = column + at;
        const float x = EPILOGUE_BIAS && s >= n ? 0 : finish(sums.of[i][j][e], g.bias, s);
        const float y = EPILOGUE_BIAS && s + 1 >= n ? 0 : finish(sums.of[i][j][e + 1], g.bias, s + 1);
        tessera_output *to = part + (lane / 4 + e / 2 * 8) * FINISHED_ROW + at;
        if constexpr (OUTPUT_TYPE != 0)
          *(unsigned *)to = rounded_pair<OUTPUT_TYPE>(x, y);
        else
          to[0] = x, to[1] = y;
      }
    __syncwarp();
    store_lines<ALIGNED && WHOLE_N, 16, WARP_N, FINISHED_ROW, 32>(
        part, c, row + 16 * i, column, m, n, lane, [&](int, int at) { return (i * TILES_N + at / 8) % CLUSTER == rank; });
    __syncwarp();
  }
}

#include "../gemm/tiles.cuh"
