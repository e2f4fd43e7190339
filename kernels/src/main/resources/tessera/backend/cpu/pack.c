/* Packed panels of gemm.c: where a partial tile is padded with zeros. */

/* log2(count) perfect shuffles turn a matrix of `count` vectors into its transpose, stored flat. */
TESSERA_INLINE void NAME(transpose)(NAME(vector) * v, int count) {
#pragma GCC unroll 4
  for (int stage = 1; stage < count; stage *= 2) {
    NAME(vector) next[16];
#pragma GCC unroll 8
    for (int i = 0; i < count / 2; i++) {
      next[2 * i] = NAME(zip)(v[i], v[i + count / 2], 0);
      next[2 * i + 1] = NAME(zip)(v[i], v[i + count / 2], 1);
    }
#pragma GCC unroll 16
    for (int i = 0; i < count; i++) v[i] = next[i];
  }
}

/* Of each four lanes of two vectors the low or the `high` two, `width` floats of each in turns: x86 has single instructions for it. */
TESSERA_INLINE NAME(vector) NAME(zip_fours)(NAME(vector) a, NAME(vector) b, int width, int high) {
  NAME(indices) order;
  for (int i = 0; i < LANES; i++) order[i] = i / 4 * 4 + (high ? 2 : 0) + (width == 1 ? i % 4 / 2 : i % 2) + (i % 4 / width % 2) * LANES;
  return __builtin_shuffle(a, b, order);
}

/* Every other four lanes of two vectors, from the first or from the second. */
TESSERA_INLINE NAME(vector) NAME(unzip_fours)(NAME(vector) a, NAME(vector) b, int second) {
  NAME(indices) order;
  for (int i = 0; i < LANES; i++) order[i] = (2 * (i / 4) + second) * 4 + i % 4;
  return __builtin_shuffle(a, b, order);
}

/* The transpose of LANES vectors: that of each 4 x 4 floats, then that of their fours. Perfect shuffles need vectors of indices, this does not. */
TESSERA_INLINE void NAME(transpose_square)(NAME(vector) v[LANES]) {
#pragma GCC unroll 4
  for (int i = 0; i < LANES; i += 4) {
    NAME(vector) a = NAME(zip_fours)(v[i], v[i + 1], 1, 0), b = NAME(zip_fours)(v[i], v[i + 1], 1, 1);
    NAME(vector) c = NAME(zip_fours)(v[i + 2], v[i + 3], 1, 0), d = NAME(zip_fours)(v[i + 2], v[i + 3], 1, 1);
    v[i] = NAME(zip_fours)(a, c, 2, 0), v[i + 1] = NAME(zip_fours)(a, c, 2, 1);
    v[i + 2] = NAME(zip_fours)(b, d, 2, 0), v[i + 3] = NAME(zip_fours)(b, d, 2, 1);
  }
#pragma GCC unroll 2
  for (int stage = 4; stage < LANES; stage *= 2) {
    NAME(vector) next[LANES];
#pragma GCC unroll 8
    for (int i = 0; i < LANES / 2; i++) {
      NAME(vector) *pair = v + i / 4 * 8 + i % 4;
      next[i] = NAME(unzip_fours)(pair[0], pair[4], 0);
      next[i + LANES / 2] = NAME(unzip_fours)(pair[0], pair[4], 1);
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) v[i] = next[i];
  }
}

/* Packs LANES steps of LANES rows, of which those from `rows` on are zeros. */
TESSERA_INLINE void NAME(pack_square)(const float *source, int64_t row, int64_t rows, int64_t width, float *panel) {
  NAME(vector) v[LANES];
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) v[i] = i < rows ? *(const NAME(unaligned) *)(source + i * row) : (NAME(vector)){0};
  NAME(transpose_square)(v);
#pragma GCC unroll 16
  for (int i = 0; i < LANES; i++) *(NAME(unaligned) *)(panel + i * width) = v[i];
}

/* Packs `count` (<= width) rows of [p, k] storage into a panel [depth][width], zeros for the missing rows. `whole`: none is missing, as is
 * known when this is compiled. */
TESSERA_INLINE void NAME(pack_transposed)(
    const float *source, int64_t row, int64_t count, int64_t width, int64_t depth, int whole, float *panel) {
  for (int64_t p = 0; p < width; p += LANES, source += LANES * row, panel += LANES) {
    const int64_t rows = whole ? LANES : tessera_min(count - p, LANES);
    int64_t t = 0;
    for (; t + LANES <= depth; t += LANES) NAME(pack_square)(source + t, row, rows, width, panel + t * width);
#pragma GCC unroll 1
    for (; t < depth; t++)
#pragma GCC unroll 1
      for (int i = 0; i < LANES; i++) panel[t * width + i] = i < rows ? source[i * row + t] : 0;
  }
}

/* The same of a panel that is not full, where the time to compile matters more. */
__attribute__((unused, noinline)) static void NAME(pack_transposed_edge)(
    const float *source, int64_t row, int64_t count, int64_t width, int64_t depth, float *panel) {
  NAME(pack_transposed)(source, row, count, width, depth, 0, panel);
}

/* Packs `count` (<= width) columns of [k, p] storage into a panel [depth][width]. */
__attribute__((unused)) static void NAME(pack_straight)(const float *source, int64_t row, int64_t count, int64_t width, int64_t depth, float *panel) {
  for (int64_t t = 0; t < depth; t++) {
    const float *from = source + t * row;
    float *to = panel + t * width;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) *(NAME(unaligned) *)(to + i) = *(const NAME(unaligned) *)(from + i);
    for (; i < width; i++) to[i] = i < count ? from[i] : 0;
  }
}

__attribute__((unused)) static void NAME(pack_scalars)(const float *source, int64_t row, int64_t step, int64_t count, int64_t depth, float *panel) {
  for (int64_t t = 0; t < depth; t++)
    for (int i = 0; i < TILE_SCALARS; i++) panel[t * TILE_SCALARS + i] = i < count ? source[i * row + t * step] : 0;
}
