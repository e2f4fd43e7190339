/* The reduction of a tile. A stage holds ROWS and WIDTH lines of 128 bytes of k, as fetch_box() lays them out. */

/* 128 bytes of k of a stage, multiplied by one warpgroup. */
TESSERA_DEVICE void multiply_stage(Sums &sums, const unsigned char *stage, int warpgroup, bool adds) {
  const unsigned p = rows_at(stage + warpgroup * REPEAT * 64 * LINE_BYTES), q = rows_at(stage + ROWS * LINE_BYTES);
  TESSERA_UNROLL
  for (int s = 0; s < STEPS; s++)
    TESSERA_UNROLL
    for (int r = 0; r < REPEAT; r++) multiply_rows<INPUT_TYPE>(sums.of[r], p + r * 64 * LINE_BYTES / 16 + 2 * s, q + 2 * s, adds || s > 0);
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
        barrier_start(full + STAGES + s, OWNERS * 4);
      }
      barriers_show();
    }
    __syncthreads();
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
    for (int step = begin; step < end; step++) {
      unsigned char *const stage = stages + slot * STAGE_BYTES;
      barrier_wait(full + STAGES + slot, phase ^ 1); /* the first time round that is over at once */
      barrier_expect(full + slot, STAGE_BYTES);
      fetch_box(stage, rows, step * BLOCK_K, row0, matrix, full + slot);
      fetch_box(stage + ROWS * LINE_BYTES, columns, step * BLOCK_K, column0, matrix, full + slot);
      advance();
    }
  }

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
      if (step > begin) barrier_arrive(full + STAGES + before);
      before = slot;
      advance();
    }
  }
  /* Frees the last one too. */
  TESSERA_DEVICE_MEMBER void finish() {
    multiply_wait<0>();
    barrier_arrive(full + STAGES + (slot ? slot : STAGES) - 1);
  }
};

/* The same for operands of any alignment: all threads store elements to one stage. */
TESSERA_DEVICE void multiply_elements(
    Sums &sums, const tessera_input *p, const tessera_input *q, int row0, int column0, int rows, int columns, int k, int warpgroup, int begin,
    int end, unsigned char *stage) {
  if (warpgroup < OWNERS) sums.clear();
  for (int step = begin; step < end; step++) {
    for (int i = (int)threadIdx.x; i < (ROWS + WIDTH) * BLOCK_K; i += ALL_THREADS) {
      const int line = i / BLOCK_K, e = i % BLOCK_K, t = step * BLOCK_K + e;
      const int place = line * LINE_BYTES + (e * INPUT_BYTES ^ line % 8 * 16);
      const long long r = line < ROWS ? row0 + line : column0 + line - ROWS;
      const bool inside = t < k && r < (line < ROWS ? rows : columns);
      *(tessera_input *)(stage + place) = inside ? (line < ROWS ? p : q)[r * k + t] : (tessera_input)0;
    }
    stores_show();
    __syncthreads();
    if (warpgroup < OWNERS) {
      multiply_begin();
      multiply_stage(sums, stage, warpgroup, true);
      multiply_commit();
      multiply_wait<0>();
    }
    __syncthreads();
  }
}
