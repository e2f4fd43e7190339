/* Tensor cores, asynchronous copies and 16-bit floats on the emulator: exact in what they compute, but for the order of sums. An
 * asynchronous copy happens when its thread waits for it, so that a missing wait shows. */
#pragma once

TESSERA_DEVICE unsigned short half_bits(float x) {
  _Float16 h = (_Float16)x;
  unsigned short bits;
  memcpy(&bits, &h, 2);
  return bits;
}
TESSERA_DEVICE float half_value(unsigned short bits) {
  _Float16 h;
  memcpy(&h, &bits, 2);
  return (float)h;
}
TESSERA_DEVICE unsigned short bfloat_bits(float x) {
  const unsigned bits = bits_of(x);
  if (x != x) return (unsigned short)(bits >> 16 | 64);
  return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
TESSERA_DEVICE float bfloat_value(unsigned short bits) { return float_of((unsigned)bits << 16); }
TESSERA_DEVICE unsigned half_pair(float x, float y) { return half_bits(x) | (unsigned)half_bits(y) << 16; }
TESSERA_DEVICE unsigned bfloat_pair(float x, float y) { return bfloat_bits(x) | (unsigned)bfloat_bits(y) << 16; }
TESSERA_DEVICE unsigned tf32_bits(unsigned x) { return (x & 0x7f800000) == 0x7f800000 ? x : (x + 0x1000) & ~0x1fffu; }

template <int BYTES>
void emulated_copy(void *to, const void *from, int bytes) {
  if ((size_t)to % BYTES || (size_t)from % BYTES) emulator::fail("an asynchronous copy is not aligned");
  emulator::current->copies.push_back([=] {
    memset(to, 0, BYTES);
    memcpy(to, from, (size_t)bytes);
  });
}
TESSERA_DEVICE void copy_async(void *to, const void *from, int bytes) { emulated_copy<16>(to, from, bytes); }
TESSERA_DEVICE void copy_async_word(void *to, const void *from, int bytes) { emulated_copy<4>(to, from, bytes); }
TESSERA_DEVICE void copy_async_below(int at, int left, void *to, const void *from, int bytes) {
  if (at < left) copy_async(to, from, bytes);
}
TESSERA_DEVICE void copy_async_word_below(int at, int left, void *to, const void *from, int bytes) {
  if (at < left) copy_async_word(to, from, bytes);
}
TESSERA_DEVICE void copies_commit() {
  emulator::current->groups.push_back(std::move(emulator::current->copies));
  emulator::current->copies.clear();
}
template <int PENDING>
TESSERA_DEVICE void copies_wait() {
  auto &groups = emulator::current->groups;
  while (groups.size() > PENDING) {
    for (auto &copy : groups.front()) copy();
    groups.erase(groups.begin());
  }
}

/* What the lanes of a warp give each other. */
struct EmulatedWarp {
  const void *rows[32];
  unsigned a[32][4], b[32][2];
};
TESSERA_DEVICE EmulatedWarp &emulated_warp() {
  static std::vector<EmulatedWarp> warps(16 * 32); /* of the blocks of a cluster */
  return warps[emulator::current->block->rank * 32 + threadIdx.x / 32];
}
TESSERA_DEVICE void emulated_meet() { emulator::named_barrier_sync(emulator::current->block->warps[threadIdx.x / 32]); }

TESSERA_DEVICE void emulated_matrices(unsigned (&r)[4], const void *row, bool transposed) {
  const int lane = (int)threadIdx.x % 32;
  EmulatedWarp &warp = emulated_warp();
  if ((size_t)row % 16) emulator::fail("a matrix's row is not aligned");
  warp.rows[lane] = row;
  emulated_meet();
  for (int matrix = 0; matrix < 4; matrix++) {
    unsigned short two[2];
    for (int e = 0; e < 2; e++) {
      const int line = transposed ? lane % 4 * 2 + e : lane / 4, at = transposed ? lane / 4 : lane % 4 * 2 + e;
      two[e] = ((const unsigned short *)warp.rows[8 * matrix + line])[at];
    }
    memcpy(&r[matrix], two, 4);
  }
  emulated_meet();
}
TESSERA_DEVICE void load_matrices(unsigned (&r)[4], const void *row) { emulated_matrices(r, row, false); }
TESSERA_DEVICE void load_matrices_transposed(unsigned (&r)[4], const void *row) { emulated_matrices(r, row, true); }

/* The element at place e of a register. */
template <int TYPE>
TESSERA_DEVICE float emulated_element(unsigned bits, int e) {
  if (TYPE == 0) return float_of(bits & ~0x1fffu);
  const unsigned short half = (unsigned short)(bits >> 16 * e);
  return TYPE == 1 ? half_value(half) : bfloat_value(half);
}

template <int TYPE>
TESSERA_DEVICE void multiply_matrices(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  constexpr int IN_REGISTER = TYPE == 0 ? 1 : 2;
  const int lane = (int)threadIdx.x % 32;
  EmulatedWarp &warp = emulated_warp();
  memcpy(warp.a[lane], a, 16);
  warp.b[lane][0] = b0, warp.b[lane][1] = b1;
  emulated_meet();
  for (int e = 0; e < 4; e++) {
    const int r = lane / 4 + e / 2 * 8, s = lane % 4 * 2 + e % 2;
    double sum = c[e];
    for (int t = 0; t < 8 * IN_REGISTER; t++) {
      const int half = t / (4 * IN_REGISTER), quarter = t % (4 * IN_REGISTER) / IN_REGISTER, place = t % IN_REGISTER;
      const unsigned x = warp.a[r % 8 * 4 + quarter][r / 8 + 2 * half], y = warp.b[s * 4 + quarter][half];
      sum += (double)emulated_element<TYPE>(x, place) * (double)emulated_element<TYPE>(y, place);
    }
    c[e] = (float)sum;
  }
  emulated_meet();
}
