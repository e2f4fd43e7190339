/* What has been loaded and allocated: for each context its functions, for each of its streams room for partial sums and operands. */

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
