/* The register kernel: one k at once of [k][row] panels, read by 16 bytes. */

struct Fragments {
  float a[THREAD_M], b[THREAD_N];
};

/* Of one operand, four neighbours in each of GROUPS groups. */
template <int GROUPS, int APART, int STRIDE>
TESSERA_DEVICE void read_groups(float *to, const float *panel, int first, int k, int before) {
  TESSERA_UNROLL
  for (int g = 0; g < GROUPS; g++) {
    /* where groups lie whole banks apart, the swizzle does not reach the sum */
    const int at = APART % 32 == 0 ? g * APART + swizzled(first, before, k) : swizzled(g * APART + first, before, k);
    const float4 v = *(const float4 *)(panel + k * STRIDE + at);
    to[4 * g] = v.x, to[4 * g + 1] = v.y, to[4 * g + 2] = v.z, to[4 * g + 3] = v.w;
  }
}

/* Of step k of the thread's slice of a stage. */
TESSERA_DEVICE void read_fragments(Fragments &to, const float *panel_a, const float *panel_b, int row, int column, int k) {
  const int before = slice() * SLICE_K;
  read_groups<THREAD_M / NEIGHBOURS_M, APART_M, STRIDE_M>(to.a, panel_a + before * STRIDE_M, row, k, before);
  read_groups<GROUPS_N, APART_N, STRIDE_N>(to.b, panel_b + before * STRIDE_N, column, k, before);
}

TESSERA_DEVICE void multiply(Sums &sums, const Fragments &f) {
  if (ORDER == 0) {
    TESSERA_UNROLL
    for (int i = 0; i < THREAD_M; i++)
      TESSERA_UNROLL
      for (int j = 0; j < THREAD_N; j++) {
        const int turned = i % 2 ? THREAD_N - 1 - j : j;
        sums.of[i][turned] += f.a[i] * f.b[turned];
      }
  } else {
    TESSERA_UNROLL
    for (int j = 0; j < THREAD_N; j += 2)
      TESSERA_UNROLL
      for (int i = 0; i < THREAD_M; i++) {
        const int first = j + i % 2, second = j + 1 - i % 2;
        sums.of[i][first] += f.a[i] * f.b[first];
        sums.of[i][second] += f.a[i] * f.b[second];
      }
  }
}
