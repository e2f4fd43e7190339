/* The part of a bundle's C library that is the same for every target. What comes before it in the generated file: the
 * micro-kernels, tessera_plans over them, dispatch(shape), describe(shape, gemm), operand_extents(shape, operand, extents), the constants
 * PROGRAM_ID, PROGRAM_DEVICE, PROGRAM_RANK, PROGRAM_INPUT_BYTES, PROGRAM_OUTPUT_BYTES, PROGRAM_VARIABLES and PROGRAM_OPERANDS (name, type
 * and rank of each), and the target's own
 *
 *   tessera_gemm                                     the extents, pointers a, b, bias and c
 *   program_plan(shape, inputs)                      the index of the plan that serves a call
 *   program_launch(kernel, gemm, threads, stream)    a status
 *   TESSERA_OVERLAPPING                              where it can let launches overlap: in place of threads
 *   program_refusal(device)                          NULL where what was made for a PROGRAM_DEVICE runs here; else why it does not
 *   program_prepare(index, data, prepared, stream)   a status; as tessera_prepare()
 *   program_close()                                  nobody has a bundle open any more
 *   TESSERA_MOST_THREADS                             that program_launch takes
 *   program_threads()                                of a call, where nobody sets them
 *   fault                                            what went wrong last in the calling thread, in words; empty for nothing to say
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "loading.h"

#define TESSERA_EXPORT __attribute__((visibility("default")))

/* What one library offers; a library that opens another bundle works through that one's program. */
typedef struct {
  const char *id;
  const char *device;
  int rank, inputs, kernel_count;
  const char *const *variables;
  const char *(*kernel_name)(int);
  int (*select)(const int64_t *);
  tessera_status (*run)(const int64_t *, const void *const *, void *, int threads, void *stream);
} tessera_program;

/* What has symbols of its own, since older bundles have none: as tessera_program.run, letting launches overlap; as tessera_prepare; an
 * open bundle more or less; why the last of these calls failed. NULL: it cannot, or need not. */
typedef tessera_status overlapping_run(const int64_t *, const void *const *, void *, void *stream);
typedef tessera_status preparation(int, const void *, const void **, void *stream);
typedef void opening(int);
typedef const char *explanation(void);

typedef struct {
  const char *name, *type;
  int rank;
} tessera_operand;

/* What a call takes; NULL where the bundle is older than this list. */
typedef struct {
  int count;
  const tessera_operand *operand;
  void (*extents)(const int64_t *shape, int operand, int64_t *extents);
} tessera_operands;

struct tessera_bundle {
  const tessera_program *program;
  overlapping_run *overlapping;
  preparation *prepare;
  opening *count;
  explanation *why;
  const tessera_operands *operands;
  void *library;
  int threads;
  unsigned special; /* 0: neither of the next two, so that such calls ask once */
  tessera_counter *counter; /* NULL before it is needed */
};

/* Bits of tessera_bundle.special. */
enum { OVERLAPPING = 1, COUNTING = 2 };

/* ---- this library's own program ---- */

static const char *const program_variables[] = {PROGRAM_VARIABLES NULL};

static const tessera_operand program_operands[] = {PROGRAM_OPERANDS};

enum { PROGRAM_INPUTS = sizeof program_operands / sizeof program_operands[0] - 1 };

TESSERA_EXPORT const tessera_operands tessera_embedded_operands = {PROGRAM_INPUTS + 1, program_operands, operand_extents};

/* Says that values of the shape variables, the first few of which are named, give no matrices. */
static void say_no_extents(char words[256], const char *const *variables, int rank, const int64_t *shape) {
  int at = snprintf(words, 256, "with");
  for (int i = 0; i < rank && at < 120; i++)
    at += snprintf(words + at, 256 - (size_t)at, "%s %.32s = %lld", i ? "," : "", variables[i], (long long)shape[i]);
  snprintf(words + at, 256 - (size_t)at, " an extent is zero, negative or too large, or divides by zero; give other values");
}

enum { PLAN_COUNT = sizeof tessera_plans / sizeof tessera_plans[0] };

static const char *program_kernel_name(int index) { return index < 0 || index >= PLAN_COUNT ? NULL : tessera_plans[index].name; }

