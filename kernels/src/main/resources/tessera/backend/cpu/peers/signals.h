/* The handlers of SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP and SIGABRT that this process had before a library of others came. Included by
 * harness.c.
 *
 * A JVM handles most of these in the course of its own work. LIBXSMM 2.0 puts a handler of its own in front, and calls the JVM's without the
 * address of the fault: the process then hangs, or dies, when the JVM next stops its threads. That may still happen while a library is
 * loaded or begins, which takes moments; afterwards its handlers are gone.
 */
#include <signal.h>

static const int peer_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};

enum { PEER_SIGNALS = sizeof peer_signals / sizeof peer_signals[0] };

typedef struct {
  struct sigaction of[PEER_SIGNALS];
} signal_handlers;

static signal_handlers handlers_now(void) {
  signal_handlers now;
  for (int i = 0; i < PEER_SIGNALS; i++) sigaction(peer_signals[i], NULL, &now.of[i]);
  return now;
}

static void handlers_restore(const signal_handlers *before) {
  for (int i = 0; i < PEER_SIGNALS; i++) sigaction(peer_signals[i], &before->of[i], NULL);
}
