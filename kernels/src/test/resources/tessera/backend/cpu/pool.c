/* Cases of the thread pool, one a run: pool CASE. Ends with 0, or with a message and 1; a case that hangs is ended by a signal. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

/* On demand as on a machine with more cores than a cpu_set_t holds. */
static _Atomic int has_many_cores, moves;

static int get_affinity(pid_t thread, size_t bytes, cpu_set_t *cores) {
  if (!atomic_load(&has_many_cores)) return sched_getaffinity(thread, bytes, cores);
  memset(cores, 0x55, bytes);
  return -1;
}

static int set_affinity(pid_t thread, size_t bytes, const cpu_set_t *cores) {
  atomic_fetch_add(&moves, 1);
  return sched_setaffinity(thread, bytes, cores);
}

/* Workers of this program take one signal, by which a case stops them. */
static int all_but_one(sigset_t *signals) { return sigfillset(signals) | sigdelset(signals, SIGUSR1); }

#define sigfillset all_but_one
#define sched_getaffinity get_affinity
#define sched_setaffinity set_affinity
#include "threads.h"

#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST_PARTS = TESSERA_MOST_PARTS * 64, SECONDS = 60 };

#define EXPECT(condition, ...)            \
  do {                                    \
    if (!(condition)) {                   \
      fprintf(stderr, __VA_ARGS__);       \
      fputc('\n', stderr);                \
      _exit(1);                           \
    }                                     \
  } while (0)

/* A call that counts how often each of its parts is computed, and sums over them as a kernel would. */
typedef struct {
  int alive, spins;
  int *times;
  int64_t *squares;
} counting;

enum { ALIVE = 0x600d, SCRATCH = 256 };

static void count(const void *context, int first, int last, int parts, float *scratch) {
  const counting *call = context;
  EXPECT(call->alive == ALIVE, "a call that is over was read");
  EXPECT(0 <= first && first < last && last <= parts, "parts %d to %d of %d", first, last, parts);
  for (int i = 0; i < SCRATCH; i++) scratch[i] = (float)first;
  for (int part = first; part < last; part++) {
    for (volatile int spin = 0; spin < call->spins; spin++) {
    }
    call->times[part]++;
    call->squares[part] = (int64_t)part * part;
  }
  for (int i = 0; i < SCRATCH; i++) EXPECT(scratch[i] == (float)first, "somebody else wrote to this scratch");
}

static void run_of(double cycles, int threads, int share_parts, int spins) {
  int times[MOST_PARTS] = {0};
  int64_t squares[MOST_PARTS];
  counting call = {ALIVE, spins, times, squares};
  EXPECT(tessera_parallel(count, &call, cycles, threads, share_parts, SCRATCH * sizeof(float)), "out of memory");
  call.alive = 0;
  int computed = 0;
  while (computed < MOST_PARTS && times[computed] == 1 && squares[computed] == (int64_t)computed * computed) computed++;
  for (int part = computed; part < MOST_PARTS; part++)
    EXPECT(times[part] == 0, "part %d was computed %d times, %d parts were before it", part, times[part], computed);
  EXPECT(computed == 1 || computed % share_parts == 0, "%d parts of %d a thread", computed, share_parts);
}

static void run(int threads, int share_parts, int spins) { run_of(1e9, threads, share_parts, spins); }

