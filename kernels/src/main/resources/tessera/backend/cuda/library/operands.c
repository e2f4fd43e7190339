/* Operands that kernels fetch by tensor maps: as they are, padded (pad.cuh), or as pairs with scales (split.cuh). */

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int is_aligned(const void *p) { return (size_t)p % 16 == 0; }
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
  if (!driver.tensor_map ||
      driver.tensor_map(map, bytes == 2 ? UINT16 : UINT32, 3, (void *)(size_t)data, extents, strides, boxes, steps, 0, SWIZZLE_128, PROMOTE_256, 0))
    return 0;
  kept[place].key = key;
  memcpy(kept[place].map, map, MAP_BYTES);
  return 1;
}

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
  return enqueue(function, blocks < most ? blocks : most, THREADS, SHARED, overlapping, 1, device, stream, parameters);
}

/* Enqueues the copying of operands that no map describes. */
static int pad(void *function, const staged_operands *to, const tessera_gemm *g, int overlapping, int device, void *stream) {
  enum { THREADS = 256, THREAD_BYTES = 16, RESIDENT = 8 };
  int64_t lines_of_a = to->copies_a ? g->batch * g->m : 0, lines_of_b = to->copies_b ? g->batch * lines_b(g) : 0;
  const int64_t bytes = padded_bytes(lines_of_a, g->k) + padded_bytes(lines_of_b, length_b(g));
  const int64_t blocks = divide_up(bytes, THREAD_BYTES * THREADS), most = (int64_t)RESIDENT * PROGRAM_MULTIPROCESSORS;
  int length_of_a = (int)g->k, length_of_b = (int)length_b(g);
  staged_operands s = *to;
  const void *a = g->a, *b = g->b;
  void *parameters[] = {&a, &s.a, &lines_of_a, &length_of_a, &b, &s.b, &lines_of_b, &length_of_b};
  return enqueue(function, blocks < most ? blocks : most, THREADS, 0, overlapping, 1, device, stream, parameters);
}

static int make_maps(char *map_a, char *map_b, const tessera_kernel *kernel, const tessera_gemm *g, const staged_operands *from) {
  const int64_t pairs = pair_places(g->k), of_b = length_b(g), bytes = PROGRAM_INPUT_BYTES;
  if (kernel->splits)
    return map_of(map_a, from->a, 2, g->batch, g->m, pairs, pairs, kernel->box_a) && map_of(map_b, from->b, 2, g->batch, g->n, pairs, pairs, kernel->box_b);
  return map_of(map_a, from->a, bytes, g->batch, g->m, g->k, padded_places(g->k), kernel->box_a) &&
         map_of(map_b, from->b, bytes, g->batch, lines_b(g), of_b, padded_places(of_b), kernel->box_b);
}

/* Where an operand's pairs are or will be: preparing it again takes the same room. */
static prepared_operand *prepared_for(void *context, const void *data, size_t bytes) {
  for (prepared_operand *p = prepared_operands; p; p = p->next)
    if (p->context == context && p->data == data) return p;
  prepared_operand *added = calloc(1, sizeof *added);
  if (!added || driver.memory_allocate(&added->pairs, bytes)) {
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
  while (kernel < KERNEL_COUNT && !tessera_kernels[kernel].splits) kernel++;
  *prepared = data;
  if (kernel == KERNEL_COUNT || index != 1 || !g.batch || !g.n || !g.k) return TESSERA_OK;
  if (!device_here(&context, &device)) return TESSERA_DEVICE_ERROR;
  const int64_t rows = g.batch * g.n, bytes = pair_bytes(rows, g.k);
  pthread_mutex_lock(&state_lock);
  driver.capture_mode(&mode);
  void *function = function_of(context, device, kernel, STAGE);
  const prepared_operand *room = function ? prepared_for(context, data, (size_t)(bytes + rows * 4)) : NULL;
  driver.capture_mode(&mode);
  if (room) {
    const staged_operands to = {0, room->pairs, 0, room->pairs + (device_pointer)bytes, 0, 1};
    made = split(function, &to, &g, 0, g.batch, 0, device, stream);
  }
  if (made) *prepared = (const void *)(size_t)room->pairs;
  pthread_mutex_unlock(&state_lock);
  return made ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}
