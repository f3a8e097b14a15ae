// One interrupt drains, a second one kills.
//
// Why C: a signal handler may only do what is async-signal-safe, which no Swift code promises.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t event = -1;
static volatile sig_atomic_t caught = 0;

/// What the signals did before, where they are caught here.
static struct {
  int signal;
  volatile sig_atomic_t is_caught;
  struct sigaction before;
} actions[2] = {{.signal = SIGINT}, {.signal = SIGTERM}};

/// All that is called here is async-signal-safe.
static void restore(void) {
  for (size_t i = 0; i < 2; i++) {
    if (!actions[i].is_caught) continue;
    sigaction(actions[i].signal, &actions[i].before, NULL);
    actions[i].is_caught = 0;
  }
}

static void on_interrupt(int signal) {
  int error = errno;
  caught = signal;
  // The next one of either kind is fatal, whatever this process is doing.
  restore();
  echelon_event_signal(event);
  errno = error;
}

int32_t echelon_interrupt_catch_first(int32_t signal) {
  size_t i = signal == SIGTERM ? 1 : 0;
  struct sigaction before;
  if (sigaction(actions[i].signal, NULL, &before) != 0) return -errno;
  if (before.sa_handler == SIG_IGN) return -EALREADY;
  if (event < 0) event = echelon_event_create();
  if (event < 0) return -EMFILE;
  actions[i].before = before;
  actions[i].is_caught = 1;
  // SA_RESETHAND: fatal already before the handler has come to restore it. The other one waits meanwhile.
  struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND | SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  if (sigaction(actions[i].signal, &action, NULL) == 0) return event;
  actions[i].is_caught = 0;
  return -errno;
}

int32_t echelon_interrupt_caught(void) { return caught; }

void echelon_interrupt_forget(void) { restore(); }
