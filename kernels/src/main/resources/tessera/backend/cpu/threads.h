/* A pool of pinned-order worker threads for one process: run(function, context, parts) calls
 * function(context, part, parts, scratch) for every part and returns when all are done. Part 0 runs on the caller.
 * Workers spin briefly between calls and then sleep. A call that finds the pool busy runs all its parts itself,
 * so calls from several threads are safe and never wait for each other.
 */
#ifndef TESSERA_THREADS_H
#define TESSERA_THREADS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define TESSERA_MOST_THREADS 256
#define TESSERA_SPINS 2000  /* about 30 us of waiting at full speed, then ... */
#define TESSERA_YIELDS 1000 /* ... about 300 us in which another thread on this core goes first, then sleep */

typedef void tessera_part_function(const void *context, int part, int parts, float *scratch);

typedef struct {
  pthread_mutex_t caller, sleepers;
  pthread_cond_t wake;
  _Atomic unsigned generation;
  _Atomic int pending;
  int workers; /* threads started so far, the caller not counted */
  int parts;
  tessera_part_function *function;
  const void *context;
  float *scratch[TESSERA_MOST_THREADS];
  size_t scratch_bytes[TESSERA_MOST_THREADS];
} tessera_pool;

static tessera_pool tessera_the_pool = {
    .caller = PTHREAD_MUTEX_INITIALIZER, .sleepers = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

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

static void *tessera_worker(void *argument) {
  tessera_pool *pool = &tessera_the_pool;
  const int part = (int)((uint64_t)(uintptr_t)argument & 0xffffffff);
  unsigned seen = (unsigned)((uint64_t)(uintptr_t)argument >> 32);
  for (;;) {
    int waited = 0;
    while (atomic_load_explicit(&pool->generation, memory_order_acquire) == seen) {
      if (waited < TESSERA_SPINS + TESSERA_YIELDS) {
        tessera_wait(&waited);
        continue;
      }
      pthread_mutex_lock(&pool->sleepers);
      while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->sleepers);
      pthread_mutex_unlock(&pool->sleepers);
    }
    seen = atomic_load(&pool->generation);
    if (part < pool->parts) pool->function(pool->context, part, pool->parts, pool->scratch[part]);
    atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_release);
  }
  return NULL;
}

/* Holds the pool's lock. Fewer threads than asked for is no error: the caller runs what is left. */
static void tessera_start_workers(tessera_pool *pool, int wanted) {
  while (pool->workers < wanted) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* A new worker must not mistake an old generation for work, so it starts from the present one. */
    uint64_t start = (uint64_t)atomic_load(&pool->generation) << 32 | (uint64_t)(pool->workers + 1);
    int failed = pthread_create(&thread, &attributes, tessera_worker, (void *)(uintptr_t)start);
    pthread_attr_destroy(&attributes);
    if (failed) return;
    pool->workers++;
  }
}

/* 1, or 0 when out of memory (nothing was computed then). */
static int tessera_parallel(tessera_part_function *function, const void *context, int parts, size_t scratch_bytes) {
  tessera_pool *pool = &tessera_the_pool;
  float *own = tessera_caller_scratch(scratch_bytes);
  if (!own) return 0;
  if (parts > TESSERA_MOST_THREADS) parts = TESSERA_MOST_THREADS;
  if (parts <= 1 || pthread_mutex_trylock(&pool->caller)) {
    for (int part = 0; part < parts; part++) function(context, part, parts, own);
    return 1;
  }
  if (pool->workers < parts - 1) tessera_start_workers(pool, parts - 1);
  int running = pool->workers + 1 < parts ? pool->workers + 1 : parts;
  for (int part = 1; part < running; part++)
    if (!tessera_grow(&pool->scratch[part], &pool->scratch_bytes[part], scratch_bytes)) running = part;
  pool->function = function;
  pool->context = context;
  pool->parts = running;
  atomic_store(&pool->pending, pool->workers);
  pthread_mutex_lock(&pool->sleepers);
  atomic_fetch_add(&pool->generation, 1);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->sleepers);
  function(context, 0, running, own);
  for (int waited = 0; atomic_load_explicit(&pool->pending, memory_order_acquire) > 0;) tessera_wait(&waited);
  pthread_mutex_unlock(&pool->caller);
  return 1;
}

#endif
