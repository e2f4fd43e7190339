/* A program that uses a CUDA bundle of two shape variables (m = M, n = N, k = 36, with a bias) as its users would; on the
 * emulated driver host memory is device memory. Prints "right" or what is wrong. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tessera.h"

enum { K = 36 };

static void require(int condition, const char *what) {
  if (!condition) {
    printf("wrong: %s\n", what);
    exit(1);
  }
}

static float *operand(size_t count, int shift) {
  float *memory = aligned_alloc(16, (count + 8) / 4 * 16 + 16);
  for (size_t i = 0; i < count + shift; i++) memory[i] = (float)(rand() % 2001 - 1000) / 1000;
  return memory + shift;
}

static void check(tessera_bundle *bundle, int64_t m, int64_t n, int shift, void *stream) {
  float *x = operand((size_t)(m * K), shift), *w = operand((size_t)(n * K), shift), *bias = operand((size_t)n, shift);
  float *y = operand((size_t)(m * n), shift);
  memset(y, 0xff, (size_t)(m * n) * 4);
  const int64_t shape[] = {m, n};
  const void *inputs[] = {x, w, bias};
  for (int again = 0; again < 2; again++) require(tessera_run(bundle, shape, inputs, y, stream) == TESSERA_OK, "tessera_run");
  for (int64_t r = 0; r < m; r++)
    for (int64_t s = 0; s < n; s++) {
      double sum = bias[s];
      for (int t = 0; t < K; t++) sum += (double)x[r * K + t] * w[s * K + t];
      if (!(fabs(y[r * n + s] - sum) < 1e-4)) {
        printf("wrong: m %lld n %lld shift %d element [%lld, %lld] is %g, should be %g\n", (long long)m, (long long)n, shift, (long long)r,
               (long long)s, y[r * n + s], sum);
        exit(1);
      }
    }
}

int main(int count, char **arguments) {
  tessera_bundle *bundle = NULL;
  tessera_status status = tessera_open(NULL, &bundle);
  if (status != TESSERA_OK) {
    printf("%s\n", tessera_message(status));
    return 2;
  }
  (void)count, (void)arguments;
  require(tessera_rank(bundle) == 2 && !strcmp(tessera_variable(bundle, 1), "N"), "variables");
  require(tessera_select(bundle, (int64_t[]){4, 1}) == 2 && tessera_select(bundle, (int64_t[]){5, 1}) == 0, "tessera_select");
  require(tessera_select(bundle, (int64_t[]){0, 1}) == -1, "tessera_select of a shape that is not positive");
  require(strstr(tessera_kernel_name(bundle, 2), "skinny") && !tessera_kernel_name(bundle, 3), "tessera_kernel_name");
  const void *missing[] = {NULL, NULL, NULL};
  float y[4];
  require(tessera_run(bundle, (int64_t[]){1, 1}, missing, y, NULL) == TESSERA_INVALID_ARGUMENT, "inputs that are NULL");
  int other;
  for (int shift = 0; shift < 2; shift++)
    for (int64_t m = 1; m <= 65; m += m < 5 ? 1 : 15) {
      check(bundle, m, 64, shift, NULL);
      check(bundle, m, 61, shift, &other);
    }
  tessera_close(bundle);
  puts("right");
  return 0;
}
