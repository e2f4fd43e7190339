/* The reduction of a tile. A stage holds ROWS lines for the rows of the instruction and WIDTH for its columns, each 128 bytes of k, as
 * tma_load() lays them out. Where b is [k, n], its lines are of k instead: 64 of its columns, BLOCK_K lines for each 64. */

/* Which of an operand's lines a block fetches, and for which blocks of its cluster: those whose tiles have them too. */
struct Part {
  int first;
  unsigned blocks;
};

/* One operand's lines of a stage, of which each of BLOCKS fetches a part for all. */
template <int LINES, bool OF_K, int BLOCKS>
struct Panel {
  static constexpr int NEXT = OF_K ? 16 * LINE_BYTES / 16 : 2; /* from an instruction's k to the next one's, in a descriptor */

  static TESSERA_DEVICE_MEMBER unsigned at(const unsigned char *panel) { return OF_K ? lines_of_k_at(panel) : rows_at(panel); }

  static TESSERA_DEVICE_MEMBER void fetch(unsigned char *panel, const tessera_map *map, int first, int step, int matrix, tessera_barrier *full, const Part &part) {
    if (BLOCKS > 1)
      tma_load_multicast(part.blocks, panel + part.first * LINE_BYTES, map, step * LINE_ELEMENTS, first + part.first, matrix, full);
    else if (OF_K)
      for (int x = 0; x < LINES; x += 64) tma_load(panel + x * LINE_BYTES, map, first + x, step * BLOCK_K, matrix, full);
    else
      tma_load(panel, map, step * LINE_ELEMENTS, first, matrix, full);
  }
};
typedef Panel<ROWS, LINES_OF_K && SWAP, CLUSTER_ACROSS> Rows;
typedef Panel<WIDTH, LINES_OF_K && !SWAP, CLUSTER_ALONG> Columns;

/* Blocks that write to a stage, and wait for it to be free: this one, and those that share its rows or its columns. */
constexpr int SOURCES = CLUSTER_ALONG + CLUSTER_ACROSS - 1;

/* One product of BLOCK_K elements of k, by one warpgroup: the factors begin so far behind the panels' first bytes, in a descriptor. */
TESSERA_DEVICE void multiply_product(Sums &sums, unsigned p, unsigned q, bool adds) {
  TESSERA_UNROLL
  for (int s = 0; s < STEPS; s++)
    TESSERA_UNROLL
    for (int r = 0; r < REPEAT; r++)
      multiply_rows<FACTOR_TYPE, LINES_OF_K && SWAP, LINES_OF_K && !SWAP>(
          sums.of[r], p + r * 64 * LINE_BYTES / 16 + Rows::NEXT * s, q + Columns::NEXT * s, adds || s > 0);
}

/* A stage, multiplied by one warpgroup. */
TESSERA_DEVICE void multiply_stage(Sums &sums, const unsigned char *stage, int warpgroup, bool adds) {
  const unsigned p = Rows::at(stage + warpgroup * REPEAT * 64 * LINE_BYTES), q = Columns::at(stage + ROWS * LINE_BYTES);
#if PAIRS
  multiply_product(sums, p + SECOND_PARTS, q, adds); /* what is small first */
  multiply_product(sums, p, q + SECOND_PARTS, true);
  multiply_product(sums, p, q, true);
#else
  multiply_product(sums, p, q, adds);
#endif
}

/* A ring of stages between the warp that fetches and those that multiply: both go round it in the same order. */
struct Ring {
  unsigned char *stages;
  tessera_barrier *full; /* then as many that say when a stage is free again */
  int slot, phase;       /* where this thread is */

  TESSERA_DEVICE_MEMBER void start() {
    slot = phase = 0;
    if (threadIdx.x == 0) {
      for (int s = 0; s < STAGES; s++) {
        barrier_start(full + s, 1);
        barrier_start(full + STAGES + s, OWNERS * 4 * SOURCES);
      }
      barriers_show();
    }
#if CLUSTER_ALONG > 1
    cluster_arrive_started(); /* the fence shows its barriers */
    cluster_wait();
#else
    __syncthreads();
#endif
  }

