/* The C interface of a Tessera kernel bundle; the same for every bundle. */
#ifndef TESSERA_H
#define TESSERA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  TESSERA_OK,
  TESSERA_INVALID_ARGUMENT,
  TESSERA_DEVICE_MISMATCH,
  TESSERA_NOT_FOUND,
  TESSERA_CORRUPT,
  TESSERA_DEVICE_ERROR,
  TESSERA_NOT_WRITTEN
} tessera_status;

typedef struct tessera_bundle tessera_bundle;

/* path: a bundle's folder, whose files are checked against their SHA-256 first, or NULL for the one embedded in this library,
 * of which nothing is checked. Who published it is not checked here: do that before, by tessera verify BUNDLE --trust KEY.
 * On success *bundle is to be closed by tessera_close; otherwise it is NULL. */
tessera_status tessera_open(const char *path, tessera_bundle **bundle);

/* The number of shape variables, and their names in argument order (NULL outside the range). */
int tessera_rank(const tessera_bundle *bundle);
const char *tessera_variable(const tessera_bundle *bundle, int index);

/* The index of the kernel (or pair of kernels) that serves a shape, given as the values of the shape variables; -1 only if a value is not positive. */
int tessera_select(const tessera_bundle *bundle, const int64_t *shape);

/* The operands of a call, as manifest.json lists them: the inputs in the order in which tessera_run takes them, then the output. Their names,
 * element types ("float32", "float16", "bfloat16") and numbers of dimensions are NULL and -1 outside the range; a bundle of an earlier
 * version names no operands. */
int tessera_operand_count(const tessera_bundle *bundle);
const char *tessera_operand_name(const tessera_bundle *bundle, int index);
const char *tessera_operand_type(const tessera_bundle *bundle, int index);
int tessera_operand_rank(const tessera_bundle *bundle, int index);

/* An operand's extents for a shape, outermost first: as many as it has dimensions. */
tessera_status tessera_operand_extents(const tessera_bundle *bundle, int index, const int64_t *shape, int64_t *extents);

/* Computes the operator. inputs: all operands but the output, contiguous, row-major. The output is written, never
 * read, and shares no memory with an input, which is not checked here. May be called from several threads at once; stream is for devices
 * that have streams, else NULL. */
tessera_status tessera_run(tessera_bundle *bundle, const int64_t *shape, const void *const *inputs, void *output, void *stream);

/* A kernel's name, or both names of a pair; NULL outside the range. */
const char *tessera_kernel_name(const tessera_bundle *bundle, int index);

/* One sentence for a status; where the last call of this thread that failed had it, why that call failed, with the driver's own words on a
 * GPU. It stands until the thread's next call that fails. */
const char *tessera_message(tessera_status status);

/* Once all bundles of a library are closed, what it allocated on a device is freed: results must be complete, and graphs that captured
 * calls are not to be replayed any more. */
void tessera_close(tessera_bundle *bundle);

/* A constant operand, made ready once for all shapes where the kernels take it so and the workload fixes its extents (packed on a CPU, split
 * into pairs on a GPU); else *prepared is data. *prepared may stand in for inputs[index], on a GPU on the same stream or once that has come
 * so far, on a CPU in any thread, while data lives unchanged and the bundle is open. Preparing the same data again takes no more memory; on
 * a CPU it packs what is there now, and no call may use it meanwhile unless that is the same. index counts as in tessera_run. */
tessera_status tessera_prepare(tessera_bundle *bundle, int index, const void *data, const void **prepared, void *stream);

/* How many threads a call may use. The default on a CPU is every core that the process may use by its affinity and its control groups' CPU
 * quotas (a quota of 1.5 cores gives 2), or OMP_NUM_THREADS where that is fewer; it is taken when the bundle is opened. */
tessera_status tessera_set_threads(tessera_bundle *bundle, int threads);

/* Lets a call's kernel begin while the one before it on the stream ends, where the device can (NVIDIA GPUs of capability 9.0 and up:
 * programmatic dependent launch); elsewhere this changes nothing. Off by default. Results are the same. */
tessera_status tessera_set_overlap(tessera_bundle *bundle, int on);

/* Counts the calls of tessera_run that succeed, by their shapes, from now on (on: 1) or no longer (0); what was counted stays. Off by default.
 * The first 1024 different shapes are counted as they are; the values of later ones are rounded, to an eighth of an octave at first. A call
 * that a CUDA graph captures is counted once. A call allocates nothing and takes no lock; the table of a bundle has about 2 MiB. */
tessera_status tessera_count(tessera_bundle *bundle, int on);

/* Writes how often each shape was called since counting began: CSV with a column for each shape variable and one named calls, which
 * tessera drift, tessera tune --trace and workload files read. The file appears whole or not at all; TESSERA_NOT_WRITTEN where it cannot,
 * with the reason in tessera_message. Calls may go on meanwhile. */
tessera_status tessera_counts(const tessera_bundle *bundle, const char *path);

#ifdef __cplusplus
}
#endif
#endif
