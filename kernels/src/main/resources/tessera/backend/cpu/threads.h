/* A pool of worker threads for one process: tessera_parallel cuts a call into equal parts and returns when all are computed.
 *
 * How a call is dealt out. Every thread of a call has a share of its parts; the caller's is share 0. A thread claims pieces (ranges
 * of parts) of its own share from the front, and when that is empty, pieces of the others' shares from the back. So the caller starts
 * at once and waits for nobody who has claimed nothing: when a worker is late, since it sleeps, or since somebody else's thread has its
 * core, the caller does its share too. A piece is half of what is left of a share, so that few pieces are large, and the last ones small.
 *
 * Why that is safe.
 * - What is left of a share is one atomic word: the number of the call, the first part and the end. Claiming is a compare-and-swap
 *   on that word, so no part is claimed twice, and whoever claims with the number of an earlier call, or from an empty share, gets nothing.
 * - The call's function and context, which may lie on the caller's stack, are read only between a claim and the adding of the piece to
 *   `done`. The caller returns when `done` has reached the number of parts, so nobody reads them later. The pool itself never goes away.
 * - The caller writes function, context, parts and done before it opens the shares (release); a claim reads them after (acquire). What a
 *   piece wrote is seen by the caller, since `done` is added to with release and read with acquire.
 * - A number of a call holds its number of threads, and a worker takes part only where its index is lower: its scratch is then large
 *   enough. Numbers repeat after 2^23 calls. A claim that succeeds over such a distance is a valid claim of the present call.
 * - A worker goes to sleep in two steps: it says that it sleeps, then looks for a call once more. The caller publishes a call, then looks
 *   who sleeps. One of the two sees the other, as all four accesses are sequentially consistent. The same holds for a caller that sleeps
 *   until the last piece is done.
 *
 * Waking a worker takes some 30 us, mostly of the caller's. So it is done only for calls, or for rows of calls, that are worth it: until
 * then, calls that find all workers asleep run alone.
 *
 * Workers run where the thread may run that started them or woke them last (its affinity mask): a caller that is pinned to some cores keeps
 * its workers there, and they stay there until another caller wakes them.
 *
 * A call that finds the pool busy runs all its parts itself, so calls from several threads are safe and never wait for each other.
 * A child of fork() has no workers, whatever they did at that moment: it starts with an empty pool.
 */
#ifndef TESSERA_THREADS_H
#define TESSERA_THREADS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TESSERA_MOST_THREADS 256
#define TESSERA_MOST_PARTS 16 /* of one share */
#define TESSERA_SPINS 2000    /* about 30 us of waiting at full speed, then ... */
#define TESSERA_YIELDS 1000   /* ... about 300 us in which another thread on this core goes first, then sleep */
#define TESSERA_CALLER_YIELDS 100 /* of a caller that waits for the last pieces, before it sleeps too */
#define TESSERA_ROW_NANOS 300000    /* calls no further apart than workers wait for the next one are in a row */
#define TESSERA_WAKE_CYCLES 600000 /* about 200 us: a row shorter than that is over before a woken worker has made up for the waking */

/* Computes the parts first <= part < last of so many parts of a call. */
typedef void tessera_parts_function(const void *context, int first, int last, int parts, float *scratch);

enum { TESSERA_AWAKE, TESSERA_ASLEEP, TESSERA_BEING_WOKEN };

/* What belongs to one thread, on cache lines of its own. */
typedef struct {
  _Alignas(128) _Atomic uint64_t left; /* call << 32 | first part << 16 | end of parts */
  _Atomic uint32_t sleeps;
  pid_t thread;
  cpu_set_t cores; /* where the worker may run again once it is awake */
  float *scratch; /* like the call's function: read between a claim and its adding to done */
  size_t scratch_bytes;
} tessera_share;

typedef struct {
  _Atomic int busy;
  int workers; /* threads started so far, the caller not counted */
  int parts;
  tessera_parts_function *function;
  const void *context;
  int64_t ended;   /* when the last call was over */
  double unaided; /* cycles of the calls in a row that ran without workers */
  _Alignas(128) _Atomic uint32_t call; /* calls so far << 9 | threads of this one */
  _Atomic int caller_core;
  _Alignas(128) _Atomic uint32_t done;
  _Atomic int caller_sleeps;
  tessera_share shares[TESSERA_MOST_THREADS];
} tessera_pool;

