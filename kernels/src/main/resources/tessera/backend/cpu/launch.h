/* How a call of a micro-kernel is dealt to the pool of threads.h. Needs threads.h and gemm.h.
 *
 * Cycles are estimated by one vector of multiply-adds and 16 bytes a cycle, which holds within a factor of two for every processor that
 * the templates are compiled for; what follows from them is chosen so that this is good enough.
 */
#ifndef TESSERA_LAUNCH_H
#define TESSERA_LAUNCH_H

#include "threads.h"

#include "gemm.h"

#define TESSERA_LEAST_CYCLES 20000     /* of a call that more than one thread computes */
#define TESSERA_LEAST_PART_CYCLES 60000 /* of a part */
#define TESSERA_MOST_REPACKING 0.01    /* of a call's time, for all its pieces but one of each thread */

static inline double tessera_cycles(const tessera_gemm_kernel *kernel, const tessera_gemm *g) {
  const double m = (double)g->m, n = (double)g->n, k = (double)g->k;
  const double arithmetic = m * n * k / kernel->lanes, memory = 4 * (m * k + n * k + m * n) / 16;
  return (double)g->batch * (arithmetic > memory ? arithmetic : memory);
}

/* Parts of one thread's share: as many as there may be for their size, and for what their pieces cost. A share of 2^i parts is computed in
 * i + 1 pieces, and each packs the operand that is not divided, or at least reads it once more. */
static inline int tessera_share_parts(const tessera_gemm_kernel *kernel, const tessera_gemm *g, int threads, double cycles) {
  const double extent = (double)(kernel->splits_m ? g->m : g->n) * (double)g->batch / threads;
  const double piece = (kernel->packs ? 1.0 : 0.25) * kernel->lanes / extent;
  int parts = 1;
  for (int pieces = 1; parts < TESSERA_MOST_PARTS; parts *= 2, pieces++)
    if (pieces * piece > TESSERA_MOST_REPACKING || cycles / threads / parts / 2 < TESSERA_LEAST_PART_CYCLES ||
        extent / parts / 2 < kernel->unit)
      break;
  return parts;
}

typedef struct {
  const tessera_gemm_kernel *kernel;
  const tessera_gemm *gemm;
} tessera_kernel_call;

static void tessera_run_parts(const void *context, int first, int last, int parts, float *scratch) {
  const tessera_kernel_call *call = context;
  call->kernel->run(call->gemm, first, last, parts, scratch);
}

/* Computes a call on at most so many threads; 0 when out of memory (nothing was computed then). */
static int tessera_launch(const tessera_gemm_kernel *kernel, const tessera_gemm *gemm, int threads) {
  const tessera_kernel_call call = {kernel, gemm};
  const double cycles = tessera_cycles(kernel, gemm);
  const int64_t units = gemm->batch * (((kernel->splits_m ? gemm->m : gemm->n) + kernel->unit - 1) / kernel->unit);
  if (threads > units) threads = (int)units;
  if (cycles < TESSERA_LEAST_CYCLES) threads = 1;
  return tessera_parallel(tessera_run_parts, &call, cycles, threads, tessera_share_parts(kernel, gemm, threads, cycles), kernel->scratch_bytes);
}

#endif
