// Several stacks in one thread, for the simulation: its threads and workers take turns on a single
// real one. Why C: a switch of stacks returns twice, which Swift cannot express.
#ifndef ECHELON_FIBER_H
#define ECHELON_FIBER_H

#include <stddef.h>

/// A stack of its own, and where it was left.
typedef struct echelon_fiber echelon_fiber;

/// A fiber with a stack of at least `stack_bytes` and a guard page below it; NULL when there is no
/// memory.
echelon_fiber *echelon_fiber_create(size_t stack_bytes);
void echelon_fiber_destroy(echelon_fiber *fiber);

/// Has the fiber begin in `entry` when it is entered next, whatever its stack held before. `entry`
/// must not return.
void echelon_fiber_begin(echelon_fiber *fiber, void (*entry)(void *), void *argument);

/// Goes on in the fiber; returns when it leaves.
void echelon_fiber_enter(echelon_fiber *fiber);

/// In the fiber: goes back to whoever entered it; returns when it is entered again.
void echelon_fiber_leave(echelon_fiber *fiber);

/// What the calling thread simulates; NULL in all others.
extern _Thread_local void *echelon_simulated_machine_word;
static inline void *echelon_simulated_machine(void) { return echelon_simulated_machine_word; }
static inline void echelon_set_simulated_machine(void *machine) {
  echelon_simulated_machine_word = machine;
}

#endif
