// The loops of loops.h at one level. C, because Swift cannot choose a target per function.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,popcnt"))), \
                             apply_to = function)
#define EK_LEVEL avx512
#define EK_FMA
#define EK_VECTOR_BYTES 64
#define FLANES 16
#define EK_SCALE(p, n) _mm512_scalef_pd(p, n)  // p·2ⁿ in one instruction, for numbers of any size
#define EK_PHILOX_LANES 32
#define EK_CONVERTS_WORDS  // to numbers, in one instruction each
#define EK_PHILOX64_LANES 16
#include <stddef.h>
#include <stdint.h>
#include "sort.h"
#define EK_SORT
#include "level.h"
#pragma clang attribute pop
#endif
