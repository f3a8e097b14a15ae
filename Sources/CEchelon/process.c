// Processes on Linux.
//
// Why C: futex, pidfd and prctl are system calls without a Swift-importable wrapper, and the fcntl
// requests of the lifeline are variadic.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int echelon_futex_wait(const void *address, uint32_t expected, int64_t timeout_nanoseconds) {
  struct timespec limit = {.tv_sec = timeout_nanoseconds / 1000000000,
                           .tv_nsec = timeout_nanoseconds % 1000000000};
  long result = syscall(SYS_futex, address, FUTEX_WAIT, expected,
                        timeout_nanoseconds < 0 ? NULL : &limit, NULL, 0);
  if (result == 0 || errno == EAGAIN) return 0;
  return errno;
}

void echelon_futex_wake(const void *address, int32_t count) {
  syscall(SYS_futex, address, FUTEX_WAKE, count, NULL, NULL, 0);
}

int echelon_spawn_self(char *const *argv, char *const *environment,
                       const echelon_process_setup *setup, int32_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error) return error;
  error = posix_spawnattr_init(&attributes);
  if (error) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!error && setup->output >= 0)
    error = posix_spawn_file_actions_adddup2(&actions, setup->output, STDOUT_FILENO);
  if (!error && setup->error >= 0)
    error = posix_spawn_file_actions_adddup2(&actions, setup->error, STDERR_FILENO);
  int next = STDERR_FILENO + 1;
  for (size_t i = 0; !error && i < setup->descriptor_count; i++)
    error = posix_spawn_file_actions_adddup2(&actions, setup->descriptors[i], next++);
  if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, next);
  if (!error && setup->directory)
    error = posix_spawn_file_actions_addchdir_np(&actions, setup->directory);
  if (!error)
    error = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  if (!error) error = posix_spawnattr_setpgroup(&attributes, 0);
  if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (!error) error = posix_spawnattr_setsigdefault(&attributes, &all);
  pid_t child = 0;
  if (!error) error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  *pid = child;
  return error;
}

int32_t echelon_pidfd_open(int32_t pid) {
  long descriptor = syscall(SYS_pidfd_open, pid, 0);
  return descriptor < 0 ? -errno : (int32_t)descriptor;
}

