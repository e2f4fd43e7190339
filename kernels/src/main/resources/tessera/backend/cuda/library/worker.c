/* The run-time of bundles as the process that measures calls it: micro-kernels come one by one, each with its line. Calls are made by one
 * thread, in whose context and on one stream. A call that fails returns NULL or 0, and tessera_launcher_fault() says why. */
enum { GRAPHS_KEEP_TO_THEIR_STREAM = 1, POISONS_WORKSPACES = 1 };

#include "launch.c"

#define TESSERA_EXPORT __attribute__((visibility("default")))

static const char *image_of(const tessera_kernel *kernel, int device) {
  (void)device;
  return kernel->cubin;
}

typedef struct {
  tessera_kernel kernel;
  const loaded_kernel *loaded;
} tessera_launcher;

static int launchers_open;

TESSERA_EXPORT const char *tessera_launcher_fault(void) { return fault; }

static void unload(const loaded_kernel *loaded) {
  loaded_kernel **at = &loaded_kernels;
  while (*at != loaded) at = &(*at)->next;
  *at = loaded->next;
  driver.module_unload(loaded->module);
  free((void *)loaded);
}

/* Loads a micro-kernel into the context of the calling thread.
 *
 * line: the fields of its tessera_line, as many as `fields` */
TESSERA_EXPORT tessera_launcher *tessera_launcher_open(const char *cubin, const int *line, int fields) {
  void *context;
  int device;
  if (fields != sizeof(tessera_line) / sizeof(int)) return refuse("the launch library was made for other launch lines"), NULL;
  if (!device_here(&context, &device)) return NULL;
  tessera_launcher *opened = calloc(1, sizeof *opened);
  if (!opened) return refuse("the host has no memory left"), NULL;
  opened->kernel.cubin = cubin;
  memcpy(&opened->kernel.line, line, sizeof opened->kernel.line);
  opened->loaded = load(&opened->kernel, context, device);
  opened->kernel.cubin = NULL;
  if (!opened->loaded) {
    free(opened);
    return NULL;
  }
  launchers_open++;
  return opened;
}

/* Whether it can be called on aligned operands alone. */
TESSERA_EXPORT int tessera_launcher_needs_alignment(const tessera_launcher *launcher) { return !launcher->loaded->functions[ANY]; }

/* Spoils what earlier calls left in the workspaces that the next one may take, on a stream: partial sums and operands become NaN, flags 0. */
TESSERA_EXPORT int tessera_launcher_poison(const tessera_launcher *launcher, void *stream) {
  for (const workspace *w = workspaces; w; w = w->next) {
    if (w->kernel && w->kernel != &launcher->kernel) continue;
    if (failed(driver.memory_set(w->memory, POISON, w->bytes / 4, stream), "cuMemsetD32Async")) return 0;
    if (w->flags && failed(driver.memory_set(w->flags, 0, w->flag_count, stream), "cuMemsetD32Async")) return 0;
  }
  return 1;
}

/* Enqueues a call. extents: batch, m, n and k; operands: a, b, bias (0 where there is none) and c on the device. */
TESSERA_EXPORT int tessera_launcher_run(const tessera_launcher *launcher, const int64_t *extents, const int64_t *operands, void *stream) {
  const tessera_gemm gemm = {
      extents[0], extents[1], extents[2], extents[3], (void *)operands[0], (void *)operands[1], (void *)operands[2], (void *)operands[3]};
  return launch(&launcher->kernel, &gemm, 0, stream) == TESSERA_OK;
}

/* Frees a micro-kernel with its workspaces, and with the last one those for operands; what was captured is not to be replayed any more. */
TESSERA_EXPORT void tessera_launcher_close(tessera_launcher *launcher) {
  free_workspaces_of(&launcher->kernel);
  unload(launcher->loaded);
  free(launcher);
  if (--launchers_open == 0) free_workspaces_of(NULL);
}