static void rest(long milliseconds) {
  const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static void many_parts(void) {
  for (int i = 0; i < 20000; i++) run(1 + i % 4, 1 << i % 5, i % 97);
}

static void more_threads_than_parts(void) {
  for (int i = 0; i < 200; i++) run(64, 1, 100);
}

static void changing_threads(void) {
  for (int i = 0; i < 3000; i++) run(i % 7 == 0 ? 8 : 2, 4, 50);
}

static void after_a_rest(void) {
  for (int i = 0; i < 40; i++) {
    run(3, 4, 2000);
    rest(i % 2 ? 20 : 1);
  }
}

/* Workers are woken, and moved nowhere. */
static void many_cores(void) {
  atomic_store(&has_many_cores, 1);
  for (int i = 0; i < 10; i++) {
    run(3, 4, 2000);
    rest(20);
  }
  EXPECT(atomic_load(&moves) == 0, "a worker was moved to cores that are not known");
}

/* On a busy machine the worker takes a while to fall asleep. */
static void rest_until_asleep(void) {
  do rest(20);
  while (atomic_load(&tessera_the_pool.shares[1].sleeps) != TESSERA_ASLEEP);
}

/* They wake nobody: one part a call, by the caller. */
static void small_calls_after_a_rest(void) {
  run(2, 4, 1000);
  for (int i = 0; i < 20; i++) {
    rest_until_asleep();
    const uint32_t before = atomic_load(&tessera_the_pool.call);
    for (int j = 0; j < 3; j++) run_of(TESSERA_WAKE_CYCLES / 100, 2, 4, 10);
    EXPECT(atomic_load(&tessera_the_pool.call) == before, "a small call was dealt out");
    EXPECT(atomic_load(&tessera_the_pool.shares[1].sleeps) == TESSERA_ASLEEP, "a small call woke a worker");
  }
}

/* Their sum is worth waking for. */
static void small_calls_in_a_row(void) {
  run(2, 4, 1000);
  rest(20);
  const uint32_t before = atomic_load(&tessera_the_pool.call);
  for (int j = 0; j < 100000 && atomic_load(&tessera_the_pool.call) == before; j++) run_of(TESSERA_WAKE_CYCLES / 10, 2, 4, 10);
  EXPECT(atomic_load(&tessera_the_pool.call) != before, "a row of small calls woke nobody");
}

static void *call_often(void *argument) {
  for (int i = 0; i < 4000; i++) run(2, 1 << i % 5, i % 300);
  return argument;
}

static void callers_at_once(void) {
  pthread_t threads[6];
  for (int i = 0; i < 6; i++) pthread_create(&threads[i], NULL, call_often, NULL);
  for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
}

/* Once it runs: a new worker, or a child's, may be late. */
static void signal_worker(int signal) {
  while (syscall(SYS_tgkill, getpid(), *(volatile pid_t *)&tessera_the_pool.shares[1].thread, signal)) rest(1);
}

static void take(int signal) { EXPECT(0, "a worker took signal %d", signal); }

/* Only a worker could, since the caller does not. */
static void signals_of_the_program(void) {
  sigset_t one, pending;
  signal(SIGUSR2, take);
  run(4, 4, 1000);
  sigemptyset(&one);
  sigaddset(&one, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &one, NULL);
  kill(getpid(), SIGUSR2);
  for (int i = 0; i < 10; i++) {
    run(4, 4, 1000);
    rest(2);
  }
  sigpending(&pending);
  EXPECT(sigismember(&pending, SIGUSR2), "the signal went to nobody");
}

/* ---- fork ---- */

static void fork_and_call(void) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    for (int i = 0; i < 20; i++) run(2, 4, 1000);
    EXPECT(tessera_the_pool.workers == 1, "the child has %d workers", tessera_the_pool.workers);
    signal_worker(0);
    _exit(0);
  }
  int status;
  EXPECT(waitpid(child, &status, 0) == child && status == 0, "the child ended with status %x", status);
}

static void fork_after_a_call(void) {
  run(2, 4, 1000);
  fork_and_call();
  rest(20);
  fork_and_call();
  run(2, 4, 1000);
}

static _Atomic int stop;
static void *call_until_stopped(void *argument) {
  while (!atomic_load(&stop)) run(2, 8, 20000);
  return argument;
}

static void fork_in_a_call(void) {
  pthread_t caller;
  pthread_create(&caller, NULL, call_until_stopped, NULL);
  for (int i = 0; i < 30; i++) {
    rest(i % 3);
    fork_and_call();
  }
  atomic_store(&stop, 1);
  pthread_join(caller, NULL);
}

/* ---- a worker that does not run ---- */

enum { RUNNING, TO_PAUSE, PAUSED, TO_RUN };
static _Atomic int worker;

static void pause_here(int signal) {
  (void)signal;
  atomic_store(&worker, PAUSED);
  while (atomic_load(&worker) != TO_RUN) sched_yield();
  atomic_store(&worker, RUNNING);
}

static void ask(int state, int until) {
  atomic_store(&worker, state);
  if (state == TO_PAUSE) signal_worker(SIGUSR1);
  while (atomic_load(&worker) != until) sched_yield();
}

static void late_worker(void) {
  signal(SIGUSR1, pause_here);
  for (int i = 0; i < 30; i++) {
    run(2, 4, 100);
    rest(i % 2 ? 5 : 0); /* asleep, or still waiting at full speed */
    ask(TO_PAUSE, PAUSED);
    for (int j = 0; j < 20; j++) run(2, 1 << j % 5, 100);
    ask(TO_RUN, RUNNING);
  }
  run(2, 4, 100);
}

int main(int count, char **arguments) {
  static const struct {
    const char *name;
    void (*run)(void);
  } cases[] = {{"many_parts", many_parts},
               {"more_threads_than_parts", more_threads_than_parts},
               {"changing_threads", changing_threads},
               {"after_a_rest", after_a_rest},
               {"many_cores", many_cores},
               {"small_calls_after_a_rest", small_calls_after_a_rest},
               {"small_calls_in_a_row", small_calls_in_a_row},
               {"callers_at_once", callers_at_once},
               {"signals_of_the_program", signals_of_the_program},
               {"fork_after_a_call", fork_after_a_call},
               {"fork_in_a_call", fork_in_a_call},
               {"late_worker", late_worker}};
  alarm(SECONDS);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (count == 2 && !strcmp(arguments[1], cases[i].name)) {
      cases[i].run();
      return 0;
    }
  fprintf(stderr, "there is no such case\n");
  return 2;
}