int echelon_pidfd_signal(int32_t pidfd, int32_t signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

echelon_exit_status echelon_pidfd_reap(int32_t pidfd) {
  siginfo_t info = {0};
  int result;
  do {
    result = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return (echelon_exit_status){.known = false};
  return (echelon_exit_status){
      .known = true, .was_signalled = info.si_code != CLD_EXITED, .code = info.si_status};
}

int echelon_poll_readable(const int32_t *descriptors, bool *ready, size_t count,
                          int32_t timeout_milliseconds) {
  struct pollfd fixed[64];
  struct pollfd *list = count <= 64 ? fixed : calloc(count, sizeof *list);
  if (list == NULL) return -ENOMEM;
  for (size_t i = 0; i < count; i++) list[i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
  int result = poll(list, count, timeout_milliseconds);
  if (result < 0) result = -errno;
  for (size_t i = 0; i < count; i++) ready[i] = result > 0 && list[i].revents != 0;
  if (list != fixed) free(list);
  return result;
}

/// Descriptors are moved above the numbers that `echelon_spawn_self` assigns in the child.
static int32_t move_up(int descriptor) {
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
  int error = errno;
  close(descriptor);
  errno = error;
  return moved;
}

int echelon_lifeline_create(int32_t *read_end, int32_t *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  *read_end = move_up(ends[0]);
  if (*read_end < 0) {
    int error = errno;
    close(ends[1]);
    return error;
  }
  *write_end = move_up(ends[1]);
  if (*write_end < 0) {
    int error = errno;
    close(*read_end);
    return error;
  }
  return 0;
}

int echelon_lifeline_attach(int32_t read_end, int32_t front_end_pid) {
  // First means: the pipe. When its last write end closes, the kernel sends the signal itself; a
  // stopped process, or one busy in C, dies all the same.
  fcntl(read_end, F_SETFD, FD_CLOEXEC);
  fcntl(read_end, F_SETOWN, getpid());
  fcntl(read_end, F_SETSIG, SIGKILL);
  fcntl(read_end, F_SETFL, O_ASYNC | O_NONBLOCK);
  // Second means: the death of the thread that started us, the supervisor of the pool, which never
  // ends before its workers. It also covers a raw fork of the front end that keeps the pipe open.
  if (front_end_pid != 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != front_end_pid) return 1;  // it ended before the line above
  }
  char byte;
  return read(read_end, &byte, 1) == 0;  // end of file: the write end closed before O_ASYNC was set
}

// The write ends of all live workers. Plain slots with atomic stores, because the handler below
// runs in a forked child, where no lock may be taken.
enum { guarded_capacity = 4096 };
static _Atomic(int32_t) guarded[guarded_capacity];  // descriptor + 1; 0 is free
static pthread_once_t guard_once = PTHREAD_ONCE_INIT;

static void close_guarded_in_child(void) {
  for (int i = 0; i < guarded_capacity; i++) {
    // Taken off the list as well: the child may fork again, and use the number for something else.
    int32_t entry = atomic_exchange(&guarded[i], 0);
    if (entry > 0) close(entry - 1);
  }
}

static void install_guard(void) { pthread_atfork(NULL, NULL, close_guarded_in_child); }

int echelon_lifeline_guard(int32_t write_end) {
  pthread_once(&guard_once, install_guard);
  for (int i = 0; i < guarded_capacity; i++) {
    int32_t empty = 0;
    if (atomic_compare_exchange_strong(&guarded[i], &empty, write_end + 1)) return 0;
  }
  return ENOSPC;
}

void echelon_lifeline_release(int32_t write_end) {
  for (int i = 0; i < guarded_capacity; i++) {
    int32_t entry = write_end + 1;
    if (atomic_compare_exchange_strong(&guarded[i], &entry, 0)) break;
  }
  close(write_end);
}

int32_t echelon_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void echelon_event_signal(int32_t descriptor) {
  uint64_t one = 1;
  // The counter cannot overflow before it is drained, and a signalled event needs no second signal.
  ssize_t written = write(descriptor, &one, sizeof one);
  (void)written;
}

void echelon_event_drain(int32_t descriptor) {
  uint64_t count;
  ssize_t got = read(descriptor, &count, sizeof count);
  (void)got;
}

uint64_t echelon_now_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int32_t echelon_affinity_count(void) {
  // A mask for 64k processors; the kernel refuses one smaller than its own.
  size_t bytes = CPU_ALLOC_SIZE(65536);
  cpu_set_t *set = CPU_ALLOC(65536);
  if (set == NULL) return 1;
  CPU_ZERO_S(bytes, set);
  int count = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : 1;
  CPU_FREE(set);
  return count < 1 ? 1 : count;
}

size_t echelon_affinity_list(int32_t *processors, size_t capacity) {
  size_t bytes = CPU_ALLOC_SIZE(65536), count = 0;
  cpu_set_t *set = CPU_ALLOC(65536);
  if (set == NULL) return 0;
  CPU_ZERO_S(bytes, set);
  if (sched_getaffinity(0, bytes, set) == 0) {
    size_t limit = CPU_COUNT_S(bytes, set);  // there are few, and they are mostly the first
    if (limit > capacity) limit = capacity;
    for (int processor = 0; count < limit; processor++)
      if (CPU_ISSET_S(processor, bytes, set)) processors[count++] = processor;
  }
  CPU_FREE(set);
  return count;
}

int echelon_affinity_set(int32_t processor) {
  if (processor < 0 || processor >= 65536) return EINVAL;
  size_t bytes = CPU_ALLOC_SIZE(65536);
  cpu_set_t *set = CPU_ALLOC(65536);
  if (set == NULL) return ENOMEM;
  CPU_ZERO_S(bytes, set);
  CPU_SET_S(processor, bytes, set);
  int error = sched_setaffinity(0, bytes, set) == 0 ? 0 : errno;
  CPU_FREE(set);
  return error;
}

void echelon_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
