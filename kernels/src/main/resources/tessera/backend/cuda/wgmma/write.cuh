/* Finished tiles pass through shared memory, so that lanes store neighbouring bytes of c: 16 rows of the instruction by a warp, or,
 * where rows of the instruction are columns of c, 64 of them by a warpgroup. */

constexpr int OUTPUT_CHUNK = 16 / OUTPUT_BYTES;
/* Groups of 8 columns of the instruction that pass at once: all, unless the ring needs the memory. */
constexpr int PIECE = PERSISTENT && GROUPS > 8 ? 8 : GROUPS;
/* A line is a row of c. Lines lie an odd number of 16 bytes apart: 8 of them lie in different banks. */
constexpr int LINES = SWAP ? 8 * PIECE : 16, LINE = SWAP ? 64 : 8 * PIECE, LINE_APART = (LINE / OUTPUT_CHUNK | 1) * OUTPUT_CHUNK;
constexpr int TEAM = SWAP ? 128 : 32;
constexpr int FINISHED_BYTES = THREADS / TEAM * LINES * LINE_APART * OUTPUT_BYTES;

/* A barrier of the threads that share lines. */
TESSERA_DEVICE void team_sync(int warp) {
  if (SWAP)
    named_barrier_sync_at<TEAM_BARRIER>(warp / 4, TEAM);
  else
    __syncwarp();
}

/* What all that writes a tile needs. */
struct Writing {
  const Sums &sums;
  const tessera_gemm &g;
  const Scales &scales;
  tessera_output *c, *part; /* shared memory of the team */
  int row0, column0, m, n, rank, warp;

  /* A sum as it is stored, where it lies in c, `first` being the warp's first row in the tile; those of other blocks of a cluster are not used. */
  TESSERA_DEVICE_MEMBER float done(int i, int first, int j, int e) const {
    const int lane = (int)threadIdx.x % 32, along = first + lane / 4 + e / 2 * 8, across = 8 * j + lane % 4 * 2 + e % 2;
    const int r = row0 + (SWAP ? across : along), s = column0 + (SWAP ? along : across);
    return EPILOGUE_BIAS && s >= n ? 0 : finish(scales.undone(sums.of[i][4 * j + e], r, s, m, n), g.bias, s);
  }

  /* COUNT groups of columns from FIRST on, of the i'th rows of the instruction. */
  template <bool ALIGNED, int FIRST, int COUNT>
  TESSERA_DEVICE_MEMBER void piece(int i) const {
    const int lane = (int)threadIdx.x % 32, member = (int)threadIdx.x % TEAM;
    /* where the first row of the instruction lies in the tile, and the warp's */
    const int base = ((OWNERS > 1 ? warp / 4 : 0) * REPEAT + i) * 64, first = base + warp % 4 * 16;
    const int across = SWAP ? warp % 4 * 16 : 0;
    TESSERA_UNROLL
    for (int j = 0; j < COUNT; j += OUTPUT_TYPE != 0 ? 2 : 1) {
      if constexpr (OUTPUT_TYPE != 0) {
        /* in pairs alone: ptxas 13.0 moved conversions of single sums to before the wait for them */
        const bool two = j + 1 < COUNT;
        unsigned r[4];
        TESSERA_UNROLL
        for (int e = 0; e < (two ? 4 : 2); e++) {
          const int group = FIRST + j + e / 2, pair = e % 2 * 2;
          r[e] = rounded_pair<OUTPUT_TYPE>(done(i, first, group, pair), done(i, first, group, pair + 1));
        }
        const int eighth = lane / 8 % 2 * 8, tile = 8 * (two ? j + lane / 16 : j);
        tessera_output *const line = SWAP ? part + (tile + lane % 8) * LINE_APART + across + eighth : part + (eighth + lane % 8) * LINE_APART + tile;
        if (two)
          store_matrices<SWAP>(line, r[0], r[1], r[2], r[3]);
        else
          store_matrices<SWAP>(line, r[0], r[1]);
      } else {
        TESSERA_UNROLL
        for (int e = 0; e < 4; e++) {
          const int p = lane / 4 + e / 2 * 8, q = 8 * j + lane % 4 * 2 + e % 2;
          part[SWAP ? q * LINE_APART + across + p : p * LINE_APART + q] = done(i, first, FIRST + j, e);
        }
      }
    }
    team_sync(warp);
    store_lines<ALIGNED && WHOLE_N, SWAP ? 8 * COUNT : LINES, SWAP ? LINE : 8 * COUNT, LINE_APART, TEAM>(
        part, c, row0 + (SWAP ? 8 * FIRST : first), column0 + (SWAP ? base : 8 * FIRST), m, n, member,
        [&](int line, int at) { return (i * Sums::TILES + FIRST + (SWAP ? line : at) / 8) % CLUSTER == rank; });
    if (i + 1 < REPEAT || FIRST + COUNT < GROUPS || PERSISTENT) team_sync(warp);
  }

  template <bool ALIGNED, int FIRST>
  TESSERA_DEVICE_MEMBER void pieces(int i) const {
    constexpr int COUNT = FIRST + PIECE <= GROUPS ? PIECE : GROUPS - FIRST;
    piece<ALIGNED, FIRST, COUNT>(i);
    if constexpr (FIRST + COUNT < GROUPS) pieces<ALIGNED, FIRST + COUNT>(i);
  }
};

/* Writes the vectors of a finished tile for which v % CLUSTER == rank. */
template <bool ALIGNED>
TESSERA_DEVICE void write(
    const Sums &sums, const tessera_gemm &g, const Scales &scales, tessera_output *c, int row0, int column0, int m, int n, int rank, int warp, unsigned char *shared) {
  tessera_output *const part = (tessera_output *)shared + (int)threadIdx.x / TEAM * LINES * LINE_APART;
  const Writing writing = {sums, g, scales, c, part, row0, column0, m, n, rank, warp};
  TESSERA_UNROLL
  for (int i = 0; i < REPEAT; i++) writing.pieces<ALIGNED, 0>(i);
}
