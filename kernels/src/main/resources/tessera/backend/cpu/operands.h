/* Operands of a check or a timing: memory that catches accesses past its end, and random data. Included by harness.c. */

/* The last byte lies before an unmapped page. */
typedef struct {
  char *map;
  size_t bytes;
  float *data;
} guarded;

static int guarded_open(guarded *g, size_t count) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), size = count * sizeof(float);
  const size_t whole = (size + page - 1) / page * page;
  g->bytes = whole + 2 * page;
  g->map = mmap(NULL, g->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (g->map == MAP_FAILED) return 0;
  if (mprotect(g->map + page, whole, PROT_READ | PROT_WRITE)) return 0;
  g->data = (float *)(g->map + page + whole - size);
  return 1;
}

static void guarded_close(guarded *g) {
  if (g->map && g->map != MAP_FAILED) munmap(g->map, g->bytes);
}

static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/* The sum of four 16-bit uniforms, scaled to variance 1: close enough to normal, and cheap. */
static void fill_normal(float *data, size_t count, uint64_t seed) {
  uint64_t state = seed;
  for (size_t i = 0; i < count; i++) {
    uint64_t r = next_random(&state);
    int64_t sum = (int64_t)(r & 0xffff) + (int64_t)(r >> 16 & 0xffff) + (int64_t)(r >> 32 & 0xffff) + (int64_t)(r >> 48);
    data[i] = (float)((double)(sum - 131070) / 37836.0);
  }
}
