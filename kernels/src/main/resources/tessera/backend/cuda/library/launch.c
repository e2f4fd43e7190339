/* How a micro-kernel is launched on a shape: the run-time of bundles (program.c) and of the process that measures (worker.c). A source that
 * includes this has included tessera.h, defined tessera_line and included kernel.h, and it defines
 *
 *   image_of(kernel, device)       the code of a kernel for a device: a cubin or PTX
 *   GRAPHS_KEEP_TO_THEIR_STREAM    whether graphs are replayed on the stream that captured them alone, in order with its calls
 *   POISONS_WORKSPACES             whether workspaces are filled with NaN before they are used
 *
 * The driver is loaded at the first call, so that neither the CUDA toolkit nor a link to it is needed. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POISON = -1 }; /* not a number, in every float */

static const char *image_of(const tessera_kernel *kernel, int device);

#include "driver.c"

#include "workspace.c"

#include "operands.c"

static int64_t blocks_of(const tessera_line *line, const tessera_gemm *g) {
  const int64_t tiles = g->batch * divide_up(g->m, line->tile_m) * divide_up(g->n, line->tile_n);
  const int64_t units = tiles * divide_up(g->k, line->block_k);
  int64_t blocks = tiles * line->share;
  if (line->stream_k && blocks > units) blocks = units;
  return line->slots && blocks > line->slots ? line->slots : blocks;
}

/* Blocks of an overlapping launch that are to run beside each other, since they fetch the same lines. Where nearly every multiprocessor has
 * a block, that took 1 to 10% less time on an H100; with fewer or more blocks, or two together, none on average. */
static int cluster_hint(const tessera_line *line, int64_t blocks) {
  enum { TOGETHER = 4 };
  const int alone = line->box_a && line->share == 1 && !line->slots;
  return alone && blocks % TOGETHER == 0 && blocks <= line->clustered && 6 * blocks >= 5 * line->clustered ? TOGETHER : 1;
}

/* Whether a kernel may rely on alignment to 16 bytes: of both inputs, row by row, unless it fetches them by maps, and of the output where
 * its rows keep to that. Where b is [k, n], the aligned function takes rows of n to be whole 16 bytes and does not look (WHOLE_N in gemm.cuh). */
static int has_alignment(const tessera_line *line, const tessera_gemm *g) {
  const int whole_n = g->n % line->alignment == 0;
  const int output = whole_n ? is_aligned(g->c) : line->b_is_nk;
  const int inputs = g->k % line->alignment == 0 && is_aligned(g->a) && is_aligned(g->b);
  return output && (inputs || line->box_a);
}

static int is_too_large(const tessera_gemm *g) {
  const int64_t most = 0x7fffffff;
  return g->batch > most || g->m > most || g->n > most || g->k > most || g->batch * g->m > most;
}

/* What a call needs, found before anything is enqueued. */
typedef struct {
  tessera_gemm gemm;
  const tessera_line *line;
  void *function, *stage;
  int device;
  device_pointer partials, flags;
  staged_operands staged;
} found_call;

/* A module may lack the function for operands of any alignment, and be called on aligned ones alone; or that for aligned ones, and then the
 * other does. */
static int find_function(found_call *to, const loaded_kernel *loaded) {
  const int aligned = has_alignment(to->line, &to->gemm) && loaded->functions[ALIGNED];
  to->function = loaded->functions[aligned ? ALIGNED : ANY];
  to->stage = loaded->functions[STAGE];
  if (!to->function) return refuse("the micro-kernel was built for aligned operands alone");
  return to->stage || !to->line->box_a || refuse("the micro-kernel was built without what makes its operands ready");
}

/* Needs the lock. */
static int find_call(found_call *to, const tessera_kernel *kernel, void *context, void *stream) {
  const prepared_operand *prepared = prepared_from(to->gemm.b);
  if (prepared) to->gemm.b = prepared->data;
  const loaded_kernel *loaded = load(kernel, context, to->device);
  if (!loaded || !find_function(to, loaded)) return 0;
  if (to->line->stream_k) {
    const workspace *partials = partials_of(kernel, context, stream);
    if (!partials) return 0;
    to->partials = partials->memory, to->flags = partials->flags;
  }
  return !to->line->box_a || find_staging(&to->staged, to->line, &to->gemm, to->line->splits ? prepared : NULL, context, stream);
}

/* Enqueues what makes the operands ready, where they are not. */
static int make_ready(const found_call *call, int overlapping, void *stream) {
  const staged_operands *staged = &call->staged;
  const tessera_gemm *g = &call->gemm;
  return call->line->splits
             ? split(call->stage, call->line, staged, g, g->batch * g->m, staged->copies_b ? g->batch : 0, overlapping, call->device, stream)
             : pad(call->stage, call->line, staged, g, overlapping, call->device, stream);
}

static int enqueue_call(found_call *call, int64_t blocks, int overlapping, void *stream) {
  const tessera_line *line = call->line;
  tessera_gemm *g = &call->gemm;
  staged_operands *staged = &call->staged;
  int batch = (int)g->batch, m = (int)g->m, n = (int)g->n, k = (int)g->k;
  _Alignas(64) char map_a[128], map_b[128];
  if (line->box_a && !make_maps(map_a, map_b, line, g, staged)) return 0;
  void *parameters[] = {&batch, &m, &n, &k, &g->a, &g->b, &g->bias, &g->c, &call->partials, &call->flags, map_a, map_b, &staged->scales_a, &staged->scales_b};
  const int follows = staged->copies_a || staged->copies_b;
  if (follows && !make_ready(call, overlapping, stream)) return 0;
  return enqueue(call->function, blocks, line->threads, line->shared_bytes, overlapping || follows, cluster_hint(line, blocks), call->device, stream,
                 parameters);
}

/* Enqueues a call, of one launch or two; where it fails, `fault` says why. Loading and allocating are legal while this thread captures. */
static tessera_status launch(const tessera_kernel *kernel, const tessera_gemm *gemm, int overlapping, void *stream) {
  enum { RELAXED = 2 };
  found_call call = {.gemm = *gemm, .line = &kernel->line};
  void *context;
  int mode = RELAXED;
  if (!device_here(&context, &call.device)) return TESSERA_DEVICE_ERROR;
  const int64_t blocks = blocks_of(call.line, gemm);
  if (blocks > 0x7fffffff || is_too_large(gemm)) {
    refuse("the shape is too large for a grid of 2^31 - 1 blocks and extents of 31 bits");
    return TESSERA_INVALID_ARGUMENT;
  }
  pthread_mutex_lock(&state_lock);
  driver.capture_mode(&mode);
  const int found = find_call(&call, kernel, context, stream);
  driver.capture_mode(&mode);
  /* The copies of a stream's operands lie in one workspace: another thread's copies must not come between these and their kernel. */
  const int copies = call.staged.copies_a || call.staged.copies_b;
  if (!copies) pthread_mutex_unlock(&state_lock);
  const int enqueued = found && enqueue_call(&call, blocks, overlapping, stream);
  if (copies) pthread_mutex_unlock(&state_lock);
  return enqueued ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}
