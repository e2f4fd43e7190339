/* The CUDA template for float32 on CUDA cores: one tile in shared memory and registers, for any positive shape.
 *
 * The instantiation defines these constants and includes this file:
 *
 *   KERNEL_NAME                      the functions are KERNEL_NAME_aligned and KERNEL_NAME_any
 *   BLOCK_M, BLOCK_N, BLOCK_K        a block's tile, and the reduction steps of a stage
 *   STAGES                           stages of both operands in shared memory: 2, filled through registers (loads.cuh), or more, filled by
 *                                    asynchronous copies (copies.cuh, capability 8.0)
 *   THREAD_M, THREAD_N               a thread's tile, multiples of 4
 *   SLICES                           groups of a block's warps, each with its own part of every stage's reduction (../slices.cuh); no clusters
 *   LANES_N                          lanes of a warp along n: 4, 8, 16 or 32; the others lie along m
 *   CLUSTER                          split-K: blocks that share each tile's reduction through distributed shared memory
 *                                    (capability 9.0); 1: none, and any grid divides the work by stream-K (../schedule.cuh)
 *   ORDER                            of a thread's multiply-adds: 0 row by row, to and fro; 1 by pairs of columns. ptxas gives registers
 *                                    banks and reuses them by it, which is worth a few percent either way
 *   GROUP_M                          tile rows of an L2 rasterisation group
 *   HAS_ALIGNED, HAS_ANY             1: the function is there
 *   RESIDENT                         blocks per SM that are to fit (occupancy); bounds registers
 *   INPUT_TYPE, OUTPUT_TYPE          0, float32
 *   STATIC_M, STATIC_N, STATIC_K, B_IS_NK, EPILOGUE_BIAS, EPILOGUE_FUNCTION   as gemm.cuh and epilogue.cuh say
 */
#include "../device/device.cuh"
#include "../gemm/gemm.cuh"
#include "../gemm/epilogue.cuh"

static_assert(BLOCK_K == 8 || BLOCK_K == 16 || BLOCK_K == 32, "BLOCK_K is 8, 16 or 32");
static_assert(CLUSTER == 1 || CLUSTER == 2 || CLUSTER == 4 || CLUSTER == 8, "CLUSTER is 1, 2, 4 or 8");

static_assert(SLICES == 1 || (CLUSTER == 1 && BLOCK_K / SLICES % 4 == 0), "a slice has whole groups of four k, and no other block's");

constexpr int SLICE_THREADS = (BLOCK_M / THREAD_M) * (BLOCK_N / THREAD_N), THREADS = SLICES * SLICE_THREADS;
constexpr int SLICE_K = BLOCK_K / SLICES; /* of each stage */

constexpr int NEIGHBOURS_M = 4; /* rows of a thread that are read together */

#include "panels.cuh"
#include "../cores/sums.cuh"
#include "math.cuh"
#include "../gemm/schedule.cuh"

/* Shared memory: all stages of both panels, and room for a tile where a cluster exchanges sums; slices do in the stages' room. */
constexpr int STAGE_FLOATS = BLOCK_K * (STRIDE_M + STRIDE_N), PIPELINE_FLOATS = STAGES * STAGE_FLOATS;
constexpr int EXCHANGE_FLOATS = CLUSTER > 1 ? CLUSTER * SHARE_VECTORS * 4 * THREADS : 0;
constexpr int SLICES_FLOATS = (SLICES - 1) * BLOCK_M * BLOCK_N;
constexpr int SHARED_FLOATS = (PIPELINE_FLOATS > SLICES_FLOATS ? PIPELINE_FLOATS : SLICES_FLOATS) + EXCHANGE_FLOATS;

/* What the tuner derives too, and a test compares. */
constexpr int KNOWN_TILE_M = BLOCK_M, KNOWN_TILE_N = BLOCK_N, KNOWN_TILE_K = BLOCK_K;
constexpr int KNOWN_THREADS = THREADS, KNOWN_SHARED_BYTES = 4 * SHARED_FLOATS;

static_assert(SLICE_THREADS % 32 == 0 && THREADS <= 1024, "a block is 1 to 32 whole warps");
static_assert(PIPELINE_FLOATS >= 4 * THREADS, "write() has room for a vector of each thread");

#include "../cores/slices.cuh"
#if STAGES > 2
#include "copies.cuh"
#else
#include "loads.cuh"
#endif

#include "../cores/stores.cuh"
#include "../gemm/tiles.cuh"