static tessera_pool tessera_the_pool;

static inline void tessera_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Whoever waits may share a core with the one waited for, and would keep it from working for a whole time slice. */
static inline void tessera_wait(int *waited) {
  if (++*waited < TESSERA_SPINS)
    tessera_relax();
  else
    sched_yield();
}

static void tessera_futex(_Atomic uint32_t *word, int operation, uint32_t value) {
  syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

typedef struct {
  float *memory;
  size_t bytes;
} tessera_own_scratch;

/* Memory of a calling thread, kept until the thread ends. NULL when out of memory. */
static pthread_key_t tessera_scratch_key;
static pthread_once_t tessera_scratch_once = PTHREAD_ONCE_INIT;
static void tessera_free_scratch(void *own) {
  free(((tessera_own_scratch *)own)->memory);
  free(own);
}
static void tessera_make_scratch_key(void) { pthread_key_create(&tessera_scratch_key, tessera_free_scratch); }

static int tessera_grow(float **memory, size_t *have, size_t need) {
  if (*have >= need) return 1;
  void *grown = NULL;
  if (posix_memalign(&grown, 64, (need + 4095) & ~(size_t)4095)) return 0;
  free(*memory);
  *memory = grown;
  *have = need;
  return 1;
}

static float *tessera_caller_scratch(size_t bytes) {
  pthread_once(&tessera_scratch_once, tessera_make_scratch_key);
  tessera_own_scratch *own = pthread_getspecific(tessera_scratch_key);
  if (!own) {
    own = calloc(1, sizeof *own);
    if (!own) return NULL;
    pthread_setspecific(tessera_scratch_key, own);
  }
  return tessera_grow(&own->memory, &own->bytes, bytes) ? own->memory : NULL;
}

/* ---- fork ---- */

/* Memory of the lost threads is given up: they may have been changing it. */
static void tessera_empty_pool(void) {
  tessera_pool *pool = &tessera_the_pool;
  for (int i = 0; i < TESSERA_MOST_THREADS; i++) {
    atomic_store(&pool->shares[i].sleeps, TESSERA_AWAKE);
    pool->shares[i].scratch = NULL;
    pool->shares[i].scratch_bytes = 0;
  }
  pool->workers = 0;
  atomic_store(&pool->caller_sleeps, 0);
  atomic_store(&pool->busy, 0);
}

__attribute__((constructor)) static void tessera_watch_fork(void) { pthread_atfork(NULL, NULL, tessera_empty_pool); }

/* ---- pieces ---- */

/* Half of what is left of a share, at least one part; 0 when nothing is left, or when this call is over. */
static int tessera_claim(tessera_share *share, uint32_t call, int from_back, int *first, int *last) {
  uint64_t left = atomic_load_explicit(&share->left, memory_order_relaxed), rest;
  do {
    const int begin = (int)(left >> 16 & 0xffff), end = (int)(left & 0xffff);
    if (left >> 32 != call || begin == end) return 0;
    const int take = (end - begin + 1) / 2;
    *first = from_back ? end - take : begin;
    *last = *first + take;
    rest = (uint64_t)call << 32 | (uint64_t)(from_back ? begin : *last) << 16 | (uint64_t)(from_back ? *first : end);
  } while (!atomic_compare_exchange_weak_explicit(&share->left, &left, rest, memory_order_acquire, memory_order_relaxed));
  return 1;
}

/* Runs pieces until none is left: of the own share, then of those that come after it. */
static void tessera_work(tessera_pool *pool, int index, uint32_t call) {
  const int threads = (int)(call & 0x1ff);
  for (int i = 0; i < threads; i++) {
    tessera_share *share = &pool->shares[(index + i) % threads];
    for (int first, last; tessera_claim(share, call, i > 0, &first, &last);) {
      const int parts = pool->parts;
      pool->function(pool->context, first, last, parts, pool->shares[index].scratch);
      const uint32_t done = atomic_fetch_add(&pool->done, (uint32_t)(last - first)) + (uint32_t)(last - first);
      if (done == (uint32_t)parts && atomic_load(&pool->caller_sleeps)) tessera_futex(&pool->done, FUTEX_WAKE, INT_MAX);
    }
  }
}

/* ---- workers ---- */

static void tessera_sleep(tessera_pool *pool, tessera_share *own, uint32_t seen) {
  uint32_t asleep = TESSERA_ASLEEP;
  atomic_store(&own->sleeps, TESSERA_ASLEEP);
  if (atomic_load(&pool->call) != seen && atomic_compare_exchange_strong(&own->sleeps, &asleep, TESSERA_AWAKE)) return;
  for (uint32_t state; (state = atomic_load(&own->sleeps)) != TESSERA_AWAKE;) tessera_futex(&own->sleeps, FUTEX_WAIT, state);
  if (CPU_COUNT(&own->cores) > 0) sched_setaffinity(0, sizeof own->cores, &own->cores);
}

/* Waits for the next call; at once asleep where it would wait on the caller's core. */
static uint32_t tessera_next_call(tessera_pool *pool, tessera_share *own, uint32_t seen) {
  uint32_t call;
  for (int waited = 0; (call = atomic_load_explicit(&pool->call, memory_order_acquire)) == seen;) {
    const int in_the_way = sched_getcpu() == atomic_load_explicit(&pool->caller_core, memory_order_relaxed);
    if (waited < TESSERA_SPINS + TESSERA_YIELDS && !in_the_way)
      tessera_wait(&waited);
    else
      tessera_sleep(pool, own, seen);
  }
  return call;
}

static void *tessera_worker(void *argument) {
  tessera_pool *pool = &tessera_the_pool;
  const int index = (int)((uint64_t)(uintptr_t)argument & 0xffffffff);
  tessera_share *own = &pool->shares[index];
  own->thread = (pid_t)syscall(SYS_gettid);
  for (uint32_t call = (uint32_t)((uint64_t)(uintptr_t)argument >> 32);;) {
    call = tessera_next_call(pool, own, call);
    if (index < (int)(call & 0x1ff)) tessera_work(pool, index, call);
  }
  return NULL;
}

/* Signals are the program's: a worker takes none but those of its own faults. Returns what the caller's mask was. */
static sigset_t tessera_block_signals(void) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
  sigset_t all, before;
  sigfillset(&all);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&all, faults[i]);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

