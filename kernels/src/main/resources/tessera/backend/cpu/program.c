/* How a CPU bundle's library runs its micro-kernels. What comes before it in the generated file: launch.h, the micro-kernels with
 * their table tessera_kernels, and the constants that bundle.c names. */
#include "cores.h"

/* What went wrong last in the calling thread; a sentence without its full stop. */
static _Thread_local char fault[256];

static tessera_status program_launch(int kernel, const tessera_gemm *gemm, int threads, void *stream) {
  (void)stream;
  return tessera_launch(tessera_kernels[kernel], gemm, threads) ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

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

/* The widest first; a processor that has one has those below it of the same architecture. */
typedef enum { ISA_AVX512, ISA_AVX2, ISA_X86_64_V2, ISA_NEON, ISA_GENERIC } isa;
enum { ISAS = ISA_GENERIC + 1 };
static const char *const isa_keys[ISAS] = {"avx512", "avx2", "x86-64-v2", "neon", "generic"};

#define PROGRAM_REFUSAL(what) "the bundle was made for other hardware (" what "); tune again on this machine"
static const char *const isa_refusals[ISAS] = {
    PROGRAM_REFUSAL("it needs AVX-512, which this processor lacks"), PROGRAM_REFUSAL("it needs AVX2, which this processor lacks"),
    PROGRAM_REFUSAL("it needs SSE4.2, which this processor lacks"), PROGRAM_REFUSAL("it needs NEON, which this processor lacks"),
    PROGRAM_REFUSAL("it needs another processor")};

static isa isa_here(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("ssse3") || !__builtin_cpu_supports("sse4.1") || !__builtin_cpu_supports("sse4.2") ||
      !__builtin_cpu_supports("popcnt"))
    return ISA_GENERIC;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2"))
    return ISA_X86_64_V2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) return ISA_AVX512;
  return ISA_AVX2;
#elif defined(__aarch64__)
  return ISA_NEON;
#else
  return ISA_GENERIC;
#endif
}

static int isa_covers(isa here, isa needed) { return here == needed || (here < needed && needed <= ISA_X86_64_V2); }

/* The key of exactly this processor. */
static void processor_key(char *key, size_t capacity) {
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
  snprintf(key + used, capacity - used, "%s", isa_keys[isa_here()]);
}

/* Older bundles have an older name for x86-64-v2 at the end of their keys. */
static int is_older_key(const char *key, const char *device) {
  const char *own = strrchr(key, ':'), *other = strrchr(device, ':');
  return own && other && own - key == other - device && !strncmp(key, device, (size_t)(own - key)) &&
         !strcmp(own, ":x86-64-v2") && !strcmp(other, ":sse2");
}

static const char *program_refusal(const char *device) {
  char key[512];
  if (!strncmp(device, "any:", 4)) {
    isa needed = 0;
    while (needed < ISA_GENERIC && strcmp(isa_keys[needed], device + 4)) needed++;
    return needed != ISA_GENERIC && isa_covers(isa_here(), needed) ? NULL : isa_refusals[needed];
  }
  processor_key(key, sizeof key);
  return !strcmp(key, device) || is_older_key(key, device) ? NULL : PROGRAM_REFUSAL("another processor");
}

/* Kernels read constant operands in place, so there is nothing to prepare, and pools of threads live as long as the process. */
static tessera_status program_prepare(int index, const void *data, const void **prepared, void *stream) {
  (void)index, (void)stream;
  *prepared = data;
  return TESSERA_OK;
}
static void program_close(void) {}

static int program_threads(void) {
  const int threads = tessera_default_threads();
  return threads < TESSERA_MOST_THREADS ? threads : TESSERA_MOST_THREADS;
}
