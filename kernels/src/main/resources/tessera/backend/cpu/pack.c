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

/* Packs `count` (<= width) rows of [p, k] storage into a panel [depth][width], zeros for the missing rows. */
__attribute__((unused)) static void NAME(pack_transposed)(const float *source, int64_t row, int64_t count, int64_t width, int64_t depth, float *panel) {
  for (int64_t p = 0; p < width; p += LANES) {
    int64_t rows = count - p;
    int64_t t = 0;
    for (; t + LANES <= depth; t += LANES) {
      NAME(vector) v[16];
      if (rows >= LANES) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) v[i] = *(const NAME(unaligned) *)(source + (p + i) * row + t);
      } else {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
          v[i] = i < rows ? *(const NAME(unaligned) *)(source + (p + i) * row + t) : (NAME(vector)){0};
      }
      NAME(transpose)(v, LANES);
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++) *(NAME(unaligned) *)(panel + (t + i) * width + p) = v[i];
    }
    for (; t < depth; t++)
      for (int i = 0; i < LANES; i++) panel[t * width + p + i] = i < rows ? source[(p + i) * row + t] : 0;
  }
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
