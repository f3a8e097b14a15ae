// The interrupt key, for programs that want to finish what they have begun.
#ifndef ECHELON_INTERRUPT_H
#define ECHELON_INTERRUPT_H

#include <stdint.h>

/// From now on the first SIGINT, or SIGTERM, makes the returned descriptor readable and nothing else; the
/// next one of either does what it did before Echelon: it ends the process. One descriptor serves both.
/// Returns a negative errno on failure, and -EALREADY when the signal is ignored, as SIGINT is for a job
/// that a shell put into the background.
int32_t echelon_interrupt_catch_first(int32_t signal);

/// Which of the two came first; 0 before.
int32_t echelon_interrupt_caught(void);

/// Undoes that: nobody is there to listen.
void echelon_interrupt_forget(void);

#endif
