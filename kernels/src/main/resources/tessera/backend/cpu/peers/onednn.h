/* oneDNN by its matmul primitive. Included by harness.c.
 * oneDNN Developer Guide and Reference, "C API" and "Matrix Multiplication"; prepared weights are those of "Memory Format Propagation":
 * of the format `any`, which the primitive chooses, and reordered once.
 */
enum { DNNL_CPU = 1, DNNL_IN_ORDER = 1, DNNL_F32 = 3, DNNL_ANY = 1, DNNL_QUERY_WEIGHTS = 131 };
enum { DNNL_SOURCE = 1, DNNL_DESTINATION = 17, DNNL_WEIGHTS = 33 };

typedef struct {
  int major, minor, patch;
} dnnl_version_head;

typedef struct {
  int argument;
  void *memory;
} dnnl_argument;

typedef const dnnl_version_head *dnnl_version_function(void);
typedef int dnnl_engine_create_function(void **, int, size_t);
typedef int dnnl_stream_create_function(void **, void *, unsigned);
typedef int dnnl_strided_function(void **, int, const int64_t *, int, const int64_t *);
typedef int dnnl_tagged_function(void **, int, const int64_t *, int, int);
typedef size_t dnnl_size_function(const void *);
typedef int dnnl_matmul_function(void **, void *, const void *, const void *, const void *, const void *, const void *);
typedef int dnnl_reorder_function(void **, const void *, void *, const void *, void *, const void *);
typedef const void *dnnl_query_function(const void *, int, int);
typedef int dnnl_primitive_create_function(void **, const void *);
typedef int dnnl_memory_create_function(void **, const void *, void *, void *);
typedef int dnnl_set_handle_function(void *, void *);
typedef int dnnl_execute_function(const void *, void *, int, const dnnl_argument *);
typedef int dnnl_pointer_function(void *);

enum {
  DNNL_VERSION,
  DNNL_ENGINE_CREATE,
  DNNL_STREAM_CREATE,
  DNNL_STRIDED,
  DNNL_TAGGED,
  DNNL_SIZE,
  DNNL_MATMUL,
  DNNL_REORDER,
  DNNL_QUERY,
  DNNL_PRIMITIVE_CREATE,
  DNNL_MEMORY_CREATE,
  DNNL_SET_HANDLE,
  DNNL_EXECUTE,
  DNNL_WAIT,
  DNNL_ENGINE_DESTROY,
  DNNL_STREAM_DESTROY,
  DNNL_DESCRIPTION_DESTROY,
  DNNL_DESCRIPTOR_DESTROY,
  DNNL_PRIMITIVE_DESTROY,
  DNNL_MEMORY_DESTROY
};

#define DNNL_SYMBOLS                                                                                                                          \
  {                                                                                                                                           \
    "dnnl_version", "dnnl_engine_create", "dnnl_stream_create", "dnnl_memory_desc_create_with_strides", "dnnl_memory_desc_create_with_tag",   \
        "dnnl_memory_desc_get_size", "dnnl_matmul_primitive_desc_create", "dnnl_reorder_primitive_desc_create",                              \
        "dnnl_primitive_desc_query_md", "dnnl_primitive_create", "dnnl_memory_create", "dnnl_memory_set_data_handle",                        \
        "dnnl_primitive_execute", "dnnl_stream_wait", "dnnl_engine_destroy", "dnnl_stream_destroy", "dnnl_memory_desc_destroy",              \
        "dnnl_primitive_desc_destroy", "dnnl_primitive_destroy", "dnnl_memory_destroy"                                                       \
  }

typedef struct {
  void *engine, *stream;
  void *source, *plain, *wanted, *destination; /* descriptions of memory */
  void *descriptor, *primitive;
  const void *chosen;          /* the weights' description, the descriptor's own */
  void *x_memory, *w_memory, *y_memory;
} dnnl_state;

static void dnnl_version_text(const peer *x, char *text, size_t capacity) {
  const dnnl_version_head *version = PEER_FUNCTION(dnnl_version_function, x, DNNL_VERSION)();
  snprintf(text, capacity, "%d.%d.%d", version->major, version->minor, version->patch);
}

static void dnnl_destroy(const peer *x, int symbol, void *object) {
  if (object) PEER_FUNCTION(dnnl_pointer_function, x, symbol)(object);
}

static void dnnl_end(peer *x) {
  dnnl_state *s = x->state;
  if (!s) return;
  void *memories[] = {s->x_memory, s->w_memory, s->y_memory}, *descriptions[] = {s->source, s->plain, s->wanted, s->destination};
  for (int i = 0; i < 3; i++) dnnl_destroy(x, DNNL_MEMORY_DESTROY, memories[i]);
  dnnl_destroy(x, DNNL_PRIMITIVE_DESTROY, s->primitive);
  dnnl_destroy(x, DNNL_DESCRIPTOR_DESTROY, s->descriptor);
  for (int i = 0; i < 4; i++) dnnl_destroy(x, DNNL_DESCRIPTION_DESTROY, descriptions[i]);
  dnnl_destroy(x, DNNL_STREAM_DESTROY, s->stream);
  dnnl_destroy(x, DNNL_ENGINE_DESTROY, s->engine);
  free(s);
}

