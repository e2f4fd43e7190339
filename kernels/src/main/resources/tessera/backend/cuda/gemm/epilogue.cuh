/* From sums to c: bias, activation, and a store that never leaves the output. Needs EPILOGUE_BIAS (0, 1) and
 * EPILOGUE_FUNCTION (one of those below). */
#ifndef TESSERA_EPILOGUE_CUH
#define TESSERA_EPILOGUE_CUH

TESSERA_DEVICE float tessera_identity(float x) { return x; }
TESSERA_DEVICE float tessera_relu(float x) { return x < 0 ? 0 : x; } /* lets NaN through */
TESSERA_DEVICE float tessera_gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.707106781f)); }

TESSERA_DEVICE float finish(float x, const tessera_output *bias, int s) {
  if (EPILOGUE_BIAS) x += value_of<OUTPUT_TYPE>(load_readonly(bias + s));
  return EPILOGUE_FUNCTION(x);
}

#endif
