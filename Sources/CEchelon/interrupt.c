// One interrupt drains, a second one kills.
//
// Why C: a signal handler may only do what is async-signal-safe, which no Swift code promises.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t event = -1;
static struct sigaction before;

static void on_interrupt(int signal) {
  (void)signal;
  int error = errno;
  echelon_event_signal(event);
  errno = error;
}

int32_t echelon_interrupt_catch_first(void) {
  if (sigaction(SIGINT, NULL, &before) != 0) return -errno;
  if (before.sa_handler == SIG_IGN) return -EALREADY;
  event = echelon_event_create();
  if (event < 0) return -EMFILE;
  // SA_RESETHAND: the kernel itself makes the second one fatal, whatever this process is doing.
  struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND | SA_RESTART};
  sigemptyset(&action.sa_mask);
  return sigaction(SIGINT, &action, NULL) == 0 ? event : -errno;
}

void echelon_interrupt_forget(void) { sigaction(SIGINT, &before, NULL); }
