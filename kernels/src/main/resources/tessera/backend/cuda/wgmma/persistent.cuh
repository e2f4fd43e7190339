/* A block with several tiles, one after another: while one is stored, the ring fills with stages of the next.
 *
 * Warpgroups share each tile (cooperative) or have whole tiles of the block's in turn (ping-pong): then, while one stores a tile, the next
 * multiplies another. A turn is handed on when the last stage of its tile has come, so no stage is waited for that is a whole round of the ring
 * away, which its barrier could not tell from one that is there.
 */

template <bool ALIGNED>
TESSERA_DEVICE void run(const tessera_gemm &g, const tessera_map *map_a, const tessera_map *map_b, const Scales &scales) {
  const int m = STATIC_M > 0 ? STATIC_M : g.m, n = STATIC_N > 0 ? STATIC_N : g.n, k = STATIC_K > 0 ? STATIC_K : g.k;
  const int tiles_m = divide_up(m, BLOCK_M), tiles_n = divide_up(n, BLOCK_N), steps = divide_up(k, BLOCK_K);
  const int turns = divide_up(g.batch * tiles_m * tiles_n - (int)blockIdx.x, (int)gridDim.x);
  TESSERA_SHARED(memory);
  unsigned char *const shared = (unsigned char *)memory, *const finished = shared + STAGES_BYTES;
  const int warp = uniform_warp(), warpgroup = warp / 4;
  Sums sums;
  auto tile = [&](int turn) { return tile_at((int)blockIdx.x + turn * (int)gridDim.x, tiles_m, tiles_n); };
  auto store = [&](const Tile &at) {
    tessera_output *const c = g.c + (long long)at.batch * m * n;
    const Place place = Place::of(at, m, n);
    write<ALIGNED>(sums, g, scales, c, place.m, place.n, m, n, 0, warp, finished);
  };
  if (threadIdx.x == THREADS) tensor_map_prefetch(map_a), tensor_map_prefetch(map_b);
  Ring ring = {shared, (tessera_barrier *)(shared + RING_BYTES), 0, 0};
  ring.start();
  pdl_wait();
  if (warp >= THREADS / 32) {
    begin_fetching();
    if (WIDE && warp > THREADS / 32) return;
    for (int turn = 0; turn < turns; turn++) {
      const Tile at = tile(turn);
      const Place place = Place::of(at, m, n);
      ring.fetch(SWAP ? map_b : map_a, SWAP ? map_a : map_b, place.row(), place.column(), at.batch, 0, steps);
    }
    pdl_launch_dependents();
    return;
  }
  begin_multiplying();
#if PINGPONG
  ring.skip(warpgroup * steps);
  for (int turn = warpgroup; turn < turns; turn += WARPGROUPS) {
    if (turn > 0) named_barrier_sync_at<PING_PONG_BARRIER>(warpgroup, 256);
    ring.multiply(sums, 0, 0, steps);
    if (turn + 1 < turns) named_barrier_arrive_at<PING_PONG_BARRIER>((warpgroup + 1) % WARPGROUPS, 256);
    ring.finish();
    ring.skip((WARPGROUPS - 1) * steps);
    store(tile(turn));
  }
#else
  for (int turn = 0; turn < turns; turn++) {
    ring.multiply(sums, warpgroup, 0, steps);
    ring.finish();
    store(tile(turn));
  }
#endif
}
