// The loops of loops.h at one level. C, because Swift cannot choose a target per function.
#define EK_LEVEL baseline
#define EK_PHILOX_LANES 8
#include "level.h"
