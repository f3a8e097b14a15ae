// The start hook: a worker is the same executable, taken over in place of `main`.
#ifndef ECHELON_START_H
#define ECHELON_START_H

#include <stdbool.h>
#include <stdint.h>

/// What the front end tells a worker, taken from its environment before anything else runs.
typedef struct {
  bool is_worker;
  int32_t arena_descriptor;
  int32_t lifeline_descriptor;
  int32_t front_end_pid;
  uint32_t seat;
  uint32_t incarnation;
} echelon_worker_ticket;

/// The environment variable that marks a worker; removed before user code can see it.
#define ECHELON_WORKER_MARKER "ECHELON_WORKER"

/// The ticket of this process; `is_worker` is false in a front end.
echelon_worker_ticket echelon_start_ticket(void);

/// Whether the hook ran when this process started. Without it a spawned copy of the executable
/// would run the user's `main` again, so no worker may be started.
bool echelon_start_hook_ran(void);

#endif
