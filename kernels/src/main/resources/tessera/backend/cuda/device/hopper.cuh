/* Warpgroup matrix multiplication, tensor maps and barriers in shared memory of capability 9.0: all their inline PTX is here.
 *
 * What only one lane of a warp is to do, elects it inside the assembly: a branch around it would become a loop over lanes.
 */
#ifndef TESSERA_HOPPER_CUH
#define TESSERA_HOPPER_CUH

#include "operands.cuh"

#ifndef TESSERA_EMULATED
/* A CUtensorMap, which the launcher makes. */
struct alignas(64) tessera_map {
  unsigned long long opaque[16];
};
#define TESSERA_MAP const __grid_constant__ tessera_map

typedef unsigned long long tessera_barrier;

#define TESSERA_ELECTED "{\n.reg .pred elected;\nelect.sync _|elected, 0xffffffff;\n@elected "

/* Completes when so many have arrived and all announced bytes are there. One thread. */
TESSERA_DEVICE void barrier_start(tessera_barrier *b, int arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(b)), "r"(arrivals) : "memory");
}
/* Other units than this thread see barriers as they were started. */
TESSERA_DEVICE void barriers_show() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

/* One lane of the warp arrives. */
TESSERA_DEVICE void barrier_arrive(tessera_barrier *b) {
  asm volatile(TESSERA_ELECTED "mbarrier.arrive.shared.b64 _, [%0];\n}" ::"r"(shared_address(b)) : "memory");
}
/* The same at the same barrier of another block of the cluster. */
TESSERA_DEVICE void barrier_arrive_at(tessera_barrier *b, unsigned rank) {
  asm volatile(
      "{\n.reg .b32 other;\nmapa.shared::cluster.u32 other, %0, %1;\n" TESSERA_ELECTED "mbarrier.arrive.shared::cluster.b64 _, [other];\n}\n}" ::"r"(
          shared_address(b)),
      "r"(rank)
      : "memory");
}
/* One lane of the warp arrives, and announces bytes that are to come. */
TESSERA_DEVICE void barrier_expect(tessera_barrier *b, int bytes) {
  asm volatile(TESSERA_ELECTED "mbarrier.arrive.expect_tx.shared.b64 _, [%0], %1;\n}" ::"r"(shared_address(b)), "r"(bytes) : "memory");
}
/* Until the phase of such a parity is complete. */
TESSERA_DEVICE void barrier_wait(tessera_barrier *b, int parity) {
  asm volatile(
      "{\n.reg .pred done;\nagain:\nmbarrier.try_wait.parity.shared.b64 done, [%0], %1;\n@done bra over;\nbra again;\nover:\n}" ::"r"(
          shared_address(b)),
      "r"(parity)
      : "memory");
}

/* TMA: one lane of the warp starts to load a box at (place in its lines, line, matrix) to shared memory aligned to 1024 bytes, zeros where it leaves the
 * operand; the barrier hears of its bytes. A row is 128 bytes, whose chunks of 16 are XORed with the row's number modulo 8. Where a line
 * begins within the operand, its first byte is a multiple of 16 from there: else the instruction is illegal. */
TESSERA_DEVICE void tma_load(void *to, const tessera_map *map, int place, int line, int matrix, tessera_barrier *b) {
  asm volatile(
      TESSERA_ELECTED "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];\n}" ::"r"(
          shared_address(to)),
      "l"(map), "r"(place), "r"(line), "r"(matrix), "r"(shared_address(b))
      : "memory");
}

/* TMA multicast: the same for blocks of the cluster, a bit for each: to the same place in each one's shared memory, aligned to 128 bytes; the same barrier
 * of each hears of it. */
TESSERA_DEVICE void tma_load_multicast(unsigned blocks, void *to, const tessera_map *map, int place, int line, int matrix, tessera_barrier *b) {
  asm volatile(
      TESSERA_ELECTED "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%2, %3, %4}], [%5], %6;\n}" ::"r"(
          shared_address(to)),
      "l"(map), "r"(place), "r"(line), "r"(matrix), "r"(shared_address(b)), "h"((unsigned short)blocks)
      : "memory");
}

/* A tensor map is wanted soon. */
TESSERA_DEVICE void tensor_map_prefetch(const tessera_map *map) { asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory"); }

/* Named barrier: some warps wait for each other. */
TESSERA_DEVICE void named_barrier_sync(int barrier, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }

/* Named barrier: some warps are counted among those that wait for each other, and go on. */
TESSERA_DEVICE void named_barrier_arrive(int barrier, int threads) { asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }

/* All warps of a warpgroup: from now on its threads have so many registers, more than before or fewer. */
template <int REGISTERS>
TESSERA_DEVICE void registers_take() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}
template <int REGISTERS>
TESSERA_DEVICE void registers_give() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(REGISTERS));
}