/* By the thread that has the pool. Fewer threads than asked for is no error: the others do their shares. */
static void tessera_start_workers(tessera_pool *pool, int wanted) {
  const sigset_t mask = tessera_block_signals();
  while (pool->workers < wanted) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* A new worker must not mistake an old call for work, so it starts from the present one. */
    uint64_t start = (uint64_t)atomic_load(&pool->call) << 32 | (uint64_t)(pool->workers + 1);
    int failed = pthread_create(&thread, &attributes, tessera_worker, (void *)(uintptr_t)start);
    pthread_attr_destroy(&attributes);
    if (failed) break;
    pool->workers++;
  }
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/* Wakes the sleepers among the workers of a call, each on another core than the caller's: the scheduler may put them there, where they
 * would not run before the caller's time slice ends. */
static void tessera_wake(tessera_pool *pool, int threads) {
  cpu_set_t cores, others;
  int known = 0;
  for (int i = 1; i < threads; i++) {
    tessera_share *share = &pool->shares[i];
    uint32_t asleep = TESSERA_ASLEEP;
    if (atomic_load(&share->sleeps) != TESSERA_ASLEEP ||
        !atomic_compare_exchange_strong(&share->sleeps, &asleep, TESSERA_BEING_WOKEN))
      continue;
    if (!known) {
      known = 1;
      /* Of more cores than a cpu_set_t holds nothing is known: then the scheduler alone chooses. */
      if (sched_getaffinity(0, sizeof cores, &cores)) CPU_ZERO(&cores);
      others = cores;
      CPU_CLR((size_t)sched_getcpu(), &others);
    }
    share->cores = cores;
    if (CPU_COUNT(&others) > 0) sched_setaffinity(share->thread, sizeof others, &others);
    atomic_store(&share->sleeps, TESSERA_AWAKE);
    tessera_futex(&share->sleeps, FUTEX_WAKE, 1);
  }
}

