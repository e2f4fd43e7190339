/* What every CPU micro-kernel template uses: names, small arithmetic and activations. */
#ifndef TESSERA_KERNEL_H
#define TESSERA_KERNEL_H

#include "gemm.h"

#define TESSERA_JOIN_(a, b) a##_##b
#define TESSERA_JOIN(a, b) TESSERA_JOIN_(a, b)
#define TESSERA_PRAGMA_(x) _Pragma(#x)
#define TESSERA_PRAGMA(x) TESSERA_PRAGMA_(x)
#define TESSERA_INLINE static inline __attribute__((always_inline))

TESSERA_INLINE int64_t tessera_min(int64_t a, int64_t b) { return a < b ? a : b; }
TESSERA_INLINE int64_t tessera_divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* exp(x) for x <= 0 by 2^i * 2^f with |f| <= 1/2; branch-free, so that loops over it vectorise. Below -75 it stays at 3e-33: gelu, of
 * which it is a factor, would else be computed on denormal numbers, which take processors far longer. */
TESSERA_INLINE float tessera_exp_negative(float x) {
  float clamped = x < -75.0f ? -75.0f : x;
  float scaled = clamped * 1.44269504f;
  int32_t whole = (int32_t)(scaled - 0.5f);
  float f = (scaled - (float)whole) * 0.693147181f;
  float series =
      1.0f + f * (1.0f + f * (0.5f + f * (1.66666667e-1f + f * (4.16666667e-2f + f * (8.33333333e-3f + f * 1.38888889e-3f)))));
  union {
    int32_t bits;
    float value;
  } power = {(whole + 127) << 23};
  return series * power.value;
}

/* x * Phi(x), with erf by Abramowitz and Stegun 7.1.26 (absolute error of erf below 1.5e-7). */
TESSERA_INLINE float tessera_gelu(float x) {
  float z = x * 0.707106781f;
  float r = z < 0 ? -z : z;
  float t = 1.0f / (1.0f + 0.3275911f * r);
  float tail = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  float complement = 0.5f * tail * tessera_exp_negative(-r * r);
  return x * (x < 0 ? complement : 1.0f - complement);
}

TESSERA_INLINE float tessera_identity(float x) { return x; }

TESSERA_INLINE float tessera_relu(float x) { return x < 0 ? 0 : x; } /* lets NaN through */
#endif