  /* A stage has been read: all that write to it hear of that. */
  TESSERA_DEVICE_MEMBER void release(int stage) {
#if CLUSTER_ALONG > 1
    const int x = multicast_along(), y = multicast_across();
    for (int i = 0; i < CLUSTER_ALONG; i++) barrier_arrive_at(full + STAGES + stage, y * CLUSTER_ALONG + i);
    for (int i = 1; i < CLUSTER_ACROSS; i++) barrier_arrive_at(full + STAGES + stage, (y + i) % CLUSTER_ACROSS * CLUSTER_ALONG + x);
#else
    barrier_arrive(full + STAGES + stage);
#endif
  }

  /* Until others have released what this block fetched for them: before that it must not end, since their word comes here. */
  TESSERA_DEVICE_MEMBER void drain() {
    for (int s = 0; s < STAGES; s++) {
      barrier_wait(full + STAGES + slot, phase ^ 1);
      advance();
    }
  }

  TESSERA_DEVICE_MEMBER void advance() {
    if (++slot == STAGES) slot = 0, phase ^= 1;
  }
  /* Leaves out stages that are others'. */
  TESSERA_DEVICE_MEMBER void skip(int stages) {
    phase ^= (slot + stages) / STAGES & 1;
    slot = (slot + stages) % STAGES;
  }

  /* From steps begin.. of BLOCK_K, up to end. */
  TESSERA_DEVICE_MEMBER void fetch(const tessera_map *rows, const tessera_map *columns, int row0, int column0, int matrix, int begin, int end) {
    const int x = multicast_along(), y = multicast_across();
    const Part of_columns = {x * (WIDTH / CLUSTER_ALONG), ((1u << CLUSTER_ALONG) - 1) << y * CLUSTER_ALONG};
    Part of_rows = {y * (ROWS / CLUSTER_ACROSS), 0};
    for (int i = 0; i < CLUSTER_ACROSS; i++) of_rows.blocks |= 1u << (i * CLUSTER_ALONG + x);
    for (int step = begin; step < end; step++) {
      unsigned char *const stage = stages + slot * STAGE_BYTES;
      barrier_wait(full + STAGES + slot, phase ^ 1); /* the first time round that is over at once */
      barrier_expect(full + slot, STAGE_BYTES);
      Rows::fetch(stage, rows, row0, step, matrix, full + slot, of_rows);
      Columns::fetch(stage + ROWS * LINE_BYTES, columns, column0, step, matrix, full + slot, of_columns);
      advance();
    }
  }

#if PAIRS
  /* Of a tile that `warpgroup` of OWNERS has a share of. Sums of one stage are added to the others in float32: the tensor core cuts off
   * what it adds, which by itself would cost a digit and a half at k = 3072. */
  TESSERA_DEVICE_MEMBER void multiply(Sums &sums, int warpgroup, int begin, int end) {
    Sums part;
    sums.clear();
    for (int step = begin; step < end; step++) {
      barrier_wait(full + slot, phase);
      multiply_begin();
      multiply_stage(part, stages + slot * STAGE_BYTES, warpgroup, false);
      multiply_commit();
      multiply_wait<0>();
      release(slot);
      part.settle();
      TESSERA_UNROLL
      for (int v = 0; v < Sums::VECTORS; v++) sums.add(v, part.vector(v));
      advance();
    }
  }
#else
  /* Of a tile that `warpgroup` of OWNERS has a share of. All but the last stage is free afterwards; multiply_wait<0>() ends it. */
  TESSERA_DEVICE_MEMBER void multiply(Sums &sums, int warpgroup, int begin, int end) {
    int before = 0;
    if (begin == end) sums.clear();
    for (int step = begin; step < end; step++) {
      barrier_wait(full + slot, phase);
      multiply_begin();
      multiply_stage(sums, stages + slot * STAGE_BYTES, warpgroup, step > begin);
      multiply_commit();
      multiply_wait<1>(); /* the stage before has been read */
      if (step > begin) release(before);
      before = slot;
      advance();
    }
  }
#endif
  /* Frees the last one too. */
  TESSERA_DEVICE_MEMBER void finish() {
    multiply_wait<0>();
    release((slot ? slot : STAGES) - 1);
  }
};