/* ---- calls ---- */

static int64_t tessera_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int tessera_all_asleep(tessera_pool *pool, int threads) {
  for (int i = 1; i < threads; i++)
    if (atomic_load_explicit(&pool->shares[i].sleeps, memory_order_relaxed) != TESSERA_ASLEEP) return 0;
  return 1;
}

/* Whether a call is large enough to wake workers for, or ends a row of calls that is. */
static int tessera_worth_waking(tessera_pool *pool, double cycles) {
  if (tessera_now() - pool->ended > TESSERA_ROW_NANOS) pool->unaided = 0;
  pool->unaided += cycles;
  if (pool->unaided < TESSERA_WAKE_CYCLES) return 0;
  pool->unaided = 0;
  return 1;
}

static void tessera_wait_for(tessera_pool *pool, uint32_t parts) {
  uint32_t done;
  for (int waited = 0; (done = atomic_load_explicit(&pool->done, memory_order_acquire)) < parts;)
    if (waited < TESSERA_SPINS + TESSERA_CALLER_YIELDS) {
      tessera_wait(&waited);
    } else {
      /* An idle core lets the scheduler move a worker here that waits for another. */
      atomic_store(&pool->caller_sleeps, 1);
      done = atomic_load(&pool->done);
      if (done < parts) tessera_futex(&pool->done, FUTEX_WAIT, done);
      atomic_store(&pool->caller_sleeps, 0);
    }
}

/* By the thread that has the pool: opens the shares, and returns when all parts are done. */
static void tessera_deal(tessera_pool *pool, tessera_parts_function *function, const void *context, int threads, int share_parts, int wake) {
  const uint32_t call = (atomic_load_explicit(&pool->call, memory_order_relaxed) & ~0x1ffu) + 0x200u + (uint32_t)threads;
  pool->function = function;
  pool->context = context;
  pool->parts = threads * share_parts;
  atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->caller_core, sched_getcpu(), memory_order_relaxed);
  for (int i = 0; i < threads; i++) {
    const uint64_t first = (uint64_t)(i * share_parts), end = first + (uint64_t)share_parts;
    atomic_store_explicit(&pool->shares[i].left, (uint64_t)call << 32 | first << 16 | end, memory_order_release);
  }
  atomic_store(&pool->call, call);
  if (wake) tessera_wake(pool, threads);
  tessera_work(pool, 0, call);
  tessera_wait_for(pool, (uint32_t)(threads * share_parts));
}

/* Computes a call of about so many cycles on at most so many threads, the share of each in so many parts; 0 when out of memory (nothing was
 * computed then). */
static int tessera_parallel(
    tessera_parts_function *function, const void *context, double cycles, int threads, int share_parts, size_t scratch_bytes) {
  tessera_pool *pool = &tessera_the_pool;
  float *own = tessera_caller_scratch(scratch_bytes);
  if (!own) return 0;
  if (threads > TESSERA_MOST_THREADS) threads = TESSERA_MOST_THREADS;
  if (threads <= 1 || atomic_exchange_explicit(&pool->busy, 1, memory_order_acquire)) {
    function(context, 0, 1, 1, own);
    return 1;
  }
  if (pool->workers < threads - 1) tessera_start_workers(pool, threads - 1);
  if (threads > pool->workers + 1) threads = pool->workers + 1;
  for (int i = 1; i < threads; i++)
    if (!tessera_grow(&pool->shares[i].scratch, &pool->shares[i].scratch_bytes, scratch_bytes)) threads = i;
  const int wake = tessera_worth_waking(pool, cycles);
  if (threads == 1 || (!wake && tessera_all_asleep(pool, threads))) {
    function(context, 0, 1, 1, own);
  } else {
    pool->shares[0].scratch = own;
    tessera_deal(pool, function, context, threads, share_parts, wake);
  }
  pool->ended = tessera_now();
  atomic_store_explicit(&pool->busy, 0, memory_order_release);
  return 1;
}

#endif
