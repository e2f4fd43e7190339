/* What the pairs of split operands were scaled by, and the outputs of rows that pairs cannot hold. */

#if PAIRS
struct Scales {
  const float *a, *b; /* for each row of a, and each row (column of [k, n]) of b, a power of two; not a number: compute it without pairs */

  TESSERA_DEVICE_MEMBER Scales of(int matrix, int m, int n) const { return {a + (long long)matrix * m, b + (long long)matrix * n}; }
  /* A sum of scaled products as it would be without scales. */
  TESSERA_DEVICE_MEMBER float undone(float x, int r, int s, int m, int n) const { return r < m && s < n ? x * a[r] * b[s] : x; }
  /* Whether a tile has rows that pairs cannot hold; all lanes of the warp. */
  TESSERA_DEVICE_MEMBER bool have_gaps(int row0, int column0, int m, int n) const {
    bool found = false;
    for (int i = (int)threadIdx.x % 32; i < BLOCK_M; i += 32) found = found || (row0 + i < m && is_gap(a[row0 + i]));
    for (int i = (int)threadIdx.x % 32; i < BLOCK_N; i += 32) found = found || (column0 + i < n && is_gap(b[column0 + i]));
    return lanes_with(found) != 0;
  }
  static TESSERA_DEVICE_MEMBER bool is_gap(float scale) { return scale != scale; }
};

/* Computes the outputs of such rows and columns of a tile by float32 multiply-adds: a warp, number `worker` of `workers`, for each. */
TESSERA_DEVICE void fill_gaps(
    const Scales &scales, const tessera_gemm &g, const float *a, const float *b, float *c, int row0, int column0, int m, int n, int k,
    int worker, int workers) {
  const int lane = (int)threadIdx.x % 32;
  for (int i = worker; i < BLOCK_M && row0 + i < m; i += workers) {
    const int r = row0 + i;
    const bool whole = Scales::is_gap(scales.a[r]);
    for (int j = 0; j < BLOCK_N; j += 32) {
      const bool mine = j + lane < BLOCK_N && column0 + j + lane < n && (whole || Scales::is_gap(scales.b[column0 + j + lane]));
      const unsigned wanted = lanes_with(mine);
      for (int e = 0; e < 32; e++) {
        if (!(wanted >> e & 1)) continue;
        const int s = column0 + j + e;
        float sum = 0;
        for (int t = lane; t < k; t += 32) sum += a[(long long)r * k + t] * (B_IS_NK ? b[(long long)s * k + t] : b[(long long)t * n + s]);
        sum = sum_over_warp(sum);
        if (lane == 0) c[(long long)r * n + s] = finish(sum, g.bias, s);
      }
    }
  }
}
#else
/* Nothing is scaled. */
struct Scales {
  TESSERA_DEVICE_MEMBER Scales of(int, int, int) const { return {}; }
  TESSERA_DEVICE_MEMBER float undone(float x, int, int, int, int) const { return x; }
};
#endif
