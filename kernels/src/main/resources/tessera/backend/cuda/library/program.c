/* How a CUDA bundle's library runs its micro-kernels: through the driver, which is loaded at the first call, so that neither the
 * CUDA toolkit nor a link to it is needed. What comes before it in the generated file: what bundle.c names, and
 *
 *   tessera_kernels[]   a line for each micro-kernel
 *   PROGRAM_CAPABILITY, PROGRAM_PORTABLE (to newer ones), PROGRAM_MULTIPROCESSORS, PROGRAM_CLUSTERED (those that clusters of 4 can fill),
 *   PROGRAM_ALIGNMENT (elements of rows that keep to 16 bytes), PROGRAM_B_IS_NK, PROGRAM_BATCH, PROGRAM_N and PROGRAM_K (0 where they vary)
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KERNEL_COUNT = sizeof tessera_kernels / sizeof tessera_kernels[0], TESSERA_MOST_THREADS = 1 };

#define TESSERA_OVERLAPPING 0 /* threads of a call that may overlap with the launch before it */

#include "driver.c"

#include "rooms.c"

#include "operands.c"

static int64_t blocks_of(const tessera_kernel *kernel, const tessera_gemm *g) {
  const int64_t tiles = g->batch * divide_up(g->m, kernel->tile_m) * divide_up(g->n, kernel->tile_n);
  const int64_t units = tiles * divide_up(g->k, kernel->block_k);
  int64_t blocks = tiles * kernel->share;
  if (kernel->even && blocks > units) blocks = units;
  return kernel->slots && blocks > kernel->slots ? kernel->slots : blocks;
}

/* Blocks of an overlapping launch that are to run beside each other, since they fetch the same lines. Where nearly every multiprocessor has
 * a block, that took 1 to 10% less time on an H100; with fewer or more blocks, or two together, none on average. */
static int neighbours_of(const tessera_kernel *kernel, int64_t blocks) {
  enum { TOGETHER = 4 };
  const int alone = kernel->box_a && kernel->share == 1 && !kernel->slots;
  return alone && blocks % TOGETHER == 0 && blocks <= PROGRAM_CLUSTERED && 6 * blocks >= 5 * PROGRAM_CLUSTERED ? TOGETHER : 1;
}

/* Whether a kernel may rely on alignment to 16 bytes: of both inputs, row by row, unless it fetches them by maps, and of the output where
 * its rows keep to that. */
static int has_alignment(const tessera_kernel *kernel, const tessera_gemm *g) {
  const int whole_n = g->n % PROGRAM_ALIGNMENT == 0, output = !whole_n || is_aligned(g->c);
  const int inputs = g->k % PROGRAM_ALIGNMENT == 0 && (PROGRAM_B_IS_NK || whole_n) && is_aligned(g->a) && is_aligned(g->b);
  return output && (inputs || kernel->box_a);
}

static int is_too_large(const tessera_gemm *g) {
  const int64_t most = 0x7fffffff;
  return g->batch > most || g->m > most || g->n > most || g->k > most || g->batch * g->m > most;
}

static tessera_status program_launch(int index, const tessera_gemm *given, int threads, void *stream) {
  enum { RELAXED = 2 };
  const tessera_kernel *kernel = &tessera_kernels[index];
  tessera_gemm g = *given;
  void *context;
  int device, mode = RELAXED; /* loading and allocating are then legal while this thread captures */
  if (!device_here(&context, &device)) return TESSERA_DEVICE_ERROR;
  const int64_t blocks = blocks_of(kernel, &g);
  if (blocks > 0x7fffffff || is_too_large(&g)) return TESSERA_INVALID_ARGUMENT;
  staged_operands staged = {0};
  pthread_mutex_lock(&state_lock);
  const prepared_operand *prepared = prepared_from(g.b);
  if (prepared) g.b = prepared->data;
  const int aligned = has_alignment(kernel, &g);
  driver.capture_mode(&mode);
  void *function = function_of(context, device, index, aligned ? ALIGNED : ANY);
  void *stage = function_of(context, device, index, STAGE);
  const workspace *room = function && kernel->even ? partials_of(context, stream, index) : NULL;
  const int has_room =
      function && (!kernel->even || room) && (!kernel->box_a || find_room(&staged, kernel, &g, kernel->splits ? prepared : NULL, context, stream));
  driver.capture_mode(&mode);
  pthread_mutex_unlock(&state_lock);
  if (!has_room) return TESSERA_DEVICE_ERROR;
  int batch = (int)g.batch, m = (int)g.m, n = (int)g.n, k = (int)g.k, overlapping = threads == TESSERA_OVERLAPPING;
  device_pointer partials = room ? room->memory : 0, flags = room ? room->flags : 0;
  _Alignas(64) char map_a[128], map_b[128];
  if (kernel->box_a && !make_maps(map_a, map_b, kernel, &g, &staged)) return TESSERA_DEVICE_ERROR;
  void *parameters[] = {&batch, &m, &n, &k, &g.a, &g.b, &g.bias, &g.c, &partials, &flags, map_a, map_b, &staged.scales_a, &staged.scales_b};
  if (staged.copies_a || staged.copies_b) {
    const int made = kernel->splits ? split(stage, &staged, &g, g.batch * g.m, staged.copies_b ? g.batch : 0, overlapping, device, stream)
                                    : pad(stage, &staged, &g, overlapping, device, stream);
    if (!made) return TESSERA_DEVICE_ERROR;
    overlapping = 1;
  }
  return enqueue(function, blocks, kernel->threads, kernel->shared_bytes, overlapping, neighbours_of(kernel, blocks), device, stream, parameters) ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

static int program_threads(void) { return TESSERA_MOST_THREADS; }
