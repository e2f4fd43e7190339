/* Warpgroup matrix multiplication, tensor maps and barriers in shared memory on the emulator. What is asynchronous on a GPU happens at
 * once here, so a missing wait for it goes unnoticed; a wait for what never comes does not. */
#pragma once

/* What cuTensorMapEncodeTiled was given. */
struct tessera_map {
  const unsigned char *data;
  unsigned long long extents[3], strides[2]; /* elements; bytes */
  unsigned box[3], bytes;
};
#define TESSERA_MAP tessera_map

struct tessera_barrier {
  unsigned char arrivals, pending, phase, unused;
  int bytes;
};

TESSERA_DEVICE void emulated_advance(tessera_barrier *b) {
  if (b->pending == 0 && b->bytes == 0) b->pending = b->arrivals, b->phase ^= 1;
}
TESSERA_DEVICE bool emulated_elected() { return threadIdx.x % 32 == 0; }

TESSERA_DEVICE void barrier_start(tessera_barrier *b, int arrivals) { *b = {(unsigned char)arrivals, (unsigned char)arrivals, 0, 0, 0}; }
TESSERA_DEVICE void barriers_show() {}
/* What lies at the same place in the shared memory of another block of the cluster. */
template <class T>
TESSERA_DEVICE T *emulated_at(T *own, int rank) {
  const long offset = (char *)own - (char *)emulator::shared_memory();
  return (T *)((char *)emulator::aligned((*emulator::current->block->peers)[rank]->shared.data()) + offset);
}

TESSERA_DEVICE void barrier_arrive(tessera_barrier *b) {
  if (!emulated_elected()) return;
  if (b->pending == 0) emulator::fail("a barrier has more arrivals than it waits for");
  b->pending--;
  emulated_advance(b);
}
TESSERA_DEVICE void barrier_arrive_at(tessera_barrier *b, unsigned rank) { barrier_arrive(emulated_at(b, (int)rank)); }
TESSERA_DEVICE void barrier_expect(tessera_barrier *b, int bytes) {
  if (emulated_elected()) b->bytes += bytes;
  barrier_arrive(b);
}
TESSERA_DEVICE void barrier_wait(tessera_barrier *b, int parity) {
  while (b->phase == parity) emulator::yield();
}

/* What a box holds, to shared memory whose address says how chunks are XORed. */
TESSERA_DEVICE void emulated_fetch(unsigned char *to, const tessera_map *map, int place, int line, int matrix) {
  const size_t row = (size_t)(to - (unsigned char *)emulator::shared_memory()) / 128;
  if (place >= 0 && (unsigned)place < map->extents[0] && place * map->bytes % 16) emulator::fail("a box does not begin at a multiple of 16 bytes");
  for (unsigned r = 0; r < map->box[1]; r++)
    for (unsigned e = 0; e < map->box[0]; e++) {
      unsigned char *at = to + r * 128 + (e * map->bytes ^ (row + r) % 8 * 16);
      const bool inside = place + e < map->extents[0] && line + r < map->extents[1] && (unsigned)matrix < map->extents[2];
      if (inside)
        memcpy(at, map->data + matrix * map->strides[1] + (line + r) * map->strides[0] + (place + e) * map->bytes, map->bytes);
      else
        memset(at, 0, map->bytes);
    }
}
TESSERA_DEVICE void emulated_arrived(tessera_barrier *b, const tessera_map *map) {
  b->bytes -= (int)(map->box[0] * map->box[1] * map->bytes);
  emulated_advance(b);
}

TESSERA_DEVICE void tma_load(void *to, const tessera_map *map, int place, int line, int matrix, tessera_barrier *b) {
  if (!emulated_elected()) return;
  if (((unsigned char *)to - (unsigned char *)emulator::shared_memory()) % 1024) emulator::fail("a box is not aligned to 1024 bytes");
  emulated_fetch((unsigned char *)to, map, place, line, matrix);
  emulated_arrived(b, map);
}

TESSERA_DEVICE void tma_load_multicast(unsigned blocks, void *to, const tessera_map *map, int place, int line, int matrix, tessera_barrier *b) {
  if (!emulated_elected()) return;
  if (((unsigned char *)to - (unsigned char *)emulator::shared_memory()) % 128) emulator::fail("a box is not aligned to 128 bytes");
  if (!(blocks >> emulator::current->block->rank & 1)) emulator::fail("a block fetches for others alone");
  emulated_fetch((unsigned char *)to, map, place, line, matrix);
  for (int rank = 0; rank < (int)emulator::current->block->peers->size(); rank++)
    if (blocks >> rank & 1) {
      memmove(emulated_at((char *)to, rank), to, map->box[0] * map->box[1] * map->bytes);
      emulated_arrived(emulated_at(b, rank), map);
    }
}