/* One micro-kernel's rows of a call; matrices of a batch are not cut. */
static tessera_status launch_rows(int kernel, const tessera_gemm *whole, int64_t first, int64_t rows, int threads, void *stream) {
  tessera_gemm part = *whole;
  part.m = rows;
  part.a = (const void *)((const char *)whole->a + first * whole->k * PROGRAM_INPUT_BYTES);
  part.c = (void *)((char *)whole->c + first * whole->n * PROGRAM_OUTPUT_BYTES);
  return rows > 0 ? program_launch(kernel, &part, threads, stream) : TESSERA_OK;
}

/* Of an operand: no memory that can be addressed holds more of any type. */
#define MOST_ELEMENTS 0x1p46

/* Whether every extent is positive, and no matrix larger than memory can be. */
static int has_matrices(const tessera_gemm *g) {
  if (g->batch < 1 || g->m < 1 || g->n < 1 || g->k < 1) return 0;
  const double batch = (double)g->batch, m = (double)g->m, n = (double)g->n, k = (double)g->k;
  return batch * m * k < MOST_ELEMENTS && batch * n * k < MOST_ELEMENTS && batch * m * n < MOST_ELEMENTS;
}

static tessera_status program_run(const int64_t *shape, const void *const *inputs, void *output, int threads, void *stream) {
  const int plan = program_plan(shape, inputs), edge = tessera_plans[plan].edge;
  tessera_gemm gemm;
  fault[0] = 0;
  if (!describe(shape, &gemm) || !has_matrices(&gemm)) {
    say_no_extents(fault, program_variables, PROGRAM_RANK, shape);
    return TESSERA_INVALID_ARGUMENT;
  }
  gemm.a = inputs[0];
  gemm.b = inputs[1];
  gemm.bias = PROGRAM_INPUTS > 2 ? inputs[2] : NULL;
  gemm.c = output;
  int64_t left = edge < 0 ? 0 : gemm.m % tessera_plans[plan].rows;
  if (left > tessera_plans[plan].most) left = 0;
  const tessera_status status = launch_rows(tessera_plans[plan].main, &gemm, 0, gemm.m - left, threads, stream);
  return status == TESSERA_OK ? launch_rows(edge, &gemm, gemm.m - left, left, threads, stream) : status;
}

TESSERA_EXPORT const tessera_program tessera_embedded_program = {
    PROGRAM_ID, PROGRAM_DEVICE, PROGRAM_RANK, PROGRAM_INPUTS, PLAN_COUNT, program_variables, program_kernel_name, dispatch, program_run};

#ifdef TESSERA_OVERLAPPING
TESSERA_EXPORT tessera_status tessera_embedded_run_overlapping(const int64_t *shape, const void *const *inputs, void *output, void *stream) {
  return program_run(shape, inputs, output, TESSERA_OVERLAPPING, stream);
}
static overlapping_run *const own_overlapping = tessera_embedded_run_overlapping;
#else
static overlapping_run *const own_overlapping = NULL;
#endif

TESSERA_EXPORT tessera_status tessera_embedded_prepare(int index, const void *data, const void **prepared, void *stream) {
  fault[0] = 0;
  return program_prepare(index, data, prepared, stream);
}

TESSERA_EXPORT const char *tessera_embedded_why(void) { return fault; }

TESSERA_EXPORT void tessera_embedded_count(int more) {
  static int open;
  if (__atomic_add_fetch(&open, more, __ATOMIC_ACQ_REL) == 0) program_close();
}

/* ---- failing ---- */

/* Of the last call of this thread that failed. */
static _Thread_local struct {
  tessera_status status;
  char words[256];
} failure;

/* Passes a status on; words: why it is so, or NULL for no more than the status says. */
static tessera_status explained(tessera_status status, const char *words) {
  if (status == TESSERA_OK) return status;
  failure.status = status;
  snprintf(failure.words, sizeof failure.words, "%s", words ? words : "");
  return status;
}

/* Refuses an argument, in the words of printf. */
static __attribute__((noinline, cold, format(printf, 1, 2))) tessera_status invalid(const char *format, ...) {
  va_list values;
  va_start(values, format);
  failure.status = TESSERA_INVALID_ARGUMENT;
  vsnprintf(failure.words, sizeof failure.words, format, values);
  va_end(values);
  return TESSERA_INVALID_ARGUMENT;
}

static const char no_bundle[] = "bundle is NULL; give one that tessera_open opened";

/* ---- opening ---- */

