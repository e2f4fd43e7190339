/* How a CPU bundle's library runs its micro-kernels. What comes before it in the generated file: launch.h, the micro-kernels with
 * their table tessera_kernels, the constants that bundle.c names, and
 *
 *   PROGRAM_PANEL                             columns of the panels of prepared weights; 0 where no kernel reads any
 *   PROGRAM_PREPARED_DISPATCH                 dispatch() of calls with prepared weights
 *   PROGRAM_B_IS_NK                           how weights are stored
 *   PROGRAM_BATCH, PROGRAM_N and PROGRAM_K    their extents, where kernels read prepared ones
 */
#include "cores.h"
#include "prepare.h"

/* What went wrong last in the calling thread; a sentence without its full stop. */
static _Thread_local char fault[256];

/* ---- prepared weights ---- */

/* Weights that were packed once. Entries are added under the lock, read without it, and freed when nobody has a bundle open. */
typedef struct prepared_operand {
  struct prepared_operand *next;
  const void *data;
  float *panels;
} prepared_operand;

enum { PREPARED_LISTS = 1024 };

static pthread_mutex_t prepared_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(prepared_operand *) prepared_operands[PREPARED_LISTS]; /* by where panels lie */

/* Panels begin at a cache line, large ones at a page of 2 MiB. */
static _Atomic(prepared_operand *) *prepared_list(const void *panels) {
  const uint64_t mixed = ((uint64_t)(uintptr_t)panels >> 6) * 0x9e3779b97f4a7c15u;
  return &prepared_operands[mixed >> 54];
}

/* What an operand was prepared from; NULL where it was not. */
static const prepared_operand *prepared_from(const void *operand) {
  const prepared_operand *p = atomic_load_explicit(prepared_list(operand), memory_order_acquire);
  while (p && p->panels != operand) p = p->next;
  return p;
}

static const prepared_operand *prepared_of(const void *data) {
  for (int i = 0; i < PREPARED_LISTS; i++)
    for (const prepared_operand *p = atomic_load_explicit(&prepared_operands[i], memory_order_relaxed); p; p = p->next)
      if (p->data == data) return p;
  return NULL;
}

static size_t prepared_elements(void) { return tessera_prepared_elements(PROGRAM_BATCH, PROGRAM_N, PROGRAM_K, PROGRAM_PANEL); }

static void pack(const void *data, float *panels) {
  tessera_prepare_weights(data, PROGRAM_B_IS_NK, PROGRAM_BATCH, PROGRAM_N, PROGRAM_K, PROGRAM_PANEL, panels);
}

static float *panels_memory(void) {
  float *panels = tessera_prepared_memory(prepared_elements());
  if (!panels) snprintf(fault, sizeof fault, "there is no memory for %zu bytes of packed weights", prepared_elements() * sizeof(float));
  return panels;
}

/* Under the lock: where the panels of data are, or will be. NULL when out of memory. */
static const prepared_operand *prepared_for(const void *data) {
  const prepared_operand *known = prepared_of(data);
  if (known) return known;
  prepared_operand *added = calloc(1, sizeof *added);
  if (added) added->data = data, added->panels = panels_memory();
  if (!added || !added->panels) {
    free(added);
    return NULL;
  }
  pack(data, added->panels); /* before anybody can find it */
  _Atomic(prepared_operand *) *list = prepared_list(added->panels);
  added->next = atomic_load_explicit(list, memory_order_relaxed);
  atomic_store_explicit(list, added, memory_order_release);
  return added;
}

/* Packs weights once where kernels read them so; any other operand is taken as it is. What was prepared before is packed again in its
 * place, since its memory may hold other weights by now. */
static tessera_status program_prepare(int index, const void *data, const void **prepared, void *stream) {
  (void)stream;
  *prepared = data;
  if (!PROGRAM_PANEL || index != 1) return TESSERA_OK;
  pthread_mutex_lock(&prepared_lock);
  const int before = prepared_of(data) != NULL;
  const prepared_operand *p = prepared_for(data);
  if (p && before) pack(data, p->panels);
  if (p) *prepared = p->panels;
  pthread_mutex_unlock(&prepared_lock);
  return p ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

/* Frees what was prepared. Pools of threads live as long as the process. */
static void program_close(void) {
  pthread_mutex_lock(&prepared_lock);
  for (int i = 0; i < PREPARED_LISTS; i++)
    for (prepared_operand *p = atomic_exchange(&prepared_operands[i], NULL), *next; p; p = next) {
      next = p->next;
      free(p->panels);
      free(p);
    }
  pthread_mutex_unlock(&prepared_lock);
}

/* ---- calls ---- */

/* A kernel that reads panels on weights that nobody prepared: they are packed for this call alone. */
static tessera_status launch_unprepared(const tessera_gemm_kernel *kernel, const tessera_gemm *gemm, int threads) {
  tessera_gemm packed = *gemm;
  float *panels = panels_memory();
  if (!panels) return TESSERA_DEVICE_ERROR;
  pack(gemm->b, panels);
  packed.b = panels;
  const int computed = tessera_launch(kernel, &packed, threads);
  free(panels);
  return computed ? TESSERA_OK : TESSERA_DEVICE_ERROR;
}

static int program_plan(const int64_t *shape, const void *const *inputs) {
  return PROGRAM_PANEL && prepared_from(inputs[1]) ? PROGRAM_PREPARED_DISPATCH(shape) : dispatch(shape);
}

static tessera_status program_launch(int index, const tessera_gemm *gemm, int threads, void *stream) {
  (void)stream;
  const tessera_gemm_kernel *kernel = tessera_kernels[index];
  tessera_gemm whole = *gemm;
  const prepared_operand *prepared = PROGRAM_PANEL ? prepared_from(gemm->b) : NULL;
  if (prepared) whole.b = kernel->panel ? prepared->panels : prepared->data;
  if (kernel->panel && !prepared) return launch_unprepared(kernel, &whole, threads);
  return tessera_launch(kernel, &whole, threads) ? TESSERA_OK : TESSERA_DEVICE_ERROR;
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

static int program_threads(void) {
  const int threads = tessera_default_threads();
  return threads < TESSERA_MOST_THREADS ? threads : TESSERA_MOST_THREADS;
}
