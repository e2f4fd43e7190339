/* Finished tiles of templates on CUDA cores, from registers to global memory. */

/* Four neighbours of a row, from column s on, to 16 aligned bytes. Where b is [k, n] and n fixed, nvcc
 * 13.0 takes a plain store apart; where b is [n, k] it does not, and the plain one needs fewer registers. */
TESSERA_DEVICE void store(float *to, const float *bias, int s, float4 v) {
  v.x = finish(v.x, bias, s), v.y = finish(v.y, bias, s + 1), v.z = finish(v.z, bias, s + 2), v.w = finish(v.w, bias, s + 3);
  if (B_IS_NK)
    *(float4 *)to = v;
  else
    store_vector(to, v);
}

/* Writes the vectors of a finished tile that the thread finishes and for which v % CLUSTER == rank. Where 16-byte stores are
 * impossible, a warp's part of each goes through shared memory, so that lanes store neighbours: each sector of 32 bytes is then written
 * once and not four times. */
template <bool ALIGNED>
TESSERA_DEVICE void write(const Sums &sums, const tessera_gemm &g, float *c, int row0, int column0, int m, int n, int rank, float *shared) {
  const int row = row0 + first_row(), column = column0 + first_column();
  if ((ALIGNED && WHOLE_N) || is_whole(c, n)) {
    TESSERA_UNROLL
    for (int v = 0; v < Sums::VECTORS; v++) {
      const int r = row + Sums::row(v), s = column + Sums::column(v);
      if (v % CLUSTER == rank && finishes(v) && r < m && s < n) store(c + (long long)r * n + s, g.bias, s, sums.vector(v));
    }
  } else {
    constexpr int WIDE = 4 * LANES_N; /* floats of a row that a warp holds side by side */
    const int lane = (int)threadIdx.x % 32;
    float *const part = shared + (int)threadIdx.x / 32 * 128;
    __syncthreads(); /* the pipeline's memory is free */
    TESSERA_UNROLL
    for (int v = 0; v < Sums::VECTORS; v++) {
      if (v % CLUSTER != rank || !finishes(v)) continue;
      *(float4 *)(part + WIDE * lane_m() + 4 * lane_n()) = sums.vector(v);
      __syncwarp();
      TESSERA_UNROLL
      for (int i = lane; i < 128; i += 32) {
        const int r = row + Sums::row(v) + NEIGHBOURS_M * (i / WIDE - lane_m()), s = column + Sums::column(v) + i % WIDE - 4 * lane_n();
        if (r < m && s < n) c[(long long)r * n + s] = finish(part[i], g.bias, s);
      }
      __syncwarp();
    }
  }
}
