// The interrupt key, for programs that want to finish what they have begun.
#ifndef ECHELON_INTERRUPT_H
#define ECHELON_INTERRUPT_H

#include <stdint.h>

/// From now on the first SIGINT makes the returned descriptor readable and nothing else; the next one
/// does what it did before Echelon: it ends the process. Returns a negative errno on failure, and
/// -EALREADY when SIGINT is ignored, as it is for a job that a shell put into the background.
int32_t echelon_interrupt_catch_first(void);

/// Undoes that: nobody is there to listen.
void echelon_interrupt_forget(void);

#endif
