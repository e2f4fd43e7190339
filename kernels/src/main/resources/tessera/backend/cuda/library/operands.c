/* Operands that kernels fetch by tensor maps: as they are, padded (pad.cuh), or as pairs with scales (split.cuh). */

#include "staging.h"

enum { RESIDENT_STAGES = 8 }; /* blocks of a function that makes operands ready that a multiprocessor is given at most */

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int is_aligned(const void *p) { return (size_t)p % PAD_ACCESS == 0; }
static int64_t round_up(int64_t x, int64_t unit) { return divide_up(x, unit) * unit; }

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
  if (!driver.tensor_map) return refuse("this driver is too old for tensor maps; install one of CUDA 12 or newer");
  if (failed(driver.tensor_map(
                 map, bytes == 2 ? UINT16 : UINT32, 3, (void *)(size_t)data, extents, strides, boxes, steps, 0, SWIZZLE_128, PROMOTE_256, 0),
             "cuTensorMapEncodeTiled for %lld lines of %lld elements", (long long)lines, (long long)places))
    return 0;
  kept[place].key = key;
  memcpy(kept[place].map, map, MAP_BYTES);
  return 1;
}

enum { LINE_ALIGNMENT = 128 }; /* bytes, of everything in a workspace that is shared */

typedef struct {
  device_pointer a, b, scales_a, scales_b;
  int copies_a, copies_b; /* a and b are made from the given ones; else they are these, or were prepared */
} staged_operands;

/* Elements of float16 in a row of pairs. */
static int64_t pair_places(int64_t k) { return 2 * round_up(k, PAIR_GROUP); }
static int64_t pair_bytes(int64_t rows, int64_t k) { return rows * pair_places(k) * 2; }

/* Elements from one padded line to the next, and the second operand's lines. */
static int64_t padded_places(const tessera_line *line, int64_t length) { return round_up(length, PAD_ACCESS / line->input_bytes); }
static int64_t lines_b(const tessera_line *line, const tessera_gemm *g) { return line->b_is_nk ? g->n : g->k; }
static int64_t length_b(const tessera_line *line, const tessera_gemm *g) { return line->b_is_nk ? g->k : g->n; }

static int64_t padded_bytes(const tessera_line *line, int64_t lines, int64_t length) {
  return round_up(lines * padded_places(line, length) * line->input_bytes, LINE_ALIGNMENT);
}

static int is_mapped(const tessera_line *line, const void *data, int64_t length) {
  return is_aligned(data) && length * line->input_bytes % PAD_ACCESS == 0;
}

/* What an operand was prepared from; NULL where it was not. */
static const prepared_operand *prepared_from(const void *operand) {
  const prepared_operand *p = prepared_operands;
  while (p && (const void *)(size_t)p->pairs != operand) p = p->next;
  return p;
}

/* Finds a workspace for what a call has to copy. */
static int find_staging(
    staged_operands *to, const tessera_line *line, const tessera_gemm *g, const prepared_operand *prepared, void *context, void *stream) {
  enum { LEAST = 1 << 20 };
  const int64_t rows_a = g->batch * g->m, rows_b = g->batch * g->n;
  const int64_t of_a = line->splits ? pair_bytes(rows_a, g->k) : padded_bytes(line, rows_a, g->k);
  const int64_t of_b = line->splits ? pair_bytes(rows_b, g->k) : padded_bytes(line, g->batch * lines_b(line, g), length_b(line, g));
  const int64_t of_scales = line->splits ? round_up(rows_a * 4, LINE_ALIGNMENT) : 0;
  to->a = (device_pointer)(size_t)g->a, to->b = prepared ? prepared->pairs : (device_pointer)(size_t)g->b;
  to->copies_a = line->splits || !is_mapped(line, g->a, g->k);
  to->copies_b = line->splits ? !prepared : !is_mapped(line, g->b, length_b(line, g));
  if (to->copies_a || to->copies_b) {
    size_t bytes = LEAST;
    while (bytes < (size_t)(of_a + of_scales + of_b + rows_b * 4)) bytes *= 2;
    const workspace *staging = workspace_of(NULL, context, stream, bytes, 0);
    if (!staging) return 0;
    if (to->copies_a) to->a = staging->memory;
    if (to->copies_b) to->b = staging->memory + (device_pointer)(of_a + of_scales);
    to->scales_a = staging->memory + (device_pointer)of_a;
  }
  to->scales_b = to->b + (device_pointer)of_b;
  return 1;
}

/* Enqueues the splitting of rows_a rows of a and batch_b matrices of b; either may be none. */
static int split(
    void *function, const tessera_line *line, const staged_operands *to, const tessera_gemm *g, int64_t rows_a, int64_t batch_b, int overlapping,
    int device, void *stream) {
  enum { BLOCK_ELEMENTS = 4096 };
  const int64_t elements = (rows_a + batch_b * g->n) * g->k, most = (int64_t)RESIDENT_STAGES * line->multiprocessors;
  const int64_t blocks = divide_up(elements, BLOCK_ELEMENTS);
  int k = (int)g->k, rows = (int)rows_a, batch = (int)batch_b, n = (int)g->n;
  staged_operands s = *to;
  const void *a = g->a, *b = g->b;
  void *parameters[] = {&k, &rows, &a, &s.a, &s.scales_a, &batch, &n, &b, &s.b, &s.scales_b};
  return enqueue(function, blocks < most ? blocks : most, STAGE_THREADS, SPLIT_SHARED_BYTES, overlapping, 1, device, stream, parameters);
}

/* Enqueues the copying of operands that no map describes. */
static int pad(
    void *function, const tessera_line *line, const staged_operands *to, const tessera_gemm *g, int overlapping, int device, void *stream) {
  int64_t lines_of_a = to->copies_a ? g->batch * g->m : 0, lines_of_b = to->copies_b ? g->batch * lines_b(line, g) : 0;
  const int64_t bytes = padded_bytes(line, lines_of_a, g->k) + padded_bytes(line, lines_of_b, length_b(line, g));
  const int64_t blocks = divide_up(bytes, PAD_ACCESS * STAGE_THREADS), most = (int64_t)RESIDENT_STAGES * line->multiprocessors;
  int length_of_a = (int)g->k, length_of_b = (int)length_b(line, g);
  staged_operands s = *to;
  const void *a = g->a, *b = g->b;
  void *parameters[] = {&a, &s.a, &lines_of_a, &length_of_a, &b, &s.b, &lines_of_b, &length_of_b};
  return enqueue(function, blocks < most ? blocks : most, STAGE_THREADS, 0, overlapping, 1, device, stream, parameters);
}

static int make_maps(char *map_a, char *map_b, const tessera_line *line, const tessera_gemm *g, const staged_operands *from) {
  const int64_t pairs = pair_places(g->k), of_b = length_b(line, g), bytes = line->input_bytes;
  if (line->splits)
    return map_of(map_a, from->a, 2, g->batch, g->m, pairs, pairs, line->box_a) && map_of(map_b, from->b, 2, g->batch, g->n, pairs, pairs, line->box_b);
  return map_of(map_a, from->a, bytes, g->batch, g->m, g->k, padded_places(line, g->k), line->box_a) &&
         map_of(map_b, from->b, bytes, g->batch, lines_b(line, g), of_b, padded_places(line, of_b), line->box_b);
}
