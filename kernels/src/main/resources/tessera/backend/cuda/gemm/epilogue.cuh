/* From sums to c: bias, activation, and a store that never leaves the output. Needs EPILOGUE_BIAS (0, 1) and
 * EPILOGUE_ACTIVATION (0: none, 1: relu, 2: gelu by erf). */
#ifndef TESSERA_EPILOGUE_CUH
#define TESSERA_EPILOGUE_CUH

TESSERA_DEVICE float finish(float x, const tessera_output *bias, int s) {
  if (EPILOGUE_BIAS) x += value_of<OUTPUT_TYPE>(load_readonly(bias + s));
  if (EPILOGUE_ACTIVATION == 1) x = x < 0 ? 0 : x; /* lets NaN through */
  if (EPILOGUE_ACTIVATION == 2) x = 0.5f * x * (1.0f + erff(x * 0.707106781f));
  return x;
}

#endif
