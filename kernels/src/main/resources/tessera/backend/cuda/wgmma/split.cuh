/* float32 as pairs of float16 whose sum has 22 significant bits and more: x = (first + second) * scale, with a power of two for each row
 * that brings its largest element to [2^10, 2^11). Three products of pairs make a float32 product but for 2^-23 of it
 * (Ootomo and Yokota, "Recovering single precision accuracy from Tensor Cores", 2022).
 *
 * A row's pairs are [32 firsts | 32 seconds] for each 32 elements of k, zeros behind the last, so that a tensor map fetches both in a
 * line. A row whose scale is not a number is computed without pairs: it has an infinity or NaN, its largest element is beyond 2^60 or
 * below 2^-60, or more than one in 32 of its elements are so much smaller than it (2^-15) that their pairs are short of bits.
 */
#include "../library/staging.h"

constexpr int SPLIT_HELD = 8; /* vectors of 4 elements that a thread keeps */
constexpr int SPLIT_LEAST_EXPONENT = 127 - 60, SPLIT_MOST_EXPONENT = 127 + 60, SPLIT_TOP = 10, SPLIT_RANGE = 15, SPLIT_FEW = 32;

/* What a row's elements are multiplied by, by the bits of its largest magnitude. */
struct RowScale {
  float factor, inverse;
  unsigned small; /* magnitudes below these bits are short of bits as pairs */
  bool fits;

  explicit TESSERA_DEVICE_MEMBER RowScale(unsigned largest) {
    const int exponent = (int)(largest >> 23);
    fits = largest == 0 || (exponent >= SPLIT_LEAST_EXPONENT && exponent <= SPLIT_MOST_EXPONENT);
    const int used = fits && largest != 0 ? exponent : 127 + SPLIT_TOP;
    factor = float_of((unsigned)(2 * 127 + SPLIT_TOP - used) << 23), inverse = float_of((unsigned)(used - SPLIT_TOP) << 23);
    small = fits && largest != 0 ? largest - ((unsigned)SPLIT_RANGE << 23) : 0;
  }

  /* Positive, summed over a row, where too many elements are small. */
  TESSERA_DEVICE_MEMBER float shortage(float x) const {
    const unsigned magnitude = bits_of(x) & 0x7fffffffu;
    return magnitude == 0 ? 0 : magnitude < small ? SPLIT_FEW - 1 : -1;
  }
  TESSERA_DEVICE_MEMBER float stored(float shortage) const { return fits && !(shortage > 0) ? inverse : float_of(0x7fffffffu); }
};

/* Four elements as pairs: their firsts, then 64 bytes on their seconds. */
TESSERA_DEVICE void store_pairs(unsigned long long *to, const float (&x)[4], float factor) {
  unsigned long long first = 0, second = 0;
  TESSERA_UNROLL
  for (int e = 0; e < 4; e++) {
    const float scaled = x[e] * factor;
    const unsigned short bits = half_bits(scaled);
    first |= (unsigned long long)bits << 16 * e;
    second |= (unsigned long long)half_bits(scaled - half_value(bits)) << 16 * e;
  }
  to[0] = first, to[PAIR_GROUP / 4] = second;
}

/* Where the pairs of element t of a row lie, in fours of float16. */
TESSERA_DEVICE long long pairs_at(long long row, int t, int k) { return row * divide_up(k, PAIR_GROUP) * (PAIR_GROUP / 2) + t / PAIR_GROUP * (PAIR_GROUP / 2) + t % PAIR_GROUP / 4; }

/* Over `team` threads, a power of two from 32 up. All threads of the block. */
template <class T, class Warp, class Both>
TESSERA_DEVICE T over_team(T x, int team, T *exchange, Warp over_warp, Both both) {
  x = over_warp(x);
  if (team == 32) return x;
  const int warp = (int)threadIdx.x / 32, warps = team / 32, first = warp / warps * warps;
  __syncthreads();
  if (threadIdx.x % 32 == 0) exchange[warp] = x;
  __syncthreads();
  x = exchange[first];
  for (int i = 1; i < warps; i++) x = both(x, exchange[first + i]);
  return x;
}

