/* A block's warps in SLICES groups, each of which has the whole tile in its registers and multiplies its own k of every stage. So threads
 * have larger tiles, which read less for each multiply-add, than a block of so few rows and columns could give as many warps.
 */

/* Every slice has the sums of its part of the reduction; afterwards a thread has the whole sums of the vectors that it finishes. The
 * stages' memory is free for that. */
TESSERA_DEVICE void add_slices(Sums &sums, float *shared) {
  if (SLICES == 1) return;
  constexpr int OTHERS = SLICES - 1;
  float4 *const room = (float4 *)shared + (int)threadIdx.x % SLICE_THREADS;
  const int mine = slice();
  __syncthreads();
  TESSERA_UNROLL
  for (int v = 0; v < Sums::VECTORS; v++) {
    const int before = (mine - v % SLICES + SLICES) % SLICES; /* this slice among the others of the one that has the vector, from 1 on */
    if (before > 0) room[(v * OTHERS + before - 1) * SLICE_THREADS] = sums.vector(v);
  }
  __syncthreads();
  TESSERA_UNROLL
  for (int v = 0; v < Sums::VECTORS; v++)
    if (finishes(v)) {
      TESSERA_UNROLL
      for (int i = 0; i < OTHERS; i++) sums.add(v, room[(v * OTHERS + i) * SLICE_THREADS]);
    }
}