/* Descriptions of a row-major source and destination, and of weights as they are and as they are wanted; 0 where one cannot be had. */
static int dnnl_describe(const peer *x, dnnl_state *s, int prepared) {
  const int64_t m = x->p.m, n = x->p.n, k = x->p.k;
  const int64_t source[] = {m, k}, weights[] = {k, n}, destination[] = {m, n};
  const int64_t by_k[] = {k, 1}, by_n[] = {n, 1}, transposed[] = {1, k};
  const int64_t *order = x->p.b_is_nk ? transposed : by_n;
  dnnl_strided_function *strided = PEER_FUNCTION(dnnl_strided_function, x, DNNL_STRIDED);
  return !strided(&s->source, 2, source, DNNL_F32, by_k) && !strided(&s->plain, 2, weights, DNNL_F32, order) &&
         !strided(&s->destination, 2, destination, DNNL_F32, by_n) &&
         !(prepared ? PEER_FUNCTION(dnnl_tagged_function, x, DNNL_TAGGED)(&s->wanted, 2, weights, DNNL_F32, DNNL_ANY)
                    : strided(&s->wanted, 2, weights, DNNL_F32, order));
}

static int dnnl_create(const peer *x, dnnl_state *s) {
  dnnl_memory_create_function *memory = PEER_FUNCTION(dnnl_memory_create_function, x, DNNL_MEMORY_CREATE);
  if (PEER_FUNCTION(dnnl_matmul_function, x, DNNL_MATMUL)(&s->descriptor, s->engine, s->source, s->wanted, NULL, s->destination, NULL)) return 0;
  s->chosen = PEER_FUNCTION(dnnl_query_function, x, DNNL_QUERY)(s->descriptor, DNNL_QUERY_WEIGHTS, 0);
  return s->chosen && !PEER_FUNCTION(dnnl_primitive_create_function, x, DNNL_PRIMITIVE_CREATE)(&s->primitive, s->descriptor) &&
         !memory(&s->x_memory, s->source, s->engine, NULL) && !memory(&s->w_memory, s->chosen, s->engine, NULL) &&
         !memory(&s->y_memory, s->destination, s->engine, NULL);
}

static const char *dnnl_begin(peer *x) {
  dnnl_state *s = x->state = calloc(1, sizeof *s);
  if (!s) return "out of memory";
  const int made = !PEER_FUNCTION(dnnl_engine_create_function, x, DNNL_ENGINE_CREATE)(&s->engine, DNNL_CPU, 0) &&
                   !PEER_FUNCTION(dnnl_stream_create_function, x, DNNL_STREAM_CREATE)(&s->stream, s->engine, DNNL_IN_ORDER) &&
                   dnnl_describe(x, s, x->adapter->pack != NULL) && dnnl_create(x, s);
  return made ? NULL : "oneDNN makes no primitive for it";
}

static size_t dnnl_packed_bytes(const peer *x) {
  return PEER_FUNCTION(dnnl_size_function, x, DNNL_SIZE)(((const dnnl_state *)x->state)->chosen);
}

static int dnnl_execute(const peer *x, const dnnl_state *s, const void *primitive, const dnnl_argument *arguments, int count) {
  return PEER_FUNCTION(dnnl_execute_function, x, DNNL_EXECUTE)(primitive, s->stream, count, arguments) ||
         PEER_FUNCTION(dnnl_pointer_function, x, DNNL_WAIT)(s->stream);
}

static const char *dnnl_pack(const peer *x, const float *weights, float *packed) {
  const dnnl_state *s = x->state;
  void *from = NULL, *to = NULL, *descriptor = NULL, *reorder = NULL;
  dnnl_memory_create_function *memory = PEER_FUNCTION(dnnl_memory_create_function, x, DNNL_MEMORY_CREATE);
  int failed = memory(&from, s->plain, s->engine, (void *)weights) || memory(&to, s->chosen, s->engine, packed) ||
               PEER_FUNCTION(dnnl_reorder_function, x, DNNL_REORDER)(&descriptor, s->plain, s->engine, s->chosen, s->engine, NULL) ||
               PEER_FUNCTION(dnnl_primitive_create_function, x, DNNL_PRIMITIVE_CREATE)(&reorder, descriptor);
  const dnnl_argument arguments[] = {{DNNL_SOURCE, from}, {DNNL_DESTINATION, to}};
  failed = failed || dnnl_execute(x, s, reorder, arguments, 2);
  dnnl_destroy(x, DNNL_PRIMITIVE_DESTROY, reorder);
  dnnl_destroy(x, DNNL_DESCRIPTOR_DESTROY, descriptor);
  dnnl_destroy(x, DNNL_MEMORY_DESTROY, from);
  dnnl_destroy(x, DNNL_MEMORY_DESTROY, to);
  return failed ? "oneDNN does not reorder its weights" : NULL;
}

static void dnnl_run(const peer *x, const float *a, const float *b, float *c) {
  const dnnl_state *s = x->state;
  dnnl_set_handle_function *set = PEER_FUNCTION(dnnl_set_handle_function, x, DNNL_SET_HANDLE);
  set(s->x_memory, (void *)a), set(s->w_memory, (void *)b), set(s->y_memory, c);
  const dnnl_argument arguments[] = {{DNNL_SOURCE, s->x_memory}, {DNNL_WEIGHTS, s->w_memory}, {DNNL_DESTINATION, s->y_memory}};
  dnnl_execute(x, s, s->primitive, arguments, 3);
}

static const adapter onednn_plain = {
    .name = "onednn", .symbols = DNNL_SYMBOLS, .version = dnnl_version_text, .begin = dnnl_begin, .run = dnnl_run, .end = dnnl_end};

static const adapter onednn_prepared = {
    .name = "onednn-prepared",
    .symbols = DNNL_SYMBOLS,
    .version = dnnl_version_text,
    .begin = dnnl_begin,
    .packed_bytes = dnnl_packed_bytes,
    .pack = dnnl_pack,
    .run = dnnl_run,
    .end = dnnl_end,
};
