/* How a CUDA bundle's library runs its micro-kernels: through the driver, which is loaded at the first call, so that neither the
 * CUDA toolkit nor a link to it is needed. What comes before it in the generated file: what bundle.c names, and
 *
 *   tessera_kernels[]   a line for each micro-kernel
 *   PROGRAM_CAPABILITY, PROGRAM_PORTABLE (to newer ones), PROGRAM_MULTIPROCESSORS, PROGRAM_ALIGNMENT (elements of rows that keep to 16
 *   bytes), PROGRAM_B_IS_NK, PROGRAM_BATCH, PROGRAM_N and PROGRAM_K (0 where they vary)
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
  int (*memory_free)(device_pointer);
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
                {"cuMemFree_v2", &driver.memory_free},
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

/* ---- what has been loaded and allocated: for each context its functions, for each of its streams room for partial sums and operands ---- */

/* STAGE: what makes operands ready, where a kernel fetches them by tensor maps: pads or splits. */
enum { ALIGNED, ANY, STAGE, FUNCTIONS };

typedef struct {
  void *context;
  void *functions[KERNEL_COUNT][FUNCTIONS];
} loaded_kernels;

/* Room of one kernel for partial sums, or of all for operands that were made ready. */
enum { OPERANDS = KERNEL_COUNT };
typedef struct workspace {
  struct workspace *next;
  void *context, *stream;
  unsigned long long capture; /* the graph that is being captured; 0: none */
  int kernel;
  size_t bytes;
  device_pointer memory, flags;
} workspace;

/* An operand that was split once: its pairs, then its scales. */
typedef struct prepared_operand {
  struct prepared_operand *next;
  void *context;
  device_pointer pairs;
  const void *data;
} prepared_operand;

static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static loaded_kernels *contexts[16];
static workspace *workspaces;
static prepared_operand *prepared_operands;
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

