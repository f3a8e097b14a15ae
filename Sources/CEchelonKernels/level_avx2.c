// The loops of loops.h at one level. C, because Swift cannot choose a target per function.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define EK_LEVEL avx2
#define EK_FMA
#define EK_VECTOR_BYTES 32
#define FLANES 8
#define EK_PHILOX_LANES 16
#define EK_PHILOX64_LANES 8
#include "level.h"
#pragma clang attribute pop
#endif
