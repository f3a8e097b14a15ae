// The loops of loops.h at one level. C, because Swift cannot choose a target per function.
#define EK_LEVEL baseline
#define FLANES 4
#define EK_VECTOR_BYTES 16
#if defined(__aarch64__)
#define EK_FMA  // every such processor has it
#endif
#define EK_PHILOX_LANES 8
#define EK_PHILOX64_LANES 1
#include "level.h"