/* The warp's number, known to be the same in all its lanes. */
TESSERA_DEVICE int uniform_warp() { return __shfl_sync(0xffffffffu, (int)threadIdx.x / 32, 0); }

/* Two or four 8 x 8 matrices of 16-bit elements, as multiply_rows() leaves them; lane i says where row i % 8 of matrix i / 8 is stored, or
 * column i % 8 of it. Of two matrices the upper lanes say nothing. */
template <bool COLUMNS>
TESSERA_DEVICE void store_matrices(void *line, unsigned r0, unsigned r1) {
  if (COLUMNS)
    asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(shared_address(line)), "r"(r0), "r"(r1) : "memory");
  else
    asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(shared_address(line)), "r"(r0), "r"(r1) : "memory");
}
template <bool COLUMNS>
TESSERA_DEVICE void store_matrices(void *line, unsigned r0, unsigned r1, unsigned r2, unsigned r3) {
  if (COLUMNS)
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(shared_address(line)), "r"(r0), "r"(r1), "r"(r2), "r"(r3)
                 : "memory");
  else
    asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(shared_address(line)), "r"(r0), "r"(r1), "r"(r2), "r"(r3)
                 : "memory");
}

/* Where rows of 128 bytes of k lie, as the lower word of a descriptor; 32 bytes further along k are 2 more. */
TESSERA_DEVICE unsigned rows_at(const void *p) { return (shared_address(p) & 0x3ffff) >> 4; }
/* The same of 64 lines of k, each with 64 elements of 16 bits of as many rows; 64 rows further are 8192 bytes, and 16 lines 128 more. */
TESSERA_DEVICE unsigned lines_of_k_at(const void *p) { return rows_at(p) | 8192 / 16 << 16; }

TESSERA_DEVICE void multiply_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
TESSERA_DEVICE void multiply_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
/* Until at most PENDING committed groups are under way. */
template <int PENDING>
TESSERA_DEVICE void multiply_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

/* Registers of sums are read after this, not before. */
template <int COUNT>
TESSERA_DEVICE void sums_settle(float (&d)[COUNT]) {
  TESSERA_UNROLL
  for (int i = 0; i < COUNT; i++) asm volatile("" : "+f"(d[i])::"memory");
}

/* d[64][WIDTH] += p[64][k] q[WIDTH][k]^T over 32 bytes of k, or = where it does not add. Lane i of warp w of the warpgroup holds
 * columns 2 (i % 4) and the next of rows 16 w + i / 4 and 8 further, of each 8 columns. An operand whose lines are of k, not of rows, is
 * named by the macros below, by which the instruction takes it, and by P_OF_K and Q_OF_K. */
#if FACTOR_TYPE == 0
#define TESSERA_WGMMA "k8.f32.tf32.tf32 "
#define TESSERA_MAJOR ""
#else
#if FACTOR_TYPE == 1
#define TESSERA_WGMMA "k16.f32.f16.f16 "
#else
#define TESSERA_WGMMA "k16.f32.bf16.bf16 "
#endif
#if !LINES_OF_K
#define TESSERA_MAJOR ", 0, 0"
#elif SWAP
#define TESSERA_MAJOR ", 1, 0"
#else
#define TESSERA_MAJOR ", 0, 1"
#endif
#endif
#define TESSERA_TEXT_(x) #x
#define TESSERA_TEXT(x) TESSERA_TEXT_(x)
template <int TYPE, bool P_OF_K, bool Q_OF_K>
TESSERA_DEVICE void multiply_rows(float (&d)[WIDTH / 2], unsigned p, unsigned q, int adds) {
  asm volatile(
      "{\n.reg .pred adds;\n.reg .b64 p, q;\n"
      "setp.ne.b32 adds, " TESSERA_JOIN(TESSERA_ADDS, GROUPS) ", 0;\n"
      "mov.b64 p, {" TESSERA_JOIN(TESSERA_FIRST, GROUPS) ", 0x40000040};\n"
      "mov.b64 q, {" TESSERA_JOIN(TESSERA_SECOND, GROUPS) ", 0x40000040};\n"
      "wgmma.mma_async.sync.aligned.m64n" TESSERA_TEXT(WIDTH) TESSERA_WGMMA "{" TESSERA_JOIN(TESSERA_LIST, GROUPS) "}, p, q, adds, 1, 1" TESSERA_MAJOR ";\n}"
      : TESSERA_JOIN(TESSERA_SUMS, GROUPS)(d)
      : "r"(p), "r"(q), "r"(adds));
}
#endif

#endif
