// Takes a worker process over in place of the program's `main`.
//
// Why C: the only place that runs after every constructor (C++ statics, Swift globals of the
// program) and still before `main` is the call that the C library makes to `main` itself.
// The C runtime's `_start` calls `__libc_start_main` with the address of `main`; defining that
// symbol in the executable lets us pass another one. Decision 0002.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static echelon_worker_ticket ticket;
static bool hook_ran;

/// Defined in Swift by EchelonWorker; weak, so that a program that links only the front end links.
extern int echelon_worker_main(void) __attribute__((weak));

echelon_worker_ticket echelon_start_ticket(void) { return ticket; }
bool echelon_start_hook_ran(void) { return hook_ran && echelon_worker_main != NULL; }

/// Reads the marker, removes it, and ties this process to its front end before anything else can
/// block, crash or stop it.
static void take_ticket(void) {
  const char *marker = getenv(ECHELON_WORKER_MARKER);
  if (marker == NULL) return;
  echelon_worker_ticket read = {.is_worker = true};
  int fields = sscanf(marker, "%d:%d:%d:%u:%u", &read.arena_descriptor, &read.lifeline_descriptor,
                      &read.front_end_pid, &read.seat, &read.incarnation);
  unsetenv(ECHELON_WORKER_MARKER);
  if (fields != 5) {
    static const char text[] =
        "echelon: the variable " ECHELON_WORKER_MARKER
        " is reserved for worker processes and holds something else; unset it\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(64);
    _exit(64);
  }
  ticket = read;
  // A subprocess of a task must not keep the arena.
  fcntl(read.arena_descriptor, F_SETFD, FD_CLOEXEC);
  if (echelon_lifeline_attach(read.lifeline_descriptor, read.front_end_pid) != 0) _exit(0);
}

#if defined(__linux__) && defined(__GLIBC__)
typedef int (*main_function)(int, char **, char **);

static int run_worker(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  return echelon_worker_main();
}

typedef int (*start_function)(main_function, int, char **, void (*)(void), void (*)(void),
                              void (*)(void), void *);

int __libc_start_main(main_function program_main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(main_function program_main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
  start_function real = (start_function)dlsym(RTLD_NEXT, "__libc_start_main");
  if (real == NULL) {
    fprintf(stderr, "echelon: the C library has no __libc_start_main to hand over to\n");
    abort();
  }
  hook_ran = true;
  take_ticket();
  main_function chosen = ticket.is_worker && echelon_worker_main ? run_worker : program_main;
  return real(chosen, argc, argv, init, fini, rtld_fini, stack_end);
}
#endif
