/* What has been loaded and allocated: for each context its kernels, for each of its streams workspaces for partial sums and operands. */

/* STAGE: what makes operands ready, where a kernel fetches them by tensor maps: pads or splits. */
enum { ALIGNED, ANY, STAGE, FUNCTIONS };

/* A kernel as a context has loaded it. */
typedef struct loaded_kernel {
  struct loaded_kernel *next;
  const tessera_kernel *kernel;
  void *context, *module;
  void *functions[FUNCTIONS]; /* NULL for those that the module was built without */
} loaded_kernel;

/* Memory for one kernel's partial sums; with kernel == NULL, for operands that were made ready, whatever kernel they are for. */
typedef struct workspace {
  struct workspace *next;
  const tessera_kernel *kernel;
  void *context, *stream;
  unsigned long long capture; /* the graph that is being captured; 0: none */
  size_t bytes, flag_count;
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
static loaded_kernel *loaded_kernels;
static workspace *workspaces;
static prepared_operand *prepared_operands;

static int find_functions(loaded_kernel *to) {
  enum { DYNAMIC_SHARED = 8, FREELY_SHARED = 48 << 10, NOT_FOUND = 500 };
  const tessera_line *line = &to->kernel->line;
  const char *const stage = line->splits ? "tessera_candidate_split" : "tessera_candidate_pad";
  const char *const names[FUNCTIONS] = {"tessera_candidate_aligned", "tessera_candidate_any", line->box_a ? stage : NULL};
  for (int i = 0; i < FUNCTIONS; i++) {
    if (!names[i]) continue;
    const int code = driver.module_function(&to->functions[i], to->module, names[i]);
    if (code == NOT_FOUND)
      to->functions[i] = NULL;
    else if (failed(code, "finding %s", names[i]))
      return 0;
  }
  for (int i = ALIGNED; i <= ANY; i++)
    if (to->functions[i] && line->shared_bytes > FREELY_SHARED &&
        failed(driver.function_attribute(to->functions[i], DYNAMIC_SHARED, line->shared_bytes), "asking for %d bytes of shared memory",
               line->shared_bytes))
      return 0;
  return 1;
}

/* A kernel in a context, which is loaded when it is first wanted. */
static const loaded_kernel *load(const tessera_kernel *kernel, void *context, int device) {
  for (const loaded_kernel *l = loaded_kernels; l; l = l->next)
    if (l->kernel == kernel && l->context == context) return l;
  loaded_kernel *added = calloc(1, sizeof *added);
  if (!added) return refuse("the host has no memory left"), NULL;
  added->kernel = kernel, added->context = context;
  if (failed(driver.module_load(&added->module, image_of(kernel, device)), "loading a micro-kernel")) {
    free(added);
    return NULL;
  }
  if (!find_functions(added)) {
    driver.module_unload(added->module);
    free(added);
    return NULL;
  }
  added->next = loaded_kernels;
  return loaded_kernels = added;
}

static int allocate(device_pointer *memory, size_t bytes) {
  return !failed(driver.memory_allocate(memory, bytes), "allocating %zu bytes of device memory", bytes);
}

/* Sets words on a stream of their own, which no capture sees, and waits for it. */
static int set_words(device_pointer memory, unsigned word, size_t count) {
  enum { NON_BLOCKING = 1 };
  void *stream;
  if (failed(driver.stream_create(&stream, NON_BLOCKING), "cuStreamCreate")) return 0;
  const int set = !failed(driver.memory_set(memory, word, count, stream), "cuMemsetD32Async") &&
                  !failed(driver.stream_synchronize(stream), "cuStreamSynchronize");
  driver.stream_destroy(stream);
  return set;
}

static void free_workspace(workspace *w) {
  if (w->memory) driver.memory_free(w->memory);
  if (w->flags) driver.memory_free(w->flags);
  free(w);
}

/* Calls on one stream follow each other, so they may share; a captured graph may be replayed on any stream, so it has its own. What grew
 * too small stays, since calls that use it may be under way. Flags are 0 between calls. */
static workspace *workspace_of(const tessera_kernel *kernel, void *context, void *stream, size_t bytes, size_t flags) {
  int capturing = 0;
  unsigned long long capture = 0;
  if (failed(driver.capture_info(stream, &capturing, &capture), "cuStreamGetCaptureInfo")) return NULL;
  if (!capturing || GRAPHS_KEEP_TO_THEIR_STREAM) capture = 0;
  for (workspace *w = workspaces; w; w = w->next)
    if (w->context == context && w->stream == stream && w->kernel == kernel && w->capture == capture && w->bytes >= bytes) return w;
  workspace *added = calloc(1, sizeof *added);
  if (!added) return refuse("the host has no memory left"), NULL;
  added->context = context, added->stream = stream, added->kernel = kernel, added->capture = capture;
  added->bytes = bytes, added->flag_count = flags;
  if (!allocate(&added->memory, bytes) || (POISONS_WORKSPACES && !set_words(added->memory, POISON, bytes / 4)) ||
      (flags && (!allocate(&added->flags, flags * 4) || !set_words(added->flags, 0, flags)))) {
    free_workspace(added);
    return NULL;
  }
  added->next = workspaces;
  return workspaces = added;
}

/* The workspace for the partial sums of a kernel whose blocks share tiles. */
static workspace *partials_of(const tessera_kernel *kernel, void *context, void *stream) {
  const size_t slots = (size_t)kernel->line.slots;
  return workspace_of(kernel, context, stream, slots * (size_t)kernel->line.tile_m * (size_t)kernel->line.tile_n * 4, slots);
}

/* Frees the workspaces of one kernel, or those for operands. */
static void free_workspaces_of(const tessera_kernel *kernel) {
  for (workspace **at = &workspaces; *at;) {
    workspace *w = *at;
    if (w->kernel == kernel) {
      *at = w->next;
      driver.context_set(w->context);
      free_workspace(w);
    } else {
      at = &w->next;
    }
  }
}
