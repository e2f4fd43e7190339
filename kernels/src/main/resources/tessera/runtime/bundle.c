/* The run-time part of a bundle's C library. What comes before it in the generated file: the micro-kernels, their table
 * tessera_kernels, dispatch(shape), describe(shape, gemm), and the constants PROGRAM_ID, PROGRAM_DEVICE, PROGRAM_RANK,
 * PROGRAM_INPUTS and PROGRAM_VARIABLES.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define TESSERA_EXPORT __attribute__((visibility("default")))
enum { KERNEL_COUNT = sizeof tessera_kernels / sizeof tessera_kernels[0] };

/* What one library offers; a library that opens another bundle works through that one's program. */
typedef struct {
  const char *id;
  const char *device;
  int rank, inputs, kernel_count;
  const char *const *variables;
  const char *(*kernel_name)(int);
  int (*select)(const int64_t *);
  int (*run)(const int64_t *, const void *const *, void *, int threads);
} tessera_program;

struct tessera_bundle {
  const tessera_program *program;
  void *library;
  int threads;
};

/* ---- this library's own program ---- */

static const char *const program_variables[] = {PROGRAM_VARIABLES NULL};

static const char *program_kernel_name(int index) {
  return index < 0 || index >= KERNEL_COUNT ? NULL : tessera_kernels[index]->name;
}

typedef struct {
  const tessera_gemm_kernel *kernel;
  tessera_gemm gemm;
} program_call;

static void program_part(const void *context, int part, int parts, float *scratch) {
  const program_call *call = context;
  call->kernel->run(&call->gemm, part, parts, scratch);
}

static int program_run(const int64_t *shape, const void *const *inputs, void *output, int threads) {
  program_call call = {.kernel = tessera_kernels[dispatch(shape)]};
  describe(shape, &call.gemm);
  call.gemm.a = inputs[0];
  call.gemm.b = inputs[1];
  call.gemm.bias = PROGRAM_INPUTS > 2 ? inputs[2] : NULL;
  call.gemm.c = output;
  return tessera_parallel(program_part, &call, threads, call.kernel->scratch_bytes);
}

TESSERA_EXPORT const tessera_program tessera_embedded_program = {
    PROGRAM_ID, PROGRAM_DEVICE, PROGRAM_RANK, PROGRAM_INPUTS, KERNEL_COUNT, program_variables, program_kernel_name, dispatch, program_run};

/* ---- which processor this is, by the same rule as the tuner ---- */

static void append_field(char *key, size_t capacity, const char *text, const char *field) {
  size_t length = strlen(field);
  for (const char *line = text; line && *line && *line != '\n'; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
    const char *colon = strchr(line, ':');
    const char *end = strchr(line, '\n');
    if (!colon || !end || colon > end || strncmp(line, field, length) || (line[length] != ' ' && line[length] != '\t' && line[length] != ':'))
      continue;
    const char *name_end = colon;
    while (name_end > line && (name_end[-1] == ' ' || name_end[-1] == '\t')) name_end--;
    if ((size_t)(name_end - line) != length) continue;
    for (colon++; *colon == ' '; colon++) {
    }
    while (end > colon && (end[-1] == ' ' || end[-1] == '\t')) end--;
    size_t used = strlen(key);
    snprintf(key + used, capacity - used, "%.*s:", (int)(end - colon), colon);
    return;
  }
}

static const char *device_isa(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("fma"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
  return "sse2";
#elif defined(__aarch64__)
  return "neon";
#else
  return "sse2";
#endif
}

static void device_key(char *key, size_t capacity) {
  static const char *const fields[] = {"vendor_id", "cpu family", "model", "CPU implementer", "CPU part"};
  char text[4096];
  key[0] = 0;
  FILE *file = fopen("/proc/cpuinfo", "r");
  if (file) {
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = 0;
    fclose(file);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) append_field(key, capacity, text, fields[i]);
  }
  size_t used = strlen(key);
  snprintf(key + used, capacity - used, "%s", device_isa());
}

/* ---- SHA-256 (FIPS 180-4), to check a bundle's files ---- */

typedef struct {
  uint32_t state[8];
  uint64_t bytes;
  unsigned char block[64];
} sha256;

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

