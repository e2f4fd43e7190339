/* Packs weights once for all calls: into panels of so many columns of b over all of k, one step of k after the other, with zeros in the
 * place of columns beyond n. It needs no vector instructions: the library compiles it for every processor. */
#ifndef TESSERA_PREPARE_H
#define TESSERA_PREPARE_H

#include <stdlib.h>
#include <sys/mman.h>

#include "gemm.h"

#define TESSERA_HUGE_PAGE ((size_t)2 << 20)

static inline int64_t tessera_panels(int64_t n, int64_t columns) { return (n + columns - 1) / columns; }

/* Elements that the panels of all matrices of a batch have, in whole cache lines. */
static inline size_t tessera_prepared_elements(int64_t batch, int64_t n, int64_t k, int64_t columns) {
  const int64_t all = batch * tessera_panels(n, columns) * k * columns;
  return (size_t)((all + TESSERA_LINE_ELEMENTS - 1) / TESSERA_LINE_ELEMENTS * TESSERA_LINE_ELEMENTS);
}

/* One panel of so many columns, of which some are there. Columns lie `column` elements apart, steps of k `step`. */
static void tessera_prepare_panel(const float *b, int64_t column, int64_t step, int64_t k, int64_t columns, int64_t there, float *to) {
  enum { STEPS = TESSERA_LINE_ELEMENTS }; /* of [n, k], a line of each column is read at once */
  for (int64_t t = 0; t < k; t += STEPS)
    for (int64_t s = 0; s < columns; s++)
      for (int64_t u = t; u < t + STEPS && u < k; u++) to[u * columns + s] = s < there ? b[s * column + u * step] : 0;
}

/* Packs b, [n, k] or [k, n] in each matrix of a batch. */
static void tessera_prepare_weights(const float *b, int b_is_nk, int64_t batch, int64_t n, int64_t k, int64_t columns, float *to) {
  const int64_t column = b_is_nk ? k : 1, step = b_is_nk ? 1 : n;
  for (int64_t i = 0; i < batch; i++)
    for (int64_t s = 0; s < n; s += columns, to += k * columns)
      tessera_prepare_panel(b + i * n * k + s * column, column, step, k, columns, n - s < columns ? n - s : columns, to);
}

/* Memory for panels, in huge pages where the system gives them; to be freed by free(). NULL when out of memory. */
static float *tessera_prepared_memory(size_t elements) {
  const size_t bytes = elements * sizeof(float);
  void *memory = NULL;
  if (posix_memalign(&memory, bytes < TESSERA_HUGE_PAGE ? 64 : TESSERA_HUGE_PAGE, bytes)) return NULL;
  if (bytes >= TESSERA_HUGE_PAGE) madvise(memory, bytes / TESSERA_HUGE_PAGE * TESSERA_HUGE_PAGE, MADV_HUGEPAGE);
  return memory;
}

#endif
