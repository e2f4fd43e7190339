/* Element types without the toolkit's headers, which NVRTC alone does not have: 16-bit floats travel as their bits.
 * TYPE is 0 for float32, 1 for float16, 2 for bfloat16. */
#ifndef TESSERA_ELEMENTS_CUH
#define TESSERA_ELEMENTS_CUH

template <int TYPE>
struct Element {
  typedef unsigned short bits;
  static constexpr int BYTES = 2;
};
template <>
struct Element<0> {
  typedef float bits;
  static constexpr int BYTES = 4;
};

#ifndef TESSERA_EMULATED
TESSERA_DEVICE unsigned short half_bits(float x) {
  unsigned short bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}
TESSERA_DEVICE unsigned short bfloat_bits(float x) {
  unsigned short bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}
/* Two neighbours, the first in the lower half. */
TESSERA_DEVICE unsigned half_pair(float x, float y) {
  unsigned bits;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(y), "f"(x));
  return bits;
}
TESSERA_DEVICE unsigned bfloat_pair(float x, float y) {
  unsigned bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(y), "f"(x));
  return bits;
}
TESSERA_DEVICE float half_value(unsigned short bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}
TESSERA_DEVICE float bfloat_value(unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
#endif

template <int TYPE>
TESSERA_DEVICE float value_of(typename Element<TYPE>::bits x) {
  if constexpr (TYPE == 0)
    return x;
  else
    return TYPE == 1 ? half_value(x) : bfloat_value(x);
}
/* Two neighbours of a 16-bit type. */
template <int TYPE>
TESSERA_DEVICE unsigned rounded_pair(float x, float y) {
  return TYPE == 1 ? half_pair(x, y) : bfloat_pair(x, y);
}
template <int TYPE>
TESSERA_DEVICE typename Element<TYPE>::bits rounded(float x) {
  if constexpr (TYPE == 0)
    return x;
  else
    return TYPE == 1 ? half_bits(x) : bfloat_bits(x);
}

#endif
