/* How often each shape is called: a table of fixed size that any thread adds to without a lock, and the trace that is written of it.
 *
 * Shapes share one open hash table, of which nothing is ever removed. Threads have counts of their own, which nobody else writes, since
 * an atomic addition alone takes longer than all of this; threads that find none free add to shared ones. A thread is known by its
 * pthread_t or its thread pointer, whichever is at hand: one that begins after another ended may have that one's, and goes on with its
 * counts.
 *
 * The first COUNT_EXACT shapes that come are counted as they are. Others are rounded first, more coarsely as the table fills up: to one
 * of eight parts of an octave (128 to 143, 144 to 159, ...), then to octaves, to two octaves, and so on. The coarsest rounding has one
 * shape, so that no call is lost. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  COUNT_LOG_SLOTS = 12,
  COUNT_SLOTS = 1 << COUNT_LOG_SLOTS,
  COUNT_EXACT = 1024,
  COUNT_MORE = 256, /* slots for each rounding */
  COUNT_COARSEST = 8,
  COUNT_LOG_SHARDS = 6,
  COUNT_SHARDS = 1 << COUNT_LOG_SHARDS,
  COUNT_PROBES = 8,
  COUNT_MOST_RANK = 64,
  COUNT_OWN_WIDTH = PROGRAM_RANK > 0 ? PROGRAM_RANK : 1,
};

typedef struct {
  int width; /* numbers of a shape, at least 1 */
  int used;  /* slots, nearly: threads may take some more at once */
  uintptr_t owner[COUNT_SHARDS];
  int64_t calls[COUNT_SHARDS + 1][COUNT_SLOTS]; /* the last shard is everybody's */
  int64_t shapes[];                             /* [slot][width]; the first number is 0 in a free slot, and -1 while others are written */
} tessera_counter;

static tessera_counter *counter_new(int rank) {
  const size_t width = rank > 0 ? (size_t)rank : 1;
  if (rank > COUNT_MOST_RANK) return NULL;
  tessera_counter *counter = calloc(1, sizeof *counter + COUNT_SLOTS * width * sizeof(int64_t)); /* what is never touched takes no memory */
  if (counter) counter->width = (int)width;
  return counter;
}

/* Odd numbers that look random; a hash is the upper bits of a product. */
#define COUNT_HASH 0x9e3779b97f4a7c15u
#define COUNT_HASH_STEP 0xd1342543de82ef96u

/* What no other thread has that lives. */
static inline uintptr_t count_thread(void) {
#if defined(__has_builtin) && (defined(__aarch64__) || __GNUC__ >= 11) /* GCC 10 has it for x86 by name alone */
#if __has_builtin(__builtin_thread_pointer)
#define COUNT_THREAD_POINTER
#endif
#endif
#ifdef COUNT_THREAD_POINTER
  return (uintptr_t)__builtin_thread_pointer();
#else
  return (uintptr_t)pthread_self();
#endif
}

static inline int count_first_shard(uintptr_t thread) { return (int)(thread * COUNT_HASH >> (64 - COUNT_LOG_SHARDS)); }

