// The start hook: a worker is the same executable, taken over in place of `main`.
#ifndef ECHELON_START_H
#define ECHELON_START_H

#include <stdbool.h>
#include <stdint.h>

/// What a process of the pool is.
typedef enum {
  ECHELON_FRONT_END = 0,      // not started by a pool
  ECHELON_SPAWNED_WORKER = 1,
  ECHELON_TEMPLATE = 2,       // workers are forked from it
  ECHELON_FORKED_WORKER = 3,
} echelon_process_kind;

/// What the front end tells a worker or template: in its environment, from which it is taken before
/// anything else runs, or in the request to fork it.
typedef struct {
  uint32_t kind;  // echelon_process_kind
  int32_t front_end_pid;
  uint32_t seat;
  uint32_t incarnation;
  int32_t processor;  // to stay on; negative: any
  uint32_t has_preload;
  uint64_t initializer_offset;  // in the arena; 0: none
  uint64_t initializer_bytes;
} echelon_worker_ticket;

/// The environment variable that marks a worker or template; removed before user code can see it.
/// Its value has the fields of the ticket in their order, with colons between.
#define ECHELON_WORKER_MARKER "ECHELON_WORKER"

/// Set in every worker, for its tasks and for the programs that they start: the worker's place in the
/// pool, from 0.
#define ECHELON_WORKER_INDEX "ECHELON_WORKER_INDEX"

/// The ticket of this process; its kind is 0 in a front end.
echelon_worker_ticket echelon_start_ticket(void);

/// Whether the hook ran when this process started. Without it a spawned copy of the executable
/// would run the user's `main` again, so no worker may be started.
bool echelon_start_hook_ran(void);

/// In a process that was forked: it is what `given` says from now on, and is tied to its front end by
/// the pipe that lies at its place.
void echelon_start_become(const echelon_worker_ticket *given);

/// Runs what a worker or template runs; returns its exit code.
int echelon_start_enter(void);

#endif
