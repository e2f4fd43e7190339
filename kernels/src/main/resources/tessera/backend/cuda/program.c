/* How a CUDA bundle's library runs its micro-kernels: through the driver, which is loaded at the first call, so that neither the
 * CUDA toolkit nor a link to it is needed. What comes before it in the generated file: what bundle.c names, and
 *
 *   tessera_kernels[]   a line for each micro-kernel
 *   PROGRAM_CAPABILITY, PROGRAM_PORTABLE (to newer ones), PROGRAM_ALIGNMENT (elements of rows that keep to 16 bytes), PROGRAM_B_IS_NK
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KERNEL_COUNT = sizeof tessera_kernels / sizeof tessera_kernels[0], TESSERA_MOST_THREADS = 1 };

#define TESSERA_OVERLAPPING 0 /* threads of a call that may overlap with the launch before it */

/* ---- the driver ---- */

typedef unsigned long long device_pointer;

static struct {
  int loaded;
  int (*init)(unsigned);
  int (*device_get)(int *, int);
  int (*device_name)(char *, int, int);
  int (*device_attribute)(int *, int, int);
  int (*context_current)(void **);
  int (*context_set)(void *);
  int (*context_device)(int *);
  int (*primary_retain)(void **, int);
  int (*module_load)(void **, const void *);
  int (*module_function)(void **, void *, const char *);
  int (*function_attribute)(void *, int, int);
  int (*memory_allocate)(device_pointer *, size_t);
  int (*memory_set)(device_pointer, unsigned, size_t, void *);
  int (*stream_create)(void **, unsigned);
  int (*stream_synchronize)(void *);
  int (*stream_destroy)(void *);
  int (*capture_info)(void *, int *, unsigned long long *);
  int (*capture_mode)(int *);
  int (*tensor_map)(
      void *, int, uint32_t, void *, const uint64_t *, const uint64_t *, const uint32_t *, const uint32_t *, int, int, int, int); /* newer drivers */
  int (*launch_with)(const void *, void *, void **, void **); /* newer drivers */
  int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **);
} driver;

static pthread_once_t driver_once = PTHREAD_ONCE_INIT;

static void driver_load(void) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
  const struct {
    const char *name;
    void *to;
  } needed[] = {{"cuInit", &driver.init},
                {"cuDeviceGet", &driver.device_get},
                {"cuDeviceGetName", &driver.device_name},
                {"cuDeviceGetAttribute", &driver.device_attribute},
                {"cuCtxGetCurrent", &driver.context_current},
                {"cuCtxSetCurrent", &driver.context_set},
                {"cuCtxGetDevice", &driver.context_device},
                {"cuDevicePrimaryCtxRetain", &driver.primary_retain},
                {"cuModuleLoadData", &driver.module_load},
                {"cuModuleGetFunction", &driver.module_function},
                {"cuFuncSetAttribute", &driver.function_attribute},
                {"cuMemAlloc_v2", &driver.memory_allocate},
                {"cuMemsetD32Async", &driver.memory_set},
                {"cuStreamCreate", &driver.stream_create},
                {"cuStreamSynchronize", &driver.stream_synchronize},
                {"cuStreamDestroy_v2", &driver.stream_destroy},
                {"cuStreamGetCaptureInfo", &driver.capture_info},
                {"cuThreadExchangeStreamCaptureMode", &driver.capture_mode},
                {"cuLaunchKernel", &driver.launch}};
  for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
    void *found = dlsym(library, needed[i].name);
    if (!found) return;
    memcpy(needed[i].to, &found, sizeof found);
  }
  void *newer[] = {dlsym(library, "cuTensorMapEncodeTiled"), dlsym(library, "cuLaunchKernelEx")};
  memcpy(&driver.tensor_map, &newer[0], sizeof newer[0]);
  memcpy(&driver.launch_with, &newer[1], sizeof newer[1]);
  driver.loaded = driver.init(0) == 0;
}

/* The device of the calling thread's context; the first one, whose primary context becomes current, where it has none. */
static int device_here(void **context, int *device) {
  pthread_once(&driver_once, driver_load);
  if (!driver.loaded || driver.context_current(context)) return 0;
  if (*context) return driver.context_device(device) == 0;
  return driver.device_get(device, 0) == 0 && driver.primary_retain(context, *device) == 0 && driver.context_set(*context) == 0;
}

