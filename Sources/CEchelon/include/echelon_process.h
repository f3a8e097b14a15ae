// Processes: starting, watching and ending them; sleeping and waking across them.
#ifndef ECHELON_PROCESS_H
#define ECHELON_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Sleeps while the 32-bit word at `address` holds `expected`; `timeout_nanoseconds` < 0 is forever.
/// Returns 0 when woken (or when the word had another value), else an errno.
int echelon_futex_wait(const void *address, uint32_t expected, int64_t timeout_nanoseconds);

/// Wakes up to `count` sleepers of the word at `address`, in any process.
void echelon_futex_wake(const void *address, int32_t count);

/// What a new process of the pool begins with.
typedef struct {
  const char *directory;       // NULL: the front end's
  int32_t output, error;       // its standard streams; negative: the front end's
  const int32_t *descriptors;  // become 3, 4, …; numbers from 16 on
  size_t descriptor_count;
} echelon_process_setup;

/// Starts this executable again, in a process group of its own, with standard input from /dev/null,
/// default signal dispositions and an empty mask; nothing is open but the standard streams and the
/// descriptors of `setup`. `argv` and `environment` end with NULL. Returns 0 or an errno.
int echelon_spawn_self(char *const *argv, char *const *environment,
                       const echelon_process_setup *setup, int32_t *pid);

/// Where the descriptors of a setup lie in the new process.
enum {
  ECHELON_WORKER_ARENA_DESCRIPTOR = 3,
  ECHELON_WORKER_LIFELINE_DESCRIPTOR = 4,
  ECHELON_TEMPLATE_SOCKET_DESCRIPTOR = 5,
  ECHELON_TEMPLATE_PRELOAD_DESCRIPTOR = 6,
};

/// A descriptor that becomes readable when the process has ended, or a negative errno.
int32_t echelon_pidfd_open(int32_t pid);

/// Sends `signal` to exactly the process behind the descriptor; 0 or an errno.
int echelon_pidfd_signal(int32_t pidfd, int32_t signal);

typedef struct {
  bool known;         // false: someone else in this program collected the status
  bool was_signalled;
  int32_t code;       // the exit code, or the signal
} echelon_exit_status;

/// The status of an ended process, collected from its pidfd alone (never `waitpid(-1)`).
echelon_exit_status echelon_pidfd_reap(int32_t pidfd);

/// Waits until one of `count` descriptors is readable. `ready[i]` says which. Returns how many, 0 on
/// time-out, or a negative errno.
int echelon_poll_readable(const int32_t *descriptors, bool *ready, size_t count,
                          int32_t timeout_milliseconds);

/// A pipe whose write end stays with the front end (both close-on-exec, numbers above the standard
/// ones). Returns 0 or an errno.
int echelon_lifeline_create(int32_t *read_end, int32_t *write_end);

/// In a worker or template: arranges for the kernel to kill this process when the front end ends, by
/// two independent means, or by the pipe alone when `front_end_pid` is 0: the parent is not the front
/// end then, or the thread that forked may end. Returns non-zero when the front end is gone already.
int echelon_lifeline_attach(int32_t read_end, int32_t front_end_pid);

/// The write ends listed here are closed in a raw fork of the front end, so that such a child does
/// not keep the workers alive. 0, or ENOSPC when the list is full.
int echelon_lifeline_guard(int32_t write_end);
void echelon_lifeline_release(int32_t write_end);

/// An event counter that wakes a poller; -1 on failure.
int32_t echelon_event_create(void);
void echelon_event_signal(int32_t descriptor);
void echelon_event_drain(int32_t descriptor);

/// Monotonic time.
uint64_t echelon_now_nanoseconds(void);

/// Processors this process may run on by its affinity mask, at least 1.
int32_t echelon_affinity_count(void);

/// The processors of the affinity mask, in order; returns how many were written.
size_t echelon_affinity_list(int32_t *processors, size_t capacity);

/// Keeps the calling thread, and those it starts, on one processor. 0 or an errno.
int echelon_affinity_set(int32_t processor);

/// Names the calling thread, for tools that list threads; at most 15 bytes are kept.
void echelon_thread_name(const char *name);

#endif