/* What is wrong in a bundle's folder, which is named: of a long path the end. */
static tessera_status of_folder(const char *folder, tessera_status status) {
  enum { MOST_OF_PATH = 160 };
  if (status == TESSERA_OK) return status;
  const size_t length = strlen(folder);
  const char *words = status == TESSERA_NOT_FOUND ? "there is no bundle here; give a folder that has a SHA256SUMS"
                    : status == TESSERA_CORRUPT   ? "a file of the bundle is missing or was changed; publish it again"
                    : status == TESSERA_DEVICE_MISMATCH ? "the bundle's library does not load here; tune again on this machine"
                                                        : "there is no memory for the bundle's library";
  char all[sizeof failure.words];
  snprintf(all, sizeof all, "%s%s: %s", length > MOST_OF_PATH ? "..." : length ? "" : "an empty path",
           folder + (length > MOST_OF_PATH ? length - MOST_OF_PATH : 0), words);
  return explained(status, all);
}

static tessera_status load_program(const char *folder, const tessera_program **program, void **library) {
  char digest[65];
  tessera_status status = check_files(folder, digest);
  if (status == TESSERA_OK) status = load_library(folder, digest, library);
  if (status != TESSERA_OK) return status;
  *program = dlsym(*library, "tessera_embedded_program");
  return *program ? TESSERA_OK : TESSERA_CORRUPT;
}

/* Machine code that was made for one device is refused on another. */
static tessera_status check_device(const char *device) {
  const char *refusal = program_refusal(device);
  return explained(refusal ? TESSERA_DEVICE_MISMATCH : TESSERA_OK, refusal);
}

TESSERA_EXPORT tessera_status tessera_open(const char *path, tessera_bundle **bundle) {
  if (!bundle) return invalid("bundle is NULL; give the address of a pointer");
  *bundle = NULL;
  const tessera_program *program = &tessera_embedded_program;
  void *library = NULL;
  tessera_status status = path ? of_folder(path, load_program(path, &program, &library)) : TESSERA_OK;
  if (status == TESSERA_OK) status = check_device(program->device);
  tessera_bundle *opened = status == TESSERA_OK ? calloc(1, sizeof *opened) : NULL;
  if (!opened) return status == TESSERA_OK ? explained(TESSERA_DEVICE_ERROR, "there is no memory to open a bundle") : status;
  opened->program = program;
  opened->overlapping = library ? (overlapping_run *)dlsym(library, "tessera_embedded_run_overlapping") : own_overlapping;
  opened->prepare = library ? (preparation *)dlsym(library, "tessera_embedded_prepare") : tessera_embedded_prepare;
  opened->count = library ? (opening *)dlsym(library, "tessera_embedded_count") : tessera_embedded_count;
  opened->why = library ? (explanation *)dlsym(library, "tessera_embedded_why") : tessera_embedded_why;
  opened->operands = library ? dlsym(library, "tessera_embedded_operands") : &tessera_embedded_operands;
  if (opened->count) opened->count(1);
  opened->library = library;
  opened->threads = program_threads();
  *bundle = opened;
  return TESSERA_OK;
}

TESSERA_EXPORT void tessera_close(tessera_bundle *bundle) {
  if (bundle && bundle->count) bundle->count(-1);
  if (bundle) free(bundle->counter);
  free(bundle);
}

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

/* Refuses the values of a shape, the first of which that is not positive is named. */
static tessera_status invalid_shape(const tessera_program *program, const int64_t *shape) {
  if (!shape) return invalid("shape is NULL; give the values of the %d shape variables", program->rank);
  int i = 0;
  while (i < program->rank - 1 && shape[i] >= 1) i++;
  return invalid("the shape variable %s is %lld; it must be positive", program->variables[i], (long long)shape[i]);
}

static const tessera_operand *operand_of(const tessera_bundle *bundle, int index) {
  return index < 0 || index >= tessera_operand_count(bundle) ? NULL : &bundle->operands->operand[index];
}

TESSERA_EXPORT int tessera_operand_count(const tessera_bundle *bundle) {
  return bundle && bundle->operands ? bundle->operands->count : 0;
}

TESSERA_EXPORT const char *tessera_operand_name(const tessera_bundle *bundle, int index) {
  const tessera_operand *operand = operand_of(bundle, index);
  return operand ? operand->name : NULL;
}

