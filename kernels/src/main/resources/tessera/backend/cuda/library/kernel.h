/* What is launched. tessera_line, whose fields are the numbers that a launch needs of a micro-kernel, is generated before this. */
typedef struct {
  int64_t batch, m, n, k;
  const void *a, *b, *bias;
  void *c;
} tessera_gemm;

typedef struct {
  const char *cubin; /* for the GPU that was tuned on */
  const char *ptx;   /* for newer ones; empty where there is none */
  tessera_line line;
} tessera_kernel;
