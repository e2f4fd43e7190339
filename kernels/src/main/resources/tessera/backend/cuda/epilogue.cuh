/* From sums to c: bias, activation, and a store that never leaves the output. Needs EPILOGUE_BIAS (0, 1) and
 * EPILOGUE_ACTIVATION (0: none, 1: relu, 2: gelu by erf). */
#ifndef TESSERA_EPILOGUE_CUH
#define TESSERA_EPILOGUE_CUH

TESSERA_DEVICE float finish(float x, const float *bias, int s) {
  if (EPILOGUE_BIAS) x += load_readonly(bias + s);
  if (EPILOGUE_ACTIVATION == 1) x = x < 0 ? 0 : x; /* lets NaN through */
  if (EPILOGUE_ACTIVATION == 2) x = 0.5f * x * (1.0f + erff(x * 0.707106781f));
  return x;
}

/* Four neighbours of a row, from column s on, to 16 aligned bytes. */
TESSERA_DEVICE void store(float *to, const float *bias, int s, float4 v) {
  v.x = finish(v.x, bias, s), v.y = finish(v.y, bias, s + 1), v.z = finish(v.z, bias, s + 2), v.w = finish(v.w, bias, s + 3);
  *(float4 *)to = v;
}

#endif