/* Compute capability, major times 10 plus minor; 0 where it cannot be told. */
static int capability_of(int device) {
  enum { MAJOR = 75, MINOR = 76 };
  int major, minor;
  return driver.device_attribute(&major, MAJOR, device) || driver.device_attribute(&minor, MINOR, device) ? 0 : 10 * major + minor;
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

/* ---- what has been loaded and allocated: for each context its functions, for each of its streams room for partial sums ---- */

typedef struct {
  void *context;
  void *functions[KERNEL_COUNT][2]; /* aligned, any */
} loaded_kernels;

typedef struct workspace {
  struct workspace *next;
  void *context, *stream;
  unsigned long long capture; /* the graph that is being captured; 0: none */
  int kernel;
  device_pointer partials, flags;
} workspace;

static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static loaded_kernels *contexts[16];
static workspace *workspaces;
static int context_count;

static loaded_kernels *kernels_of(void *context) {
  for (int i = 0; i < context_count; i++)
    if (contexts[i]->context == context) return contexts[i];
  if (context_count == (int)(sizeof contexts / sizeof contexts[0])) return NULL;
  loaded_kernels *added = calloc(1, sizeof *added);
  if (!added) return NULL;
  added->context = context;
  return contexts[context_count++] = added;
}

static void *function_of(void *context, int device, int index, int aligned) {
  enum { DYNAMIC_SHARED = 8, FREELY_SHARED = 48 << 10 };
  loaded_kernels *kernels = kernels_of(context);
  if (!kernels) return NULL;
  void **functions = kernels->functions[index];
  if (!functions[0]) {
    void *module, *found[2];
    const int tuned = capability_of(device) == PROGRAM_CAPABILITY;
    if (driver.module_load(&module, tuned ? tessera_kernels[index].cubin : tessera_kernels[index].ptx) ||
        driver.module_function(&found[0], module, "tessera_candidate_aligned") || driver.module_function(&found[1], module, "tessera_candidate_any"))
      return NULL;
    for (int i = 0; i < 2; i++)
      if (tessera_kernels[index].shared_bytes > FREELY_SHARED &&
          driver.function_attribute(found[i], DYNAMIC_SHARED, tessera_kernels[index].shared_bytes))
        return NULL;
    functions[0] = found[0], functions[1] = found[1];
  }
  return functions[aligned ? 0 : 1];
}

/* Flags are 0 between calls. They are made so on a stream of their own, which no capture sees. */
static int lower_flags(device_pointer flags, size_t count) {
  enum { NON_BLOCKING = 1 };
  void *stream;
  if (driver.stream_create(&stream, NON_BLOCKING)) return 0;
  const int lowered = !driver.memory_set(flags, 0, count, stream) && !driver.stream_synchronize(stream);
  driver.stream_destroy(stream);
  return lowered;
}

/* Calls on one stream follow each other, so they may share; a captured graph may be replayed on any stream, so it has its own. */
static workspace *workspace_of(void *context, void *stream, int index) {
  int capturing = 0;
  unsigned long long capture = 0;
  if (driver.capture_info(stream, &capturing, &capture)) return NULL;
  if (!capturing) capture = 0;
  for (workspace *w = workspaces; w; w = w->next)
    if (w->context == context && w->stream == stream && w->kernel == index && w->capture == capture) return w;
  const tessera_kernel *kernel = &tessera_kernels[index];
  const size_t slots = (size_t)kernel->slots;
  workspace *added = calloc(1, sizeof *added);
  if (!added) return NULL;
  if (driver.memory_allocate(&added->partials, slots * (size_t)kernel->tile_m * (size_t)kernel->tile_n * 4) ||
      driver.memory_allocate(&added->flags, slots * 4) || !lower_flags(added->flags, slots)) {
    free(added);
    return NULL;
  }
  added->context = context, added->stream = stream, added->kernel = index, added->capture = capture;
  added->next = workspaces;
  return workspaces = added;
}

/* ---- launching ---- */

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t blocks_of(const tessera_kernel *kernel, const tessera_gemm *g) {
  const int64_t tiles = g->batch * divide_up(g->m, kernel->tile_m) * divide_up(g->n, kernel->tile_n);
  const int64_t units = tiles * divide_up(g->k, kernel->block_k);
  int64_t blocks = tiles * kernel->share;
  if (kernel->even && blocks > units) blocks = units;
  return kernel->slots && blocks > kernel->slots ? kernel->slots : blocks;
}

/* Describes an operand to the kernels that fetch boxes of it: 128 bytes of k of some rows. A thread keeps the last descriptions, which
 * follow from their keys alone. */
static int map_of(void *map, const void *data, int64_t batch, int64_t rows, int64_t k, int box) {
  enum { UINT16 = 1, UINT32 = 2, SWIZZLE_128 = 3, PROMOTE_256 = 3, MAP_BYTES = 128, KEPT = 16 };
  typedef struct {
    int64_t data, batch, rows, k, box;
  } map_key;
  static __thread struct {
    map_key key; /* data: 0 for none yet */
    char map[MAP_BYTES];
  } kept[KEPT];
  const map_key key = {(int64_t)(size_t)data, batch, rows, k, box};
  const size_t place = ((size_t)data / 256 + (size_t)rows + (size_t)box) % KEPT;
  if (!memcmp(&kept[place].key, &key, sizeof key)) {
    memcpy(map, kept[place].map, MAP_BYTES);
    return 1;
  }
  const uint64_t row = (uint64_t)k * PROGRAM_INPUT_BYTES, extents[] = {(uint64_t)k, (uint64_t)rows, (uint64_t)batch}, strides[] = {row, row * (uint64_t)rows};
  const uint32_t boxes[] = {128 / PROGRAM_INPUT_BYTES, (uint32_t)box, 1}, steps[] = {1, 1, 1};
  if (!driver.tensor_map ||
      driver.tensor_map(map, PROGRAM_INPUT_BYTES == 2 ? UINT16 : UINT32, 3, (void *)data, extents, strides, boxes, steps, 0, SWIZZLE_128, PROMOTE_256, 0))
    return 0;
  kept[place].key = key;
  memcpy(kept[place].map, map, MAP_BYTES);
  return 1;
}

static int is_aligned(const void *p) { return (size_t)p % 16 == 0; }

/* A launch that may begin while the one before it on the stream ends. */
static int launch_overlapping(void *function, unsigned blocks, const tessera_kernel *kernel, void *stream, void **parameters) {
  enum { PROGRAMMATIC_STREAM_SERIALIZATION = 6 };
  _Alignas(8) struct { /* CUlaunchAttribute */
    int id, unused, value[16];
  } attribute = {PROGRAMMATIC_STREAM_SERIALIZATION, 0, {1}};
  const struct { /* CUlaunchConfig */
    unsigned grid[3], block[3], shared_bytes;
    void *stream, *attributes;
    unsigned count;
  } configuration = {{blocks, 1, 1}, {(unsigned)kernel->threads, 1, 1}, (unsigned)kernel->shared_bytes, stream, &attribute, 1};
  return driver.launch_with(&configuration, function, parameters, NULL);
}

/* Whether both inputs, row by row, are aligned to 16 bytes, and the output where its rows keep to that. */
static int has_alignment(const tessera_gemm *g) {
  const int whole_n = g->n % PROGRAM_ALIGNMENT == 0;
  return g->k % PROGRAM_ALIGNMENT == 0 && (PROGRAM_B_IS_NK || whole_n) && is_aligned(g->a) && is_aligned(g->b) && (!whole_n || is_aligned(g->c));
}

static tessera_status program_launch(int index, const tessera_gemm *g, int threads, void *stream) {
  enum { RELAXED = 2, FIRST_TO_OVERLAP = 90 };
  void *context;
  int device;
  if (!device_here(&context, &device)) return TESSERA_DEVICE_ERROR;
  const tessera_kernel *kernel = &tessera_kernels[index];
  const int aligned = has_alignment(g);
  const int64_t blocks = blocks_of(kernel, g);
  if (blocks > 0x7fffffff || g->batch > 0x7fffffff || g->m > 0x7fffffff || g->n > 0x7fffffff || g->k > 0x7fffffff) return TESSERA_INVALID_ARGUMENT;
  pthread_mutex_lock(&state_lock);
  int mode = RELAXED; /* loading and allocating are then legal while this thread captures */
  driver.capture_mode(&mode);
  void *function = function_of(context, device, index, aligned);
  workspace *room = function && kernel->even ? workspace_of(context, stream, index) : NULL;
  driver.capture_mode(&mode);
  pthread_mutex_unlock(&state_lock);
  if (!function || (kernel->even && !room)) return TESSERA_DEVICE_ERROR;
  int batch = (int)g->batch, m = (int)g->m, n = (int)g->n, k = (int)g->k;
  const void *a = g->a, *b = g->b, *bias = g->bias;
  void *c = g->c;
  device_pointer partials = room ? room->partials : 0, flags = room ? room->flags : 0;
  _Alignas(64) char map_a[128], map_b[128];
  if (aligned && kernel->box_a &&
      !(map_of(map_a, a, g->batch, g->m, g->k, kernel->box_a) && map_of(map_b, b, g->batch, g->n, g->k, kernel->box_b)))
    return TESSERA_DEVICE_ERROR;
  void *parameters[] = {&batch, &m, &n, &k, &a, &b, &bias, &c, &partials, &flags, map_a, map_b};
  if (threads == TESSERA_OVERLAPPING && driver.launch_with && capability_of(device) >= FIRST_TO_OVERLAP)
    return launch_overlapping(function, (unsigned)blocks, kernel, stream, parameters) ? TESSERA_DEVICE_ERROR : TESSERA_OK;
  return driver.launch(function, (unsigned)blocks, 1, 1, (unsigned)kernel->threads, 1, 1, (unsigned)kernel->shared_bytes, stream, parameters, NULL)
             ? TESSERA_DEVICE_ERROR
             : TESSERA_OK;
}
