// Monte Carlo as a C programmer writes it who wants speed: Philox 4x32-10 by vectors of this processor (intrinsics: gcc
// makes no widening multiply of a generic vector), logarithm, sine, cosine and exponential by libmvec, threads by OpenMP.
// Part of the library that openmp.c says more of; Sources/CPeers/monte_carlo.c loads it.
#include <immintrin.h>
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>

enum { ROUND = 512 };  // blocks whose numbers stay in the first-level cache

#if defined(__AVX512F__)
typedef __m512i lanes;
enum { WIDTH = 8 };
#define ALL(x) _mm512_set1_epi64((long long)(x))
#define IOTA _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7)
#define PRODUCT _mm512_mul_epu32
#define XOR _mm512_xor_si512
#define ADD _mm512_add_epi64
#define HIGH(x) _mm512_srli_epi64(x, 32)
#define JOIN(low, high) _mm512_mask_shuffle_epi32(low, 0xAAAA, high, _MM_PERM_CCAA)
#define STORE(p, x) _mm512_storeu_si512(p, x)
#elif defined(__AVX2__)
typedef __m256i lanes;
enum { WIDTH = 4 };
#define ALL(x) _mm256_set1_epi64x((long long)(x))
#define IOTA _mm256_setr_epi64x(0, 1, 2, 3)
#define PRODUCT _mm256_mul_epu32
#define XOR _mm256_xor_si256
#define ADD _mm256_add_epi64
#define HIGH(x) _mm256_srli_epi64(x, 32)
#define JOIN(low, high) _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA)
#define STORE(p, x) _mm256_storeu_si256((__m256i *)(p), x)
#else
#error "a processor with AVX2 is needed"
#endif

enum { TOGETHER = 4 };  // vectors whose multiplications hide each other's delay

/// The words of ROUND blocks from `first` on, a block's 128 bits in both arrays.
static inline void philox(uint64_t seed, uint64_t first, uint64_t *low, uint64_t *high) {
  const lanes m0 = ALL(0xD2511F53u), m1 = ALL(0xCD9E8D57u), none = ALL(0);
  for (int i = 0; i < ROUND; i += TOGETHER * WIDTH) {
    lanes c0[TOGETHER], c1[TOGETHER], c2[TOGETHER], c3[TOGETHER];
#pragma GCC unroll 4
    for (int u = 0; u < TOGETHER; u++) {
      c0[u] = ADD(ALL(first + (uint64_t)(i + u * WIDTH)), IOTA);
      c1[u] = HIGH(c0[u]);
      c2[u] = c3[u] = none;
    }
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
      lanes key0 = ALL(k0), key1 = ALL(k1);
#pragma GCC unroll 4
      for (int u = 0; u < TOGETHER; u++) {
        lanes p0 = PRODUCT(c0[u], m0), p1 = PRODUCT(c2[u], m1);
        c0[u] = XOR(XOR(HIGH(p1), c1[u]), key0);
        c1[u] = p1;
        c2[u] = XOR(XOR(HIGH(p0), c3[u]), key1);
        c3[u] = p0;
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
#pragma GCC unroll 4
    for (int u = 0; u < TOGETHER; u++) {
      STORE(low + i + u * WIDTH, JOIN(c0[u], c1[u]));
      STORE(high + i + u * WIDTH, JOIN(c2[u], c3[u]));
    }
  }
}

/// In [1, 2), by 52 bits.
static inline double from_one_to_two(uint64_t word) {
  union {
    uint64_t bits;
    double value;
  } x = {word >> 12 | (uint64_t)1023 << 52};
  return x.value;
}

/// So many rounds of one point for each block.
double monte_carlo_pi(long count) {
  long inside = 0;
#pragma omp parallel for reduction(+ : inside)
  for (long round = 0; round < count / ROUND; round++) {
    uint64_t low[ROUND], high[ROUND];
    philox(42, (uint64_t)(round * ROUND), low, high);
    long hits = 0;
    for (int i = 0; i < ROUND; i++) {
      double x = from_one_to_two(low[i]) - 1, y = from_one_to_two(high[i]) - 1;
      hits += x * x + y * y < 1;
    }
    inside += hits;
  }
  return 4.0 * (double)inside / (double)(count / ROUND * ROUND);
}

/// Two normal numbers of each of ROUND blocks, by Box and Muller's transformation.
static inline void normal_round(long round, double *x, double *y) {
  uint64_t low[ROUND], high[ROUND];
  double radius[ROUND], turn[ROUND];
  philox(42, (uint64_t)(round * ROUND), low, high);
#pragma omp simd
  for (int i = 0; i < ROUND; i++) {
    radius[i] = sqrt(-2 * log(from_one_to_two(low[i]) - (1 - 0x1p-53)));
    turn[i] = 6.283185307179586 * (from_one_to_two(high[i]) - 1);
  }
  // Loops of their own: gcc makes sincos of both, which it cannot vectorize.
#pragma omp simd
  for (int i = 0; i < ROUND; i++) x[i] = cos(turn[i]);
#pragma omp simd
  for (int i = 0; i < ROUND; i++) y[i] = sin(turn[i]);
  for (int i = 0; i < ROUND; i++) x[i] *= radius[i], y[i] *= radius[i];
}

/// Into `out`, whose length is a multiple of 2·ROUND.
void monte_carlo_normals(double *out, long count) {
#pragma omp parallel for
  for (long round = 0; round < count / (2 * ROUND); round++) {
    double *x = out + round * 2 * ROUND;
    normal_round(round, x, x + ROUND);
  }
}

/// The price of a European call: spot 100, strike 105, rate 0.03, volatility 0.2, one year.
double monte_carlo_call(long count) {
  const double mean = log(100) + 0.03 - 0.02, deviation = 0.2, strike = 105;
  double sum = 0, squares = 0;
#pragma omp parallel for reduction(+ : sum, squares)
  for (long round = 0; round < count / (2 * ROUND); round++) {
    double x[ROUND], y[ROUND];
    normal_round(round, x, y);
    double part = 0, part_squares = 0;
#pragma omp simd reduction(+ : part, part_squares)
    for (int i = 0; i < ROUND; i++) {
      double a = exp(mean + deviation * x[i]) - strike, b = exp(mean + deviation * y[i]) - strike;
      a = a > 0 ? a : 0;
      b = b > 0 ? b : 0;
      part += a + b;
      part_squares += a * a + b * b;
    }
    sum += part;
    squares += part_squares;
  }
  return squares > 0 ? exp(-0.03) * sum / (double)(count / (2 * ROUND) * 2 * ROUND) : NAN;
}