/* The first 32 bits of the fractional parts of the cube roots (for k) of the first primes, by integer arithmetic. */
static uint32_t root_fraction(int prime, int cube) {
  /* floor(root * 2^32) by bisection on 128-bit products; the integer part falls off. */
  unsigned __int128 low = 0, high = (unsigned __int128)32 << 32;
  while (high - low > 1) {
    unsigned __int128 middle = (low + high) / 2;
    /* compare middle^2 / 2^64 or middle^3 / 2^96 with the prime, without overflow: middle < 2^37 */
    unsigned __int128 square = middle * middle;
    int above;
    if (cube) {
      unsigned __int128 upper = (square >> 32) * middle, lower = (square & 0xffffffffu) * middle;
      upper += lower >> 32;
      above = (upper >> 64) >= (unsigned __int128)prime;
    } else {
      above = (square >> 64) >= (unsigned __int128)prime;
    }
    if (above)
      high = middle;
    else
      low = middle;
  }
  return (uint32_t)low;
}

static uint32_t sha256_k[64], sha256_initial[8];
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_constants(void) {
  int count = 0;
  for (int candidate = 2; count < 64; candidate++) {
    int prime = 1;
    for (int d = 2; d * d <= candidate; d++) prime &= candidate % d != 0;
    if (!prime) continue;
    sha256_k[count] = root_fraction(candidate, 1);
    if (count < 8) sha256_initial[count] = root_fraction(candidate, 0);
    count++;
  }
}

static void sha256_block(sha256 *s) {
  uint32_t w[64], v[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 | (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(v, s->state, sizeof v);
  for (int i = 0; i < 64; i++) {
    uint32_t e = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25), choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t one = v[7] + e + choice + sha256_k[i] + w[i];
    uint32_t a = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof v[0]);
    v[4] += one;
    v[0] = one + a + majority;
  }
  for (int i = 0; i < 8; i++) s->state[i] += v[i];
}

static void sha256_add(sha256 *s, const unsigned char *data, size_t count) {
  for (size_t i = 0; i < count; i++) {
    s->block[s->bytes++ % 64] = data[i];
    if (s->bytes % 64 == 0) sha256_block(s);
  }
}

/* The file's digest in hexadecimal; 0 if it cannot be read. */
static int sha256_file(const char *path, char hex[65]) {
  pthread_once(&sha256_once, sha256_constants);
  FILE *file = fopen(path, "rb");
  if (!file) return 0;
  sha256 s = {.bytes = 0};
  memcpy(s.state, sha256_initial, sizeof s.state);
  unsigned char buffer[8192];
  for (size_t count; (count = fread(buffer, 1, sizeof buffer, file)) > 0;) sha256_add(&s, buffer, count);
  int failed = ferror(file);
  fclose(file);
  const uint64_t bits = s.bytes * 8;
  const unsigned char end = 0x80, zero = 0;
  sha256_add(&s, &end, 1);
  while (s.bytes % 64 != 56) sha256_add(&s, &zero, 1);
  for (int i = 7; i >= 0; i--) {
    unsigned char byte = (unsigned char)(bits >> (8 * i));
    sha256_add(&s, &byte, 1);
  }
  for (int i = 0; i < 8; i++) snprintf(hex + 8 * i, 9, "%08x", s.state[i]);
  return !failed;
}

/* ---- opening ---- */

/* Every file that SHA256SUMS lists is there, unchanged. */
static tessera_status check_files(const char *folder) {
  char path[4096], line[1200], name[1024], expected[65], actual[65];
  snprintf(path, sizeof path, "%s/SHA256SUMS", folder);
  FILE *sums = fopen(path, "r");
  if (!sums) return TESSERA_NOT_FOUND;
  tessera_status status = TESSERA_OK;
  int files = 0;
  while (status == TESSERA_OK && fgets(line, sizeof line, sums)) {
    if (sscanf(line, "%64[0-9a-f]  %1023[^\n]", expected, name) != 2) status = TESSERA_CORRUPT;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (status == TESSERA_OK && (!sha256_file(path, actual) || strcmp(actual, expected))) status = TESSERA_CORRUPT;
    files++;
  }
  fclose(sums);
  return status == TESSERA_OK && files == 0 ? TESSERA_CORRUPT : status;
}

static tessera_status load_program(const char *folder, const tessera_program **program, void **library) {
  char path[4096];
  snprintf(path, sizeof path, "%s/libtessera.so", folder);
  *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!*library) return TESSERA_DEVICE_MISMATCH;
  *program = dlsym(*library, "tessera_embedded_program");
  return *program ? TESSERA_OK : TESSERA_CORRUPT;
}

