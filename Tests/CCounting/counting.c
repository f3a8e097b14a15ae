// In C because malloc is replaced by its name, and because a process that is forked off a program of
// several threads may do no more than system calls. Linux alone.
#define _GNU_SOURCE
#include "CCounting.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- Allocations. The C library's own functions under the names that it keeps for this.

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t allocations;

static void count_allocation(void) {
  atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
}

uint64_t counting_allocations(void) {
  return atomic_load_explicit(&allocations, memory_order_relaxed);
}

void *malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  count_allocation();
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count_allocation();
  void *block = __libc_memalign(alignment, size);
  if (!block) return ENOMEM;
  *result = block;
  return 0;
}

// ---- Instructions and system calls, by a process that traces this one.

enum { starting, counting, ended };

typedef struct {
  _Atomic int is_allowed;  // to trace
  _Atomic int phase;
  _Atomic int failure;
  _Atomic uint64_t count;
} shared_count;

static shared_count *shared;
static pid_t tracer;
static cpu_set_t processors;  // that the caller may have

/// The signal that a stopped thread is to get when it goes on; 0 for stops that are ours.
static int signal_to_deliver(int status) {
  int number = WSTOPSIG(status);
  return status >> 16 || number == SIGTRAP || number == (SIGTRAP | 0x80) ? 0 : number;
}

/// Seizes a thread and waits until it stands still.
static int stop(pid_t thread) {
  if (ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD) != 0) return errno;
  if (ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0) return errno;
  int status;
  while (waitpid(thread, &status, __WALL) == thread) {
    if (!WIFSTOPPED(status)) return ESRCH;
    if (status >> 16 == PTRACE_EVENT_STOP) return 0;
    ptrace(PTRACE_CONT, thread, 0, signal_to_deliver(status));
  }
  return errno;
}

static _Noreturn void trace(counting_subject subject, pid_t caller, const int32_t *threads, int count) {
  int failure = stop(caller);
  for (int index = 0; index < count && failure == 0; index++) {
    if (threads[index] != caller) failure = stop(threads[index]);
  }
  shared->failure = failure;
  shared->phase = failure ? ended : counting;
  // Who is traced goes on by itself when this process ends.
  if (failure) _exit(1);
  const int request = subject == counting_instructions ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;
  ptrace(request, caller, 0, 0);
  for (int index = 0; index < count; index++) {
    if (threads[index] != caller) ptrace(request, threads[index], 0, 0);
  }
  while (shared->phase == counting) {
    int status;
    pid_t thread = waitpid(-1, &status, __WALL);
    if (thread < 0) break;
    if (!WIFSTOPPED(status)) continue;
    if (subject == counting_instructions) {
      shared->count += WSTOPSIG(status) == SIGTRAP;
    } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      struct __ptrace_syscall_info call;
      ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof call, &call);
      shared->count += call.op == PTRACE_SYSCALL_INFO_ENTRY;
    }
    // Not by the end of this process, which would leave a processor in single steps.
    const int is_over = shared->phase != counting;
    ptrace(is_over ? PTRACE_DETACH : request, thread, 0, signal_to_deliver(status));
  }
  _exit(0);
}

int counting_begin(counting_subject subject, const int32_t *threads, int count) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return errno;
  const pid_t caller = (pid_t)syscall(SYS_gettid);
  if (subject == counting_instructions) {
    // Both take turns: on one processor that is a switch, on two a message between them.
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_getaffinity(0, sizeof processors, &processors);
    sched_setaffinity(0, sizeof here, &here);
  }
  tracer = fork();
  if (tracer < 0) return errno;
  if (tracer == 0) {
    while (!shared->is_allowed) sched_yield();
    trace(subject, caller, threads, count);
  }
  // Where only ancestors may trace; elsewhere this does nothing.
  prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
  shared->is_allowed = 1;
  while (shared->phase == starting) sched_yield();
  return shared->failure;
}

uint64_t counting_end(void) {
  shared->phase = ended;
  // A last stop, so that a process that waits for one sees that it is over.
  syscall(SYS_getpid);
  int status;
  while (waitpid(tracer, &status, 0) < 0 && errno == EINTR) {}
  const uint64_t count = shared->count;
  if (CPU_COUNT(&processors) > 0) sched_setaffinity(0, sizeof processors, &processors);
  munmap(shared, sizeof *shared);
  return count;
}