TESSERA_EXPORT const char *tessera_operand_type(const tessera_bundle *bundle, int index) {
  const tessera_operand *operand = operand_of(bundle, index);
  return operand ? operand->type : NULL;
}

TESSERA_EXPORT int tessera_operand_rank(const tessera_bundle *bundle, int index) {
  const tessera_operand *operand = operand_of(bundle, index);
  return operand ? operand->rank : -1;
}

TESSERA_EXPORT tessera_status tessera_operand_extents(
    const tessera_bundle *bundle, int index, const int64_t *shape, int64_t *extents) {
  if (!bundle) return invalid(no_bundle);
  if (!operand_of(bundle, index)) return invalid("there is no operand %d; the bundle names %d", index, tessera_operand_count(bundle));
  if (!extents) return invalid("extents is NULL; give room for as many as the operand has dimensions");
  if (!is_positive(bundle->program, shape)) return invalid_shape(bundle->program, shape);
  bundle->operands->extents(shape, index, extents);
  double elements = 1;
  for (int d = 0; d < bundle->operands->operand[index].rank; d++) {
    elements *= (double)extents[d];
    if (extents[d] < 1 || elements >= MOST_ELEMENTS) {
      say_no_extents(failure.words, bundle->program->variables, bundle->program->rank, shape);
      return failure.status = TESSERA_INVALID_ARGUMENT;
    }
  }
  return TESSERA_OK;
}

TESSERA_EXPORT int tessera_select(const tessera_bundle *bundle, const int64_t *shape) {
  return bundle && is_positive(bundle->program, shape) ? bundle->program->select(shape) : -1;
}

/* The shape of an operator without shape variables, as it is counted. */
static const int64_t no_values[] = {1};

/* Passes on what a bundle's program says of its last call. */
static tessera_status told(const tessera_bundle *bundle, tessera_status status) {
  return explained(status, bundle->why ? bundle->why() : NULL);
}

/* Apart from tessera_run, so that other calls take no longer. */
static __attribute__((noinline)) tessera_status run_specially(
    const tessera_bundle *bundle, const int64_t *shape, const void *const *inputs, void *output, void *stream) {
  const int overlaps = __atomic_load_n(&bundle->special, __ATOMIC_RELAXED) & OVERLAPPING;
  const tessera_status status = overlaps ? bundle->overlapping(shape, inputs, output, stream)
                                         : bundle->program->run(shape, inputs, output, bundle->threads, stream);
  if (status != TESSERA_OK) return told(bundle, status);
  if (__atomic_load_n(&bundle->special, __ATOMIC_ACQUIRE) & COUNTING) count_call(bundle->counter, bundle->program->rank > 0 ? shape : no_values);
  return TESSERA_OK;
}

/* An operand's name, in parentheses; empty where a bundle names none. */
static const char *name_of(const tessera_bundle *bundle, int index, char words[64]) {
  const char *name = tessera_operand_name(bundle, index);
  snprintf(words, 64, "%s%s%s", name ? " (" : "", name ? name : "", name ? ")" : "");
  return words;
}

/* Says which argument of a call is missing or wrong. */
static tessera_status invalid_call(const tessera_bundle *bundle, const int64_t *shape, const void *const *inputs) {
  char name[64];
  if (!bundle) return invalid(no_bundle);
  if (!is_positive(bundle->program, shape)) return invalid_shape(bundle->program, shape);
  if (!inputs) return invalid("inputs is NULL; give an array of %d pointers", bundle->program->inputs);
  for (int i = 0; i < bundle->program->inputs; i++)
    if (!inputs[i]) return invalid("inputs[%d]%s is NULL; give its data", i, name_of(bundle, i, name));
  return invalid("output%s is NULL; give memory for the result", name_of(bundle, bundle->program->inputs, name));
}

TESSERA_EXPORT tessera_status tessera_run(
    tessera_bundle *bundle, const int64_t *shape, const void *const *inputs, void *output, void *stream) {
  if (!bundle || !inputs || !output || !is_positive(bundle->program, shape)) return invalid_call(bundle, shape, inputs);
  for (int i = 0; i < bundle->program->inputs; i++)
    if (!inputs[i]) return invalid_call(bundle, shape, inputs);
  return __atomic_load_n(&bundle->special, __ATOMIC_RELAXED)
           ? run_specially(bundle, shape, inputs, output, stream)
           : told(bundle, bundle->program->run(shape, inputs, output, bundle->threads, stream));
}