TESSERA_DEVICE void tensor_map_prefetch(const tessera_map *) {}

TESSERA_DEVICE void named_barrier_sync(int barrier, int threads) {
  emulator::Barrier &b = emulator::current->block->named[barrier];
  b.size = threads;
  emulator::named_barrier_sync(b);
}
template <int REGISTERS>
TESSERA_DEVICE void registers_take() {}
template <int REGISTERS>
TESSERA_DEVICE void registers_give() {}
TESSERA_DEVICE void named_barrier_arrive(int barrier, int threads) {
  emulator::Barrier &b = emulator::current->block->named[barrier];
  b.size = threads;
  emulator::arrive(b);
}
TESSERA_DEVICE int uniform_warp() { return (int)threadIdx.x / 32; }

template <bool COLUMNS, int MATRICES>
TESSERA_DEVICE void emulated_store(void *line, const unsigned (&r)[MATRICES]) {
  const int lane = (int)threadIdx.x % 32;
  EmulatedWarp &warp = emulated_warp();
  if (lane < 8 * MATRICES && (size_t)line % 16) emulator::fail("a matrix's row is not aligned");
  warp.rows[lane] = line;
  emulated_meet();
  for (int matrix = 0; matrix < MATRICES; matrix++)
    for (int e = 0; e < 2; e++) {
      const int from = COLUMNS ? lane % 4 * 2 + e : lane / 4, at = COLUMNS ? lane / 4 : lane % 4 * 2 + e;
      ((unsigned short *)warp.rows[8 * matrix + from])[at] = (unsigned short)(r[matrix] >> 16 * e);
    }
  emulated_meet();
}
template <bool COLUMNS>
TESSERA_DEVICE void store_matrices(void *line, unsigned r0, unsigned r1) {
  const unsigned r[] = {r0, r1};
  emulated_store<COLUMNS>(line, r);
}
template <bool COLUMNS>
TESSERA_DEVICE void store_matrices(void *line, unsigned r0, unsigned r1, unsigned r2, unsigned r3) {
  const unsigned r[] = {r0, r1, r2, r3};
  emulated_store<COLUMNS>(line, r);
}

TESSERA_DEVICE unsigned rows_at(const void *p) {
  const size_t at = (size_t)((const unsigned char *)p - (const unsigned char *)emulator::shared_memory());
  if (at % 1024) emulator::fail("rows of an operand are not aligned to 1024 bytes");
  return (unsigned)(at / 16);
}
TESSERA_DEVICE unsigned lines_of_k_at(const void *p) { return rows_at(p); }
template <int COUNT>
TESSERA_DEVICE void sums_settle(float (&)[COUNT]) {}
TESSERA_DEVICE void multiply_begin() {}
TESSERA_DEVICE void multiply_commit() {}
template <int PENDING>
TESSERA_DEVICE void multiply_wait() {}

/* Element e of a row of an operand that a descriptor's lower word points to. */
template <int TYPE, bool OF_K>
TESSERA_DEVICE double emulated_element_at(unsigned at, int row, int e) {
  constexpr int BYTES = TYPE == 0 ? 4 : 2;
  size_t place = (size_t)at * 16 + (OF_K ? row / 64 * 8192 + e * 128 + row % 64 * BYTES : row / 8 * 1024 + row % 8 * 128 + e * BYTES);
  place ^= (place >> 7 & 7) << 4;
  unsigned bits = 0;
  memcpy(&bits, (const unsigned char *)emulator::shared_memory() + place, BYTES);
  return emulated_element<TYPE>(bits, 0);
}

template <int TYPE, bool P_OF_K, bool Q_OF_K, int HALF>
TESSERA_DEVICE void multiply_rows(float (&d)[HALF], unsigned p, unsigned q, int adds) {
  constexpr int STEPS_OF_K = TYPE == 0 ? 8 : 16;
  const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32 % 4;
  for (int i = 0; i < HALF; i++) {
    const int r = 16 * warp + lane / 4 + i % 4 / 2 * 8, s = i / 4 * 8 + lane % 4 * 2 + i % 2;
    double sum = adds ? d[i] : 0;
    for (int t = 0; t < STEPS_OF_K; t++) sum += emulated_element_at<TYPE, P_OF_K>(p, r, t) * emulated_element_at<TYPE, Q_OF_K>(q, s, t);
    d[i] = (float)sum;
  }
}
