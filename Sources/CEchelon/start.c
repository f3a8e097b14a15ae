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
#include <inttypes.h>
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
static void settle(void);

static void take_ticket(void) {
  const char *marker = getenv(ECHELON_WORKER_MARKER);
  if (marker == NULL) return;
  echelon_worker_ticket read = {0};
  int fields = sscanf(marker, "%u:%d:%u:%u:%d:%u:%" SCNu64 ":%" SCNu64, &read.kind,
                      &read.front_end_pid, &read.seat, &read.incarnation, &read.processor,
                      &read.has_preload, &read.initializer_offset, &read.initializer_bytes);
  unsetenv(ECHELON_WORKER_MARKER);
  if (fields != 8 || (read.kind != ECHELON_SPAWNED_WORKER && read.kind != ECHELON_TEMPLATE)) {
    static const char text[] =
        "echelon: the variable " ECHELON_WORKER_MARKER
        " is reserved for worker processes and holds something else; unset it\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(64);
    _exit(64);
  }
  ticket = read;
  if (echelon_lifeline_attach(ECHELON_WORKER_LIFELINE_DESCRIPTOR, read.front_end_pid) != 0) _exit(0);
  settle();
}

/// What is left to do once the process is tied to its front end.
static void settle(void) {
  // A subprocess of a task must not keep what is the pool's.
  fcntl(ECHELON_WORKER_ARENA_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
  if (ticket.kind == ECHELON_TEMPLATE) {
    fcntl(ECHELON_TEMPLATE_SOCKET_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
    fcntl(ECHELON_TEMPLATE_PRELOAD_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
  }
  // The front end has checked that the processor is allowed; if it was taken away since, any will do.
  if (ticket.processor >= 0) echelon_affinity_set(ticket.processor);
}

/// Lets a worker's tasks, and the programs that they start, know its place.
static void publish_index(void) {
  if (ticket.kind == ECHELON_TEMPLATE) return;
  char index[16];
  snprintf(index, sizeof index, "%u", ticket.seat);
  setenv(ECHELON_WORKER_INDEX, index, 1);
}

void echelon_start_become(const echelon_worker_ticket *given) {
  ticket = *given;
  int32_t parent = 0;  // the parent is the template, whose death is not to be ours
  if (echelon_lifeline_attach(ECHELON_WORKER_LIFELINE_DESCRIPTOR, parent) != 0) _exit(0);
  settle();
  publish_index();
}

int echelon_start_enter(void) { return echelon_worker_main ? echelon_worker_main() : 64; }

#if defined(__linux__) && defined(__GLIBC__)
typedef int (*main_function)(int, char **, char **);

static int run_worker(int argc, char **argv, char **environment) {
  (void)argc, (void)argv, (void)environment;
  publish_index();  // not earlier: the C library sets the environment up once more
  return echelon_start_enter();
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
  main_function chosen = ticket.kind != ECHELON_FRONT_END && echelon_worker_main ? run_worker : program_main;
  return real(chosen, argc, argv, init, fini, rtld_fini, stack_end);
}
#endif