TESSERA_EXPORT const char *tessera_kernel_name(const tessera_bundle *bundle, int index) {
  return bundle ? bundle->program->kernel_name(index) : NULL;
}

TESSERA_EXPORT const char *tessera_message(tessera_status status) {
  if (status == failure.status && failure.words[0]) return failure.words;
  switch (status) {
    case TESSERA_OK: return "success";
    case TESSERA_INVALID_ARGUMENT: return "an argument is NULL, not positive or out of range";
    case TESSERA_DEVICE_MISMATCH: return "the bundle was made for other hardware; tune again on this machine";
    case TESSERA_NOT_FOUND: return "there is no bundle at this path";
    case TESSERA_CORRUPT: return "a file of the bundle is missing or was changed; publish it again";
    case TESSERA_DEVICE_ERROR: return "the device failed or is out of memory";
    case TESSERA_NOT_WRITTEN: return "the file cannot be written";
  }
  return "unknown status";
}

TESSERA_EXPORT tessera_status tessera_prepare(
    tessera_bundle *bundle, int index, const void *data, const void **prepared, void *stream) {
  char name[64];
  if (!bundle) return invalid(no_bundle);
  if (index < 0 || index >= bundle->program->inputs) return invalid("there is no input %d; the bundle takes %d", index, bundle->program->inputs);
  if (!data) return invalid("data%s is NULL; give the operand's data", name_of(bundle, index, name));
  if (!prepared) return invalid("prepared is NULL; give the address of a pointer");
  *prepared = data;
  return bundle->prepare ? told(bundle, bundle->prepare(index, data, prepared, stream)) : TESSERA_OK;
}

TESSERA_EXPORT tessera_status tessera_set_threads(tessera_bundle *bundle, int threads) {
  if (!bundle) return invalid(no_bundle);
  if (threads < 1 || threads > TESSERA_MOST_THREADS) return invalid("threads is %d; give 1 to %d", threads, TESSERA_MOST_THREADS);
  bundle->threads = threads;
  return TESSERA_OK;
}

static void set_special(tessera_bundle *bundle, unsigned bit, int on) {
  if (on) __atomic_fetch_or(&bundle->special, bit, __ATOMIC_RELEASE);
  else __atomic_fetch_and(&bundle->special, ~bit, __ATOMIC_RELEASE);
}

TESSERA_EXPORT tessera_status tessera_set_overlap(tessera_bundle *bundle, int on) {
  if (!bundle) return invalid(no_bundle);
  set_special(bundle, OVERLAPPING, on && bundle->overlapping);
  return TESSERA_OK;
}

TESSERA_EXPORT tessera_status tessera_count(tessera_bundle *bundle, int on) {
  if (!bundle) return invalid(no_bundle);
  if (bundle->program->rank > COUNT_MOST_RANK) return invalid("calls of more than %d shape variables are not counted", COUNT_MOST_RANK);
  tessera_counter *none = NULL;
  if (on && !__atomic_load_n(&bundle->counter, __ATOMIC_ACQUIRE)) {
    tessera_counter *fresh = counter_new(bundle->program->rank);
    if (!fresh) return explained(TESSERA_DEVICE_ERROR, "there is no memory for the table of counts");
    if (!__atomic_compare_exchange_n(&bundle->counter, &none, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      free(fresh); /* another thread was first */
  }
  set_special(bundle, COUNTING, on);
  return TESSERA_OK;
}

TESSERA_EXPORT tessera_status tessera_counts(const tessera_bundle *bundle, const char *path) {
  char words[256];
  if (!bundle) return invalid(no_bundle);
  if (!path) return invalid("path is NULL; give the file to write");
  const tessera_counter *counter = __atomic_load_n(&bundle->counter, __ATOMIC_ACQUIRE);
  if (!counter) return invalid("nothing was counted; call tessera_count(bundle, 1) before the calls");
  const int error = count_write(path, counter, bundle->program->variables, bundle->program->rank);
  errno = error; /* for %m */
  snprintf(words, sizeof words, "the counts cannot be written to %.150s (%m); give a file in a folder that exists and may be written", path);
  return explained(error ? TESSERA_NOT_WRITTEN : TESSERA_OK, words);
}
