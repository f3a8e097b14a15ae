// The virtual machine all levels share: 16 lanes of double, folded in a fixed order.
//
// A clang vector of 16 doubles becomes 2 registers with AVX-512, 4 with AVX2, 8 with SSE2 or NEON.
// Its operations are element-wise IEEE operations, so the bits are the same whatever the width.

enum {
  LANES = 16,
  STEP_ROWS = 8,                        // rows added pairwise before they meet the accumulator
  STEP = LANES * STEP_ROWS,             // elements read by one turn of the inner loop
  BLOCK = 2048,                         // elements summed in lanes: 16 KiB of double stay in L1
  COUNTER_LEVELS = 48,                  // log2 of the most blocks one call can have
};

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t lane_bits __attribute__((vector_size(LANES * sizeof(int64_t))));

/// Adds the lanes as a balanced tree.
static inline double fold(const lanes *v) {
  double t[LANES];
  memcpy(t, v, sizeof t);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int k = 0; k < width; k++) t[k] += t[k + width];
  return t[0];
}

/// Pairwise summation of block results in one pass: a binary counter whose bit k holds a sum of
/// 2^k blocks. Depth log2(blocks) instead of blocks.
typedef struct {
  uint64_t blocks;
  double sum[COUNTER_LEVELS];
} sum_counter;

static inline void push_sum(sum_counter *c, double value) {
  int level = 0;
  for (uint64_t carry = c->blocks++; carry & 1; carry >>= 1) value = c->sum[level++] + value;
  c->sum[level] = value;
}

static inline double total_sum(const sum_counter *c) {
  double total = 0;
  int level = 0;
  for (uint64_t bits = c->blocks; bits; bits >>= 1, level++)
    if (bits & 1) total = c->sum[level] + total;
  return total;
}

/// The same for what `merge` puts together, from `nothing`.
#define COUNTER(name, type, merge, ...)                                                \
  typedef struct {                                                                     \
    uint64_t blocks;                                                                   \
    type part[COUNTER_LEVELS];                                                         \
  } name##_counter;                                                                    \
                                                                                       \
  static inline void push_##name(name##_counter *c, type value) {                      \
    int level = 0;                                                                     \
    for (uint64_t carry = c->blocks++; carry & 1; carry >>= 1)                         \
      value = merge(c->part[level++], value);                                          \
    c->part[level] = value;                                                            \
  }                                                                                    \
                                                                                       \
  static inline type total_##name(const name##_counter *c) {                           \
    type total = __VA_ARGS__;                                                          \
    int level = 0;                                                                     \
    for (uint64_t bits = c->blocks; bits; bits >>= 1, level++)                         \
      if (bits & 1) total = merge(c->part[level], total);                              \
    return total;                                                                      \
  }

COUNTER(moments, ek_moments, ek_merge_moments, {0, 0, 0})
COUNTER(central, ek_central_moments, ek_merge_central_moments, {0, 0, 0, 0, 0})
COUNTER(scaled, ek_scaled, ek_multiply_scaled, {1, 0})

/// Sums of powers of deviations from a shift next to the mean, moved to the mean: what is left of the first power
/// corrects the others.
static inline ek_central_moments about_mean(double count, double shift, double first, double m2, double m3,
                                            double m4) {
  double rest = first / count;
  m4 += rest * (6 * rest * m2 - 4 * m3 - 3 * first * rest * rest);
  m3 += rest * (2 * first * rest - 3 * m2);
  m2 -= first * rest;
  return (ek_central_moments){count, shift + rest, m2 < 0 ? 0 : m2, m3, m4 < 0 ? 0 : m4};
}

/// A number as a product of one.
static inline ek_scaled scaled_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  int exponent = (int)(bits >> 52 & 0x7ff);
  if (exponent == 0x7ff || value == 0) return (ek_scaled){value, 0};
  if (exponent == 0) {  // subnormal
    double mantissa = 2 * frexp(value, &exponent);
    return (ek_scaled){mantissa, exponent - 1};
  }
  bits = (bits & ~((uint64_t)0x7ff << 52)) | (uint64_t)1023 << 52;
  memcpy(&value, &bits, sizeof value);
  return (ek_scaled){value, exponent - 1023};
}

/// The number, rounded once: 0 or an infinity when it lies out of range.
static inline double value_of(ek_scaled product) {
  double mantissa = product.mantissa, exponent = product.exponent;
  if (mantissa == 0 || !isfinite(mantissa)) return mantissa;
  if (exponent > 1023) return copysign(INFINITY, mantissa);
  if (exponent < -1022) {
    mantissa *= 0x1p-1022;  // exact: its magnitude was 1 or more
    exponent = exponent < -2044 ? -1022 : exponent + 1022;
  }
  uint64_t bits = (uint64_t)(1023 + (int)exponent) << 52;
  double power;
  memcpy(&power, &bits, sizeof power);
  return mantissa * power;
}
