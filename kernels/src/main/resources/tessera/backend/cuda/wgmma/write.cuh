/* Finished tiles: a warp's 16 rows of the instruction pass through shared memory, so that lanes store neighbouring bytes of c. */

constexpr int OUTPUT_CHUNK = 16 / OUTPUT_BYTES;
/* A line of them is a row of c; lines lie apart so that they meet in few banks. */
constexpr int LINES = SWAP ? WIDTH : 16, LINE = SWAP ? 16 : WIDTH, LINE_APART = LINE + OUTPUT_CHUNK;
constexpr int FINISHED_BYTES = THREADS / 32 * LINES * LINE_APART * OUTPUT_BYTES;

/* Writes the vectors of a finished tile for which v % CLUSTER == rank. */
template <bool ALIGNED>
TESSERA_DEVICE void write(
    const Sums &sums, const tessera_gemm &g, tessera_output *c, int row0, int column0, int m, int n, int rank, int warp, unsigned char *shared) {
  constexpr int CHUNKS = LINE / OUTPUT_CHUNK;
  const int lane = (int)threadIdx.x % 32;
  const bool whole = (ALIGNED && WHOLE_N) || is_whole(c, n);
  /* a sum as it is stored, where it lies in c; those of other blocks of a cluster are not used */
  auto done = [&](int i, int first, int j, int e) {
    const int s = column0 + (SWAP ? first + lane / 4 + e / 2 * 8 : 8 * j + lane % 4 * 2 + e % 2);
    return EPILOGUE_BIAS && s >= n ? 0 : finish(sums.of[i][4 * j + e], g.bias, s);
  };
  tessera_output *const part = (tessera_output *)shared + warp * LINES * LINE_APART;
  TESSERA_UNROLL
  for (int i = 0; i < REPEAT; i++) {
    /* where the warp's first row of the instruction lies in the tile */
    const int first = (warp / 4 * REPEAT + i) * 64 + warp % 4 * 16;
    if constexpr (OUTPUT_TYPE != 0) {
      TESSERA_UNROLL
      for (int j = 0; j < Sums::TILES; j += 2) {
        unsigned r[4];
        TESSERA_UNROLL
        for (int e = 0; e < 4; e++) r[e] = rounded_pair<OUTPUT_TYPE>(done(i, first, j + e / 2, e % 2 * 2), done(i, first, j + e / 2, e % 2 * 2 + 1));
        const int eighth = lane / 8 % 2 * 8, tile = 8 * (j + lane / 16);
        if (SWAP)
          store_matrices_transposed(part + (tile + lane % 8) * LINE_APART + eighth, r);
        else
          store_matrices(part + (eighth + lane % 8) * LINE_APART + tile, r);
      }
    } else {
      TESSERA_UNROLL
      for (int j = 0; j < Sums::TILES; j++)
        TESSERA_UNROLL
        for (int e = 0; e < 4; e++) {
          const int p = lane / 4 + e / 2 * 8, q = 8 * j + lane % 4 * 2 + e % 2;
          part[SWAP ? q * LINE_APART + p : p * LINE_APART + q] = rounded<OUTPUT_TYPE>(done(i, first, j, e));
        }
    }
    __syncwarp();
    for (int f = lane; f < LINES * CHUNKS; f += 32) {
      const int line = f / CHUNKS, at = f % CHUNKS * OUTPUT_CHUNK, r = row0 + (SWAP ? line : first + line), s = column0 + (SWAP ? first : 0) + at;
      const tessera_output *from = part + line * LINE_APART + at;
      if (r >= m || (i * Sums::TILES + (SWAP ? line : at) / 8) % CLUSTER != rank) continue;
      if (whole) {
        if (s < n) *(float4 *)(c + (long long)r * n + s) = *(const float4 *)from;
      } else {
        TESSERA_UNROLL
        for (int e = 0; e < OUTPUT_CHUNK; e++)
          if (s + e < n) c[(long long)r * n + s + e] = from[e];
      }
    }
    __syncwarp();
  }
}