/* Rows of [rows, k], a team of threads for each: `team` grows with k, so that rows up to 8192 elements long stay in registers. */
TESSERA_DEVICE void split_rows(const float *from, unsigned long long *pairs, float *scales, long long row, long long rows, int k, int team, float *memory) {
  const int lane = (int)threadIdx.x % team, padded = divide_up(k, PAIR_GROUP) * PAIR_GROUP;
  const float *const own = from + (row < rows ? row : 0) * k;
  const bool whole = is_whole(from, k), exists = row < rows;
  float held[SPLIT_HELD][4];
  unsigned largest = 0;
  auto look = [&](float (&x)[4], int t) {
    const float4 v = load_part<false>(own + t, exists ? k - t : 0, whole);
    x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w;
  };
  auto compare = [&](const float (&x)[4]) {
    TESSERA_UNROLL
    for (int e = 0; e < 4; e++) {
      const unsigned magnitude = bits_of(x[e]) & 0x7fffffffu;
      largest = largest > magnitude ? largest : magnitude;
    }
  };
  TESSERA_UNROLL
  for (int i = 0; i < SPLIT_HELD; i++) look(held[i], 4 * (i * team + lane));
  TESSERA_UNROLL
  for (int i = 0; i < SPLIT_HELD; i++) compare(held[i]);
  for (int t = 4 * (SPLIT_HELD * team + lane); t < k; t += 4 * team) {
    float x[4];
    look(x, t), compare(x);
  }
  largest = over_team(largest, team, (unsigned *)memory, [](unsigned x) { return most_over_warp(x); }, [](unsigned x, unsigned y) { return x > y ? x : y; });
  const RowScale scale(largest);
  float shortage = 0;
  auto store = [&](const float (&x)[4], int t) {
    TESSERA_UNROLL
    for (int e = 0; e < 4; e++) shortage += scale.shortage(x[e]);
    if (exists && t < padded) store_pairs(pairs + pairs_at(row, t, k), x, scale.factor);
  };
  TESSERA_UNROLL
  for (int i = 0; i < SPLIT_HELD; i++) store(held[i], 4 * (i * team + lane));
  for (int t = 4 * (SPLIT_HELD * team + lane); t < padded; t += 4 * team) {
    float x[4];
    look(x, t), store(x, t);
  }
  shortage = over_team(shortage, team, memory, [](float x) { return sum_over_warp(x); }, [](float x, float y) { return x + y; });
  if (exists && lane == 0) scales[row] = scale.stored(shortage);
}

/* 32 columns of one [k, n], from s0 on: a lane for each, and the warps along k. */
TESSERA_DEVICE void split_columns(const float *from, unsigned long long *pairs, float *scales, int s0, int n, int k, float *memory) {
  constexpr int WARPS = STAGE_THREADS / 32;
  const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32, s = s0 + lane, padded = divide_up(k, PAIR_GROUP) * PAIR_GROUP;
  const bool exists = s < n;
  unsigned largest = 0;
  for (int t = warp; t < k; t += WARPS) {
    const unsigned magnitude = exists ? bits_of(load_readonly(from + (long long)t * n + s)) & 0x7fffffffu : 0;
    largest = largest > magnitude ? largest : magnitude;
  }
  __syncthreads();
  ((unsigned *)memory)[threadIdx.x] = largest;
  __syncthreads();
  for (int i = 0; i < WARPS; i++) largest = largest > ((unsigned *)memory)[32 * i + lane] ? largest : ((unsigned *)memory)[32 * i + lane];
  const RowScale scale(largest);
  float shortage = 0;
  for (int t = 4 * warp; t < padded; t += 4 * WARPS) {
    float x[4];
    TESSERA_UNROLL
    for (int e = 0; e < 4; e++) {
      x[e] = exists && t + e < k ? load_readonly(from + (long long)(t + e) * n + s) : 0;
      shortage += scale.shortage(x[e]);
    }
    if (exists) store_pairs(pairs + pairs_at(s, t, k), x, scale.factor);
  }
  __syncthreads();
  memory[threadIdx.x] = shortage;
  __syncthreads();
  shortage = 0;
  for (int i = 0; i < WARPS; i++) shortage += memory[32 * i + lane];
  if (exists && warp == 0) scales[s] = scale.stored(shortage);
}

/* Splits rows_a rows of a, and batch matrices of b with n rows (columns of [k, n]); either may be none. Any grid of STAGE_THREADS, with
 * SPLIT_SHARED_BYTES of shared memory. */
TESSERA_KERNEL void __launch_bounds__(STAGE_THREADS) TESSERA_JOIN(KERNEL_NAME, split)(
    int k, int rows_a, const float *a, unsigned long long *pairs_a, float *scales_a, int batch, int n, const float *b, unsigned long long *pairs_b,
    float *scales_b) {
  TESSERA_SHARED(exchange);
  pdl_begin();
  int team = 32;
  while (team < STAGE_THREADS && 4 * SPLIT_HELD * team < k) team *= 2;
  const int each = STAGE_THREADS / team, mine = (int)threadIdx.x / team, strips = divide_up(n, 32);
  const long long rows_b = (long long)batch * n, parts_a = (rows_a + each - 1) / each;
  const long long parts = parts_a + (B_IS_NK ? (rows_b + each - 1) / each : (long long)batch * strips);
  for (long long part = blockIdx.x; part < parts; part += gridDim.x) {
    if (part < parts_a) {
      split_rows(a, pairs_a, scales_a, part * each + mine, rows_a, k, team, exchange);
    } else if (B_IS_NK) {
      split_rows(b, pairs_b, scales_b, (part - parts_a) * each + mine, rows_b, k, team, exchange);
    } else {
      const long long matrix = (part - parts_a) / strips;
      const int strip = (int)((part - parts_a) % strips);
      split_columns(b + matrix * n * k, pairs_b + pairs_at(matrix * n, 0, k), scales_b + matrix * n, 32 * strip, n, k, exchange);
    }
  }
}