static int count_shard(tessera_counter *counter) {
  const uintptr_t thread = count_thread();
  int shard = count_first_shard(thread);
  for (int probe = 0; probe < COUNT_PROBES; probe++, shard = (shard + 1) % COUNT_SHARDS) {
    uintptr_t owner = __atomic_load_n(&counter->owner[shard], __ATOMIC_RELAXED);
    if (owner == thread) return shard;
    if (owner == 0 && __atomic_compare_exchange_n(&counter->owner[shard], &owner, thread, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      return shard;
  }
  return COUNT_SHARDS;
}

static inline int count_is(const int64_t *slot, const int64_t *shape, int width) {
  if (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != shape[0]) return 0;
  for (int i = 1; i < width; i++)
    if (slot[i] != shape[i]) return 0;
  return 1;
}

static int count_take(int64_t *slot, const int64_t *shape, int width) {
  int64_t free_slot = 0;
  if (!__atomic_compare_exchange_n(slot, &free_slot, -1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return 0;
  for (int i = 1; i < width; i++) slot[i] = shape[i];
  __atomic_store_n(slot, shape[0], __ATOMIC_RELEASE);
  return 1;
}

static inline int count_first_slot(const int64_t *shape, int width) {
  uint64_t factor = COUNT_HASH, hash = (uint64_t)shape[0] * factor;
  for (int i = 1; i < width; i++) hash += (uint64_t)shape[i] * (factor += COUNT_HASH_STEP);
  return (int)(hash >> (64 - COUNT_LOG_SLOTS));
}

/* The slot of a shape; -1 where it has none and most are used already. Two threads that bring a shape at once may give it two slots. */
static int count_slot(tessera_counter *counter, const int64_t *shape, int most) {
  const int width = counter->width;
  for (int at = count_first_slot(shape, width);; at = (at + 1) % COUNT_SLOTS) {
    int64_t *slot = counter->shapes + (size_t)at * width;
    if (count_is(slot, shape, width)) return at;
    if (__atomic_load_n(slot, __ATOMIC_RELAXED)) continue;
    if (__atomic_load_n(&counter->used, __ATOMIC_RELAXED) >= most) return -1;
    if (count_take(slot, shape, width)) {
      __atomic_fetch_add(&counter->used, 1, __ATOMIC_RELAXED);
      return at;
    }
  }
}

/* What stands for a value in one of the roundings, 1 to COUNT_COARSEST. */
static int64_t count_rounded(int64_t value, int rounding) {
  const int octave = 63 - __builtin_clzll((unsigned long long)value), octaves = rounding > 1 ? 1 << (rounding - 2) : 0;
  const int64_t one = 1, least = one << octave;
  if (rounding == 1) return octave <= 3 ? value : (value >> (octave - 3) << (octave - 3)) + (one << (octave - 4));
  if (octaves == 1) return least + least / 8 * 3;
  const int middle = octave / octaves * octaves + octaves / 2;
  return one << (middle < 62 ? middle : 62);
}

static int count_rounded_slot(tessera_counter *counter, const int64_t *shape) {
  int64_t rounded[COUNT_MOST_RANK];
  for (int rounding = 1;; rounding++) {
    for (int i = 0; i < counter->width; i++) rounded[i] = count_rounded(shape[i], rounding);
    const int slot = count_slot(counter, rounded, rounding < COUNT_COARSEST ? COUNT_EXACT + rounding * COUNT_MORE : COUNT_SLOTS);
    if (slot >= 0) return slot;
  }
}

static inline void count_one(int64_t *calls) { __atomic_store_n(calls, __atomic_load_n(calls, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED); }

static __attribute__((noinline)) void count_anywhere(tessera_counter *counter, const int64_t *shape) {
  const int shard = count_shard(counter);
  int slot = count_slot(counter, shape, COUNT_EXACT);
  if (slot < 0) slot = count_rounded_slot(counter, shape);
  if (shard < COUNT_SHARDS) count_one(&counter->calls[shard][slot]);
  else __atomic_fetch_add(&counter->calls[shard][slot], 1, __ATOMIC_RELAXED);
}

/* Adds a call of a shape of positive numbers. Nearly always its slot and the thread's shard are the first that are looked at; there, and
 * for this library's own program, all of this takes ten cycles. */
static inline void count_call(tessera_counter *counter, const int64_t *shape) {
  if (counter->width != COUNT_OWN_WIDTH) {
    count_anywhere(counter, shape);
    return;
  }
  const uintptr_t thread = count_thread();
  const int shard = count_first_shard(thread), slot = count_first_slot(shape, COUNT_OWN_WIDTH);
  if (__atomic_load_n(&counter->owner[shard], __ATOMIC_RELAXED) == thread &&
      count_is(counter->shapes + slot * COUNT_OWN_WIDTH, shape, COUNT_OWN_WIDTH))
    count_one(&counter->calls[shard][slot]);
  else count_anywhere(counter, shape);
}

/* ---- the trace ---- */

typedef struct {
  const int64_t *shape;
  int64_t calls;
} counted_shape;

static int count_order(const int64_t *one, const int64_t *other, int width) {
  for (int i = 0; i < width; i++)
    if (one[i] != other[i]) return one[i] < other[i] ? -1 : 1;
  return 0;
}

/* Puts all shapes with their calls into rows, in ascending order, each once. Returns how many there are. */
static int count_rows(const tessera_counter *counter, counted_shape *rows) {
  int count = 0;
  for (int slot = 0; slot < COUNT_SLOTS; slot++) {
    counted_shape row = {counter->shapes + (size_t)slot * counter->width, 0};
    if (__atomic_load_n(row.shape, __ATOMIC_ACQUIRE) < 1) continue;
    for (int shard = 0; shard <= COUNT_SHARDS; shard++)
      row.calls += __atomic_load_n(&counter->calls[shard][slot], __ATOMIC_RELAXED);
    int at = count, order = -1;
    while (at > 0 && (order = count_order(row.shape, rows[at - 1].shape, counter->width)) < 0) at--;
    if (at > 0 && order == 0) {
      rows[at - 1].calls += row.calls;
      continue;
    }
    memmove(rows + at + 1, rows + at, (size_t)(count++ - at) * sizeof *rows);
    rows[at] = row;
  }
  return count;
}

static int count_is_variable(const char *const *variables, int rank, const char *name) {
  for (int i = 0; i < rank; i++)
    if (!strcmp(variables[i], name)) return 1;
  return 0;
}

/* A line of names, then one for each shape that was called. */
static void count_print(FILE *file, const tessera_counter *counter, const char *const *variables, int rank, counted_shape *rows) {
  const int count = count_rows(counter, rows);
  char name[COUNT_MOST_RANK + 8] = "calls";
  while (count_is_variable(variables, rank, name)) strcat(name, "_");
  for (int i = 0; i < rank; i++) fprintf(file, "%s,", variables[i]);
  fprintf(file, "%s\n", name);
  for (int row = 0; row < count; row++) {
    if (!rows[row].calls) continue; /* taken, and not yet called */
    for (int i = 0; i < rank; i++) fprintf(file, "%lld,", (long long)rows[row].shape[i]);
    fprintf(file, "%lld\n", (long long)rows[row].calls);
  }
}

/* Writes the trace beside its place and moves it there: readers see the old file or the new one, whole. Returns 0, or errno. */
static int count_write(const char *path, const tessera_counter *counter, const char *const *variables, int rank) {
  struct stat at;
  if (!stat(path, &at) && !S_ISREG(at.st_mode)) return S_ISDIR(at.st_mode) ? EISDIR : EINVAL; /* no device is to be replaced */
  char temporary[4096];
  const int length = snprintf(temporary, sizeof temporary, "%s.%ld-%lx.part", path, (long)getpid(), (unsigned long)pthread_self());
  if (length >= (int)sizeof temporary) return ENAMETOOLONG;
  counted_shape *rows = malloc(COUNT_SLOTS * sizeof *rows);
  if (!rows) return ENOMEM;
  const int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  int error = file ? 0 : errno;
  if (file) {
    count_print(file, counter, variables, rank, rows);
    if (fflush(file) || fsync(descriptor)) error = errno;
    if (fclose(file) && !error) error = errno;
    if (!error && rename(temporary, path)) error = errno;
    if (error) unlink(temporary);
  } else if (descriptor >= 0) {
    close(descriptor);
    unlink(temporary);
  }
  free(rows);
  return error;
}