static void *function_of(void *context, int device, int index, int which) {
  enum { DYNAMIC_SHARED = 8, FREELY_SHARED = 48 << 10 };
  loaded_kernels *kernels = kernels_of(context);
  if (!kernels) return NULL;
  void **functions = kernels->functions[index];
  if (!functions[ALIGNED]) {
    void *module, *found[FUNCTIONS] = {NULL};
    const int tuned = capability_of(device) == PROGRAM_CAPABILITY;
    if (driver.module_load(&module, tuned ? tessera_kernels[index].cubin : tessera_kernels[index].ptx) ||
        driver.module_function(&found[ALIGNED], module, "tessera_candidate_aligned") ||
        driver.module_function(&found[ANY], module, "tessera_candidate_any") ||
        (tessera_kernels[index].box_a &&
         driver.module_function(&found[STAGE], module, tessera_kernels[index].splits ? "tessera_candidate_split" : "tessera_candidate_pad")))
      return NULL;
    for (int i = ALIGNED; i <= ANY; i++)
      if (tessera_kernels[index].shared_bytes > FREELY_SHARED &&
          driver.function_attribute(found[i], DYNAMIC_SHARED, tessera_kernels[index].shared_bytes))
        return NULL;
    memcpy(functions, found, sizeof found);
  }
  return functions[which];
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

/* Calls on one stream follow each other, so they may share; a captured graph may be replayed on any stream, so it has its own. What grew
 * too small stays, since calls that use it may be under way. */
static workspace *workspace_of(void *context, void *stream, int index, size_t bytes, size_t flags) {
  int capturing = 0;
  unsigned long long capture = 0;
  if (driver.capture_info(stream, &capturing, &capture)) return NULL;
  if (!capturing) capture = 0;
  for (workspace *w = workspaces; w; w = w->next)
    if (w->context == context && w->stream == stream && w->kernel == index && w->capture == capture && w->bytes >= bytes) return w;
  workspace *added = calloc(1, sizeof *added);
  if (!added) return NULL;
  if (driver.memory_allocate(&added->memory, bytes)) {
    free(added);
    return NULL;
  }
  if (flags && (driver.memory_allocate(&added->flags, flags * 4) || !lower_flags(added->flags, flags))) {
    driver.memory_free(added->memory);
    if (added->flags) driver.memory_free(added->flags);
    free(added);
    return NULL;
  }
  added->context = context, added->stream = stream, added->kernel = index, added->capture = capture, added->bytes = bytes;
  added->next = workspaces;
  return workspaces = added;
}

/* Room for the partial sums of a kernel whose blocks share tiles. */
static workspace *partials_of(void *context, void *stream, int index) {
  const tessera_kernel *kernel = &tessera_kernels[index];
  const size_t slots = (size_t)kernel->slots;
  return workspace_of(context, stream, index, slots * (size_t)kernel->tile_m * (size_t)kernel->tile_n * 4, slots);
}

/* Frees all room, once nobody has a bundle open. */
static void program_close(void) {
  void *before = NULL;
  pthread_mutex_lock(&state_lock);
  if (workspaces || prepared_operands) driver.context_current(&before);
  while (workspaces) {
    workspace *w = workspaces;
    workspaces = w->next;
    driver.context_set(w->context);
    driver.memory_free(w->memory);
    if (w->flags) driver.memory_free(w->flags);
    free(w);
  }
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

/* ---- launching ---- */

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t blocks_of(const tessera_kernel *kernel, const tessera_gemm *g) {
  const int64_t tiles = g->batch * divide_up(g->m, kernel->tile_m) * divide_up(g->n, kernel->tile_n);
  const int64_t units = tiles * divide_up(g->k, kernel->block_k);
  int64_t blocks = tiles * kernel->share;
  if (kernel->even && blocks > units) blocks = units;
  return kernel->slots && blocks > kernel->slots ? kernel->slots : blocks;
}

/* Describes an operand to the kernels that fetch boxes of it: 128 bytes of some lines. A thread keeps the last descriptions, which follow
 * from their keys alone. Lines lie `apart` elements from one to the next. */
static int map_of(void *map, device_pointer data, int64_t bytes, int64_t batch, int64_t lines, int64_t places, int64_t apart, int box) {
  enum { UINT16 = 1, UINT32 = 2, SWIZZLE_128 = 3, PROMOTE_256 = 3, MAP_BYTES = 128, KEPT = 16 };
  typedef struct {
    int64_t data, bytes, batch, lines, places, apart, box;
  } map_key;
  static __thread struct {
    map_key key; /* data: 0 for none yet */
    char map[MAP_BYTES];
  } kept[KEPT];
  const map_key key = {(int64_t)data, bytes, batch, lines, places, apart, box};
  const size_t place = (size_t)(data / 256 + (device_pointer)lines + (device_pointer)box) % KEPT;
  if (!memcmp(&kept[place].key, &key, sizeof key)) {
    memcpy(map, kept[place].map, MAP_BYTES);
    return 1;
  }
  const uint64_t line = (uint64_t)(apart * bytes), extents[] = {(uint64_t)places, (uint64_t)lines, (uint64_t)batch};
  const uint64_t strides[] = {line, line * (uint64_t)lines};
  const uint32_t boxes[] = {(uint32_t)(128 / bytes), (uint32_t)box, 1}, steps[] = {1, 1, 1};
  if (!driver.tensor_map ||
      driver.tensor_map(map, bytes == 2 ? UINT16 : UINT32, 3, (void *)(size_t)data, extents, strides, boxes, steps, 0, SWIZZLE_128, PROMOTE_256, 0))
    return 0;
  kept[place].key = key;
  memcpy(kept[place].map, map, MAP_BYTES);
  return 1;
}

static int is_aligned(const void *p) { return (size_t)p % 16 == 0; }
static int64_t round_up(int64_t x, int64_t unit) { return divide_up(x, unit) * unit; }

/* Enqueues a launch, which may begin while the one before it on the stream ends. */
static int enqueue(
    void *function, int64_t blocks, int threads, int shared_bytes, int overlapping, int device, void *stream, void **parameters) {
  enum { PROGRAMMATIC_STREAM_SERIALIZATION = 6, FIRST_TO_OVERLAP = 90 };
  if (!overlapping || !driver.launch_with || capability_of(device) < FIRST_TO_OVERLAP)
    return !driver.launch(function, (unsigned)blocks, 1, 1, (unsigned)threads, 1, 1, (unsigned)shared_bytes, stream, parameters, NULL);
  _Alignas(8) struct { /* CUlaunchAttribute */
    int id, unused, value[16];
  } attribute = {PROGRAMMATIC_STREAM_SERIALIZATION, 0, {1}};
  const struct { /* CUlaunchConfig */
    unsigned grid[3], block[3], shared_bytes;
    void *stream, *attributes;
    unsigned count;
  } configuration = {{(unsigned)blocks, 1, 1}, {(unsigned)threads, 1, 1}, (unsigned)shared_bytes, stream, &attribute, 1};
  return !driver.launch_with(&configuration, function, parameters, NULL);
}

/* ---- operands that kernels fetch by tensor maps: as they are, padded (pad.cuh), or as pairs with scales (split.cuh) ---- */

enum { LINE_ALIGNMENT = 128 }; /* bytes, of everything in room that is shared */

typedef struct {
  device_pointer a, b, scales_a, scales_b;
  int copies_a, copies_b; /* a and b are made from the given ones; else they are these, or were prepared */
} staged_operands;

/* Elements of float16 in a row of pairs. */
static int64_t pair_places(int64_t k) { return divide_up(k, 32) * 64; }
static int64_t pair_bytes(int64_t rows, int64_t k) { return rows * pair_places(k) * 2; }

/* Elements from one padded line to the next, and the second operand's lines. */
static int64_t padded_places(int64_t length) { return round_up(length, 16 / PROGRAM_INPUT_BYTES); }
static int64_t lines_b(const tessera_gemm *g) { return PROGRAM_B_IS_NK ? g->n : g->k; }
static int64_t length_b(const tessera_gemm *g) { return PROGRAM_B_IS_NK ? g->k : g->n; }

static int64_t padded_bytes(int64_t lines, int64_t length) {
  return round_up(lines * padded_places(length) * PROGRAM_INPUT_BYTES, LINE_ALIGNMENT);
}

static int is_mapped(const void *data, int64_t length) { return is_aligned(data) && length * PROGRAM_INPUT_BYTES % 16 == 0; }

/* What an operand was prepared from; NULL where it was not. */
static const prepared_operand *prepared_from(const void *operand) {
  const prepared_operand *p = prepared_operands;
  while (p && (const void *)(size_t)p->pairs != operand) p = p->next;
  return p;
}

/* Finds room for what a call has to copy. */
static int find_room(
    staged_operands *to, const tessera_kernel *kernel, const tessera_gemm *g, const prepared_operand *prepared, void *context, void *stream) {
  enum { LEAST = 1 << 20 };
  const int64_t rows_a = g->batch * g->m, rows_b = g->batch * g->n;
  const int64_t of_a = kernel->splits ? pair_bytes(rows_a, g->k) : padded_bytes(rows_a, g->k);
  const int64_t of_b = kernel->splits ? pair_bytes(rows_b, g->k) : padded_bytes(g->batch * lines_b(g), length_b(g));
  const int64_t of_scales = kernel->splits ? round_up(rows_a * 4, LINE_ALIGNMENT) : 0;
  to->a = (device_pointer)(size_t)g->a, to->b = prepared ? prepared->pairs : (device_pointer)(size_t)g->b;
  to->copies_a = kernel->splits || !is_mapped(g->a, g->k);
  to->copies_b = kernel->splits ? !prepared : !is_mapped(g->b, length_b(g));
  if (to->copies_a || to->copies_b) {
    size_t bytes = LEAST;
    while (bytes < (size_t)(of_a + of_scales + of_b + rows_b * 4)) bytes *= 2;
    const workspace *room = workspace_of(context, stream, OPERANDS, bytes, 0);
    if (!room) return 0;
    if (to->copies_a) to->a = room->memory;
    if (to->copies_b) to->b = room->memory + (device_pointer)(of_a + of_scales);
    to->scales_a = room->memory + (device_pointer)of_a;
  }
  to->scales_b = to->b + (device_pointer)of_b;
  return 1;
}

/* Enqueues the splitting of rows_a rows of a and batch_b matrices of b; either may be none. */
static int split(
    void *function, const staged_operands *to, const tessera_gemm *g, int64_t rows_a, int64_t batch_b, int overlapping, int device, void *stream) {
  enum { THREADS = 256, SHARED = 4 * THREADS, BLOCK_ELEMENTS = 4096, RESIDENT = 8 };
  const int64_t elements = (rows_a + batch_b * g->n) * g->k, most = (int64_t)RESIDENT * PROGRAM_MULTIPROCESSORS;
  const int64_t blocks = divide_up(elements, BLOCK_ELEMENTS);
  int k = (int)g->k, rows = (int)rows_a, batch = (int)batch_b, n = (int)g->n;
  staged_operands s = *to;
  const void *a = g->a, *b = g->b;
  void *parameters[] = {&k, &rows, &a, &s.a, &s.scales_a, &batch, &n, &b, &s.b, &s.scales_b};
  return enqueue(function, blocks < most ? blocks : most, THREADS, SHARED, overlapping, device, stream, parameters);
}

/* Enqueues the copying of operands that no map describes. */
static int pad(void *function, const staged_operands *to, const tessera_gemm *g, int overlapping, int device, void *stream) {
  enum { THREADS = 256, THREAD_BYTES = 4, RESIDENT = 8 };
  int64_t lines_of_a = to->copies_a ? g->batch * g->m : 0, lines_of_b = to->copies_b ? g->batch * lines_b(g) : 0;
  const int64_t bytes = padded_bytes(lines_of_a, g->k) + padded_bytes(lines_of_b, length_b(g));
  const int64_t blocks = divide_up(bytes, THREAD_BYTES * THREADS), most = (int64_t)RESIDENT * PROGRAM_MULTIPROCESSORS;
  int length_of_a = (int)g->k, length_of_b = (int)length_b(g);
  staged_operands s = *to;
  const void *a = g->a, *b = g->b;
  void *parameters[] = {&a, &s.a, &lines_of_a, &length_of_a, &b, &s.b, &lines_of_b, &length_of_b};
  return enqueue(function, blocks < most ? blocks : most, THREADS, 0, overlapping, device, stream, parameters);
}

static int make_maps(char *map_a, char *map_b, const tessera_kernel *kernel, const tessera_gemm *g, const staged_operands *from) {
  const int64_t pairs = pair_places(g->k), of_b = length_b(g), bytes = PROGRAM_INPUT_BYTES;
  if (kernel->splits)
    return map_of(map_a, from->a, 2, g->batch, g->m, pairs, pairs, kernel->box_a) && map_of(map_b, from->b, 2, g->batch, g->n, pairs, pairs, kernel->box_b);
  return map_of(map_a, from->a, bytes, g->batch, g->m, g->k, padded_places(g->k), kernel->box_a) &&
         map_of(map_b, from->b, bytes, g->batch, lines_b(g), of_b, padded_places(of_b), kernel->box_b);
}

/* Splits the second operand once, where the workload fixes its extents; any other is taken as it is. */
static tessera_status program_prepare(int index, const void *data, const void **prepared, void *stream) {
  enum { RELAXED = 2 };
  tessera_gemm g = {PROGRAM_BATCH, 0, PROGRAM_N, PROGRAM_K, NULL, data, NULL, NULL};
  int kernel = 0, device, mode = RELAXED;
  void *context;
  while (kernel < KERNEL_COUNT && !tessera_kernels[kernel].splits) kernel++;
  *prepared = data;
  if (kernel == KERNEL_COUNT || index != 1 || !g.batch || !g.n || !g.k) return TESSERA_OK;
  if (!device_here(&context, &device)) return TESSERA_DEVICE_ERROR;
  const int64_t rows = g.batch * g.n, bytes = pair_bytes(rows, g.k);
  prepared_operand *added = calloc(1, sizeof *added);
  if (!added) return TESSERA_DEVICE_ERROR;
  pthread_mutex_lock(&state_lock);
  driver.capture_mode(&mode);
  void *function = function_of(context, device, kernel, STAGE);
  int made = function && !driver.memory_allocate(&added->pairs, (size_t)(bytes + rows * 4));
  driver.capture_mode(&mode);
  if (made) {
    const staged_operands to = {0, added->pairs, 0, added->pairs + (device_pointer)bytes, 0, 1};
    added->context = context, added->data = data;
    made = split(function, &to, &g, 0, g.batch, 0, device, stream);
    if (!made) driver.memory_free(added->pairs);
  }
  if (made) {
    added->next = prepared_operands;
    prepared_operands = added;
    *prepared = (const void *)(size_t)added->pairs;
  } else {
    free(added);
  }
  pthread_mutex_unlock(&state_lock);
  return made ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

/* ---- one call ---- */

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
  return enqueue(function, blocks, kernel->threads, kernel->shared_bytes, overlapping, device, stream, parameters) ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}
