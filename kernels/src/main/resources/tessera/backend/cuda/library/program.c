/* How a CUDA bundle's library runs its micro-kernels. What comes before it in the generated file: what bundle.c names, and
 *
 *   tessera_kernels[]   a line for each micro-kernel (launch.c)
 *   PROGRAM_CAPABILITY, PROGRAM_PORTABLE (to newer ones), PROGRAM_BATCH, PROGRAM_N and PROGRAM_K (0 where they vary)
 */
enum { KERNEL_COUNT = sizeof tessera_kernels / sizeof tessera_kernels[0], TESSERA_MOST_THREADS = 1 };

#define TESSERA_OVERLAPPING 0 /* threads of a call that may overlap with the launch before it */

enum { GRAPHS_KEEP_TO_THEIR_STREAM = 0, POISONS_WORKSPACES = 0 };

#include "launch.c"

static const char *image_of(const tessera_kernel *kernel, int device) {
  return capability_of(device) == PROGRAM_CAPABILITY ? kernel->cubin : kernel->ptx;
}

/* By the same rule as the tuner: machine code of one architecture, sized for a number of multiprocessors. A newer GPU will do where there is
 * PTX: it runs that, right and untuned. */
static void program_device(char *key, size_t capacity) {
  enum { MULTIPROCESSORS = 16, FIRST_SPECIFIC = 90 };
  void *context;
  int device, capability, multiprocessors = 0;
  snprintf(key, capacity, "no CUDA device");
  if (!device_here(&context, &device) || !(capability = capability_of(device)) ||
      driver.device_attribute(&multiprocessors, MULTIPROCESSORS, device))
    return;
  if (capability > PROGRAM_CAPABILITY && PROGRAM_PORTABLE)
    snprintf(key, capacity, "%s", PROGRAM_DEVICE);
  else
    snprintf(key, capacity, "cuda:sm_%d%s:%d", capability, capability >= FIRST_SPECIFIC ? "a" : "", multiprocessors);
}

static const char *program_refusal(const char *device) {
  char here[64];
  program_device(here, sizeof here);
  return strcmp(here, device) ? "the bundle was made for other hardware; tune again on this machine" : NULL;
}

static int program_plan(const int64_t *shape, const void *const *inputs) {
  (void)inputs;
  return dispatch(shape);
}

static tessera_status program_launch(int index, const tessera_gemm *gemm, int threads, void *stream) {
  return launch(&tessera_kernels[index], gemm, threads == TESSERA_OVERLAPPING, stream);
}

static int program_threads(void) { return TESSERA_MOST_THREADS; }

/* Where an operand's pairs are or will be: preparing it again takes the same memory. */
static prepared_operand *prepared_for(void *context, const void *data, size_t bytes) {
  for (prepared_operand *p = prepared_operands; p; p = p->next)
    if (p->context == context && p->data == data) return p;
  prepared_operand *added = calloc(1, sizeof *added);
  if (!added || !allocate(&added->pairs, bytes)) {
    free(added);
    return NULL;
  }
  added->context = context, added->data = data, added->next = prepared_operands;
  return prepared_operands = added;
}

/* Splits the second operand once, where the workload fixes its extents; any other is taken as it is. */
static tessera_status program_prepare(int index, const void *data, const void **prepared, void *stream) {
  enum { RELAXED = 2 };
  const tessera_gemm g = {PROGRAM_BATCH, 0, PROGRAM_N, PROGRAM_K, NULL, data, NULL, NULL};
  int kernel = 0, device, mode = RELAXED, made = 0;
  void *context;
  while (kernel < KERNEL_COUNT && !tessera_kernels[kernel].line.splits) kernel++;
  *prepared = data;
  if (kernel == KERNEL_COUNT || index != 1 || !g.batch || !g.n || !g.k) return TESSERA_OK;
  if (!device_here(&context, &device)) return TESSERA_DEVICE_ERROR;
  const tessera_line *line = &tessera_kernels[kernel].line;
  const int64_t rows = g.batch * g.n, bytes = pair_bytes(rows, g.k);
  pthread_mutex_lock(&state_lock);
  driver.capture_mode(&mode);
  const loaded_kernel *loaded = load(&tessera_kernels[kernel], context, device);
  const prepared_operand *to = loaded ? prepared_for(context, data, (size_t)(bytes + rows * 4)) : NULL;
  driver.capture_mode(&mode);
  if (to) {
    const staged_operands staged = {0, to->pairs, 0, to->pairs + (device_pointer)bytes, 0, 1};
    made = split(loaded->functions[STAGE], line, &staged, &g, 0, g.batch, 0, device, stream);
  }
  if (made) *prepared = (const void *)(size_t)to->pairs;
  pthread_mutex_unlock(&state_lock);
  return made ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

/* Frees all workspaces and prepared operands, once nobody has a bundle open. */
static void program_close(void) {
  void *before = NULL;
  pthread_mutex_lock(&state_lock);
  if (workspaces || prepared_operands) driver.context_current(&before);
  free_workspaces_of(NULL);
  for (int i = 0; i < KERNEL_COUNT; i++) free_workspaces_of(&tessera_kernels[i]);
  while (prepared_operands) {
    prepared_operand *p = prepared_operands;
    prepared_operands = p->next;
    driver.context_set(p->context);
    driver.memory_free(p->pairs);
    free(p);
  }
  if (before) driver.context_set(before);
  pthread_mutex_unlock(&state_lock);
}
