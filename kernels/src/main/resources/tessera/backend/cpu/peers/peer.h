/* Peers: matrix products of other libraries, called through the public C interface of each. Included by harness.c.
 *
 * A peer is opened once. For each problem it begins (it makes what it makes once, as primitives and kernels), prepares weights where it is
 * an adapter for prepared ones, runs as often as it is called, and ends. Only its runs are timed.
 */
enum { MOST_PEER_SYMBOLS = 20, PEER_ALIGNMENT = 64 };

typedef struct peer peer;

/* How a library's product is called; the symbols come first, in the order of an enum beside each adapter. Reasons are sentences without a
 * full stop, NULL where all is well. */
typedef struct {
  const char *name; /* by which Java asks for it */
  const char *symbols[MOST_PEER_SYMBOLS];
  void (*version)(const peer *, char *text, size_t capacity); /* NULL: the library does not tell */
  void (*set_threads)(const peer *);                          /* NULL: it takes OpenMP's */
  const char *(*begin)(peer *);                               /* NULL: there is nothing to make */
  size_t (*packed_bytes)(const peer *);                       /* of one matrix of weights; NULL: they stay plain */
  const char *(*pack)(const peer *, const float *weights, float *packed);
  void (*run)(const peer *, const float *x, const float *weights, float *y); /* of one matrix */
  void (*end)(peer *);                                                     /* NULL: there is nothing to give back */
} adapter;

struct peer {
  const adapter *adapter;
  void *library;
  void *symbols[MOST_PEER_SYMBOLS];
  int threads;
  problem p;
  size_t matrix_bytes; /* from one matrix of weights to the next, as the peer takes them */
  void *state;         /* of the adapter */
};

/* A symbol of a peer's library, as a function of some type. */
#define PEER_FUNCTION(type, x, symbol) ((type *)(x)->symbols[symbol])

static int64_t peer_weights(const peer *x) { return x->p.n * x->p.k; }

static int64_t peer_weights_ld(const peer *x) { return x->p.b_is_nk ? x->p.k : x->p.n; }

/* Of a thread pool that the library has from OpenMP, whichever that is. */
static void peer_omp_threads(const peer *x) {
  void (*set)(int) = dlsym(x->library, "omp_set_num_threads");
  if (set) set(x->threads);
}

static void peer_end(peer *x) {
  if (x->adapter->end) x->adapter->end(x);
  x->state = NULL;
}

/* Makes a peer ready for a problem; the reason where it cannot be. peer_end() comes after either. */
static const char *peer_begin(peer *x, const problem *p) {
  const signal_handlers before = handlers_now();
  x->p = *p;
  peer_omp_threads(x);
  if (x->adapter->set_threads) x->adapter->set_threads(x);
  const char *why = x->adapter->begin ? x->adapter->begin(x) : NULL;
  handlers_restore(&before);
  if (why) return why;
  x->matrix_bytes = (size_t)peer_weights(x) * sizeof(float);
  if (x->adapter->pack) x->matrix_bytes = (x->adapter->packed_bytes(x) + PEER_ALIGNMENT - 1) / PEER_ALIGNMENT * PEER_ALIGNMENT;
  return NULL;
}

/* Weights as the peer takes them, in memory to be freed; NULL where they stay plain. Returns the reason where they cannot be had. */
static const char *peer_prepare(const peer *x, const float *weights, void **prepared) {
  *prepared = NULL;
  if (!x->adapter->pack) return NULL;
  if (posix_memalign(prepared, PEER_ALIGNMENT, x->matrix_bytes * (size_t)x->p.batch)) return "out of memory for its prepared weights";
  const char *why = NULL;
  const signal_handlers before = handlers_now();
  for (int64_t i = 0; i < x->p.batch && !why; i++)
    why = x->adapter->pack(x, weights + i * peer_weights(x), (float *)((char *)*prepared + x->matrix_bytes * (size_t)i));
  handlers_restore(&before);
  return why;
}

/* On weights as the peer takes them. */
static void peer_run(const peer *x, const tessera_gemm *g) {
  for (int64_t i = 0; i < g->batch; i++)
    x->adapter->run(x, g->a + i * g->m * g->k, (const float *)((const char *)g->b + x->matrix_bytes * (size_t)i), g->c + i * g->m * g->n);
}
