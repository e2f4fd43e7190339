/* The register kernel: four k of a thread's rows at once, read by 16 bytes. Of [n, k] storage the columns are read so too, and rows are
 * multiplied one by one, each with its four k; of [k, n] storage one k is multiplied after another, with four columns read at once. */

TESSERA_DEVICE float component(float4 v, int i) { return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w; }

/* Adds the products of a stage's group `quad` of four k. */
TESSERA_DEVICE void multiply(Sums &sums, const float *rows, const float *columns, int quad) {
  constexpr int STRIDE_A = PanelA<true>::STRIDE, STRIDE_B = PanelB<true>::STRIDE;
  float4 a[THREAD_M];
  rows += first_row() * STRIDE_A + 4 * quad;
#if B_IS_NK
  float4 b[THREAD_N];
  columns += (warp_n() * 4 * LANES_N + lane_n()) * STRIDE_B + 4 * quad;
  TESSERA_UNROLL
  for (int j = 0; j < THREAD_N; j++) b[j] = *(const float4 *)(columns + (j / 4 * WARPS_N * 4 + j % 4) * LANES_N * STRIDE_B);
#else
  columns += 4 * quad * STRIDE_B + first_column();
#endif
  TESSERA_UNROLL
  for (int i = 0; i < THREAD_M; i++) a[i] = *(const float4 *)(rows + i * APART_M * STRIDE_A);
#if B_IS_NK
  TESSERA_UNROLL
  for (int i = 0; i < THREAD_M; i++)
    TESSERA_UNROLL
    for (int t = 0; t < 4; t++)
      TESSERA_UNROLL
      for (int j = 0; j < THREAD_N; j++) sums.of[i][j] += component(a[i], t) * component(b[j], t);
#else
  TESSERA_UNROLL
  for (int t = 0; t < 4; t++) {
    float4 b[GROUPS_N];
    TESSERA_UNROLL
    for (int g = 0; g < GROUPS_N; g++) b[g] = *(const float4 *)(columns + t * STRIDE_B + g * APART_N);
    TESSERA_UNROLL
    for (int i = 0; i < THREAD_M; i++)
      TESSERA_UNROLL
      for (int j = 0; j < THREAD_N; j++) sums.of[i][j] += component(a[i], t) * component(b[j / 4], j % 4);
  }
#endif
}