/* Machine code that was tuned for one processor is refused on another. */
static tessera_status check_device(const char *device) {
  char here[512];
  device_key(here, sizeof here);
  return strcmp(here, device) ? TESSERA_DEVICE_MISMATCH : TESSERA_OK;
}

static int online_cores(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

TESSERA_EXPORT tessera_status tessera_open(const char *path, tessera_bundle **bundle) {
  if (!bundle) return TESSERA_INVALID_ARGUMENT;
  *bundle = NULL;
  const tessera_program *program = &tessera_embedded_program;
  void *library = NULL;
  tessera_status status = path ? check_files(path) : TESSERA_OK;
  if (status == TESSERA_OK && path) status = load_program(path, &program, &library);
  if (status == TESSERA_OK) status = check_device(program->device);
  tessera_bundle *opened = status == TESSERA_OK ? calloc(1, sizeof *opened) : NULL;
  if (!opened) {
    if (library) dlclose(library);
    return status == TESSERA_OK ? TESSERA_DEVICE_ERROR : status;
  }
  opened->program = program;
  opened->library = library;
  opened->threads = online_cores();
  *bundle = opened;
  return TESSERA_OK;
}

/* The pool's threads run code of this library until the process ends, so libraries stay loaded. */
TESSERA_EXPORT void tessera_close(tessera_bundle *bundle) { free(bundle); }

/* ---- using ---- */

TESSERA_EXPORT int tessera_rank(const tessera_bundle *bundle) { return bundle ? bundle->program->rank : 0; }

TESSERA_EXPORT const char *tessera_variable(const tessera_bundle *bundle, int index) {
  return !bundle || index < 0 || index >= bundle->program->rank ? NULL : bundle->program->variables[index];
}

static int is_positive(const tessera_program *program, const int64_t *shape) {
  if (program->rank > 0 && !shape) return 0;
  for (int i = 0; i < program->rank; i++)
    if (shape[i] < 1) return 0;
  return 1;
}

TESSERA_EXPORT int tessera_select(const tessera_bundle *bundle, const int64_t *shape) {
  return bundle && is_positive(bundle->program, shape) ? bundle->program->select(shape) : -1;
}

TESSERA_EXPORT tessera_status tessera_run(
    tessera_bundle *bundle, const int64_t *shape, const void *const *inputs, void *output, void *stream) {
  (void)stream;
  if (!bundle || !inputs || !output || !is_positive(bundle->program, shape)) return TESSERA_INVALID_ARGUMENT;
  for (int i = 0; i < bundle->program->inputs; i++)
    if (!inputs[i]) return TESSERA_INVALID_ARGUMENT;
  return bundle->program->run(shape, inputs, output, bundle->threads) ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

TESSERA_EXPORT const char *tessera_kernel_name(const tessera_bundle *bundle, int index) {
  return bundle ? bundle->program->kernel_name(index) : NULL;
}

TESSERA_EXPORT const char *tessera_message(tessera_status status) {
  switch (status) {
    case TESSERA_OK: return "success";
    case TESSERA_INVALID_ARGUMENT: return "an argument is NULL, not positive or out of range";
    case TESSERA_DEVICE_MISMATCH: return "the bundle was made for other hardware; tune again on this machine";
    case TESSERA_NOT_FOUND: return "there is no bundle at this path";
    case TESSERA_CORRUPT: return "a file of the bundle is missing or was changed; publish it again";
    case TESSERA_DEVICE_ERROR: return "the device failed or is out of memory";
  }
  return "unknown status";
}

/* The kernels of this target read constant operands in place, so there is nothing to prepare. */
TESSERA_EXPORT tessera_status tessera_prepare(
    tessera_bundle *bundle, int index, const void *data, const void **prepared, void *stream) {
  (void)stream;
  if (!bundle || !data || !prepared || index < 0 || index >= bundle->program->inputs) return TESSERA_INVALID_ARGUMENT;
  *prepared = data;
  return TESSERA_OK;
}

TESSERA_EXPORT tessera_status tessera_set_threads(tessera_bundle *bundle, int threads) {
  if (!bundle || threads < 1 || threads > TESSERA_MOST_THREADS) return TESSERA_INVALID_ARGUMENT;
  bundle->threads = threads;
  return TESSERA_OK;
}
