// The reductions for one element type. No include guard: a template over ELEMENT, MASK (the
// integer as wide as ELEMENT) and SUFFIX, which it undefines at its end.
//
// Float is accumulated in double: the conversion hides behind the memory, and the answer is good
// to the last place of a float.

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)

// A row is LANES elements as they lie in memory: aligned like an element, no more.
typedef ELEMENT NAME(row)
    __attribute__((vector_size(LANES * sizeof(ELEMENT)), aligned(sizeof(ELEMENT)), may_alias));
#define ROW(p) __builtin_convertvector(*(const NAME(row) *)(p), lanes)

// Where more is done with a row than adding it up, the loads of those to come wait behind that work, and the
// memory with them. So they are asked for this many bytes ahead; beyond the end of an array nothing happens.
#define AHEAD 8192
#define ASK_AHEAD_OF(p) ASK_AHEAD(p, LANES * sizeof(ELEMENT))
#define ASK_AHEAD(p, bytes)                           \
  for (size_t byte = 0; byte < (bytes); byte += 64) \
  __builtin_prefetch((const char *)(p) + AHEAD + byte)

/// Declares `name`: the `n` elements at `x`, filled up with `pad` to a whole row.
#define PADDED_ROW(name, x, n, pad)                         \
  ELEMENT name[LANES];                                      \
  for (ptrdiff_t k = 0; k < LANES; k++) name[k] = k < (n) ? (x)[k] : (ELEMENT)(pad)

// The eight rows of a step are added as a tree: shallow rounding, and eight independent loads.
#define TREE(r) (((r(0) + r(1)) + (r(2) + r(3))) + ((r(4) + r(5)) + (r(6) + r(7))))

// MARK: Sum

static double NAME(block_sum)(const ELEMENT *x, ptrdiff_t n) {
  lanes total = {0};
  ptrdiff_t i = 0;
  for (; i + STEP <= n; i += STEP) {
#define R(k) ROW(x + i + (k) * LANES)
    total += TREE(R);
#undef R
  }
  for (; i + LANES <= n; i += LANES) total += ROW(x + i);
  if (i < n) {
    PADDED_ROW(rest, x + i, n - i, 0);
    total += ROW(rest);
  }
  return fold(&total);
}

static double NAME(sum)(const ELEMENT *x, ptrdiff_t n) {
  sum_counter counter = {.blocks = 0};
  for (ptrdiff_t i = 0; i < n; i += BLOCK)
    push_sum(&counter, NAME(block_sum)(x + i, n - i < BLOCK ? n - i : BLOCK));
  return total_sum(&counter);
}

// MARK: Dot product

static double NAME(block_dot)(const ELEMENT *x, const ELEMENT *y, ptrdiff_t n) {
  lanes total = {0};
  ptrdiff_t i = 0;
  for (; i + STEP <= n; i += STEP) {
#define R(k) (ROW(x + i + (k) * LANES) * ROW(y + i + (k) * LANES))
    total += TREE(R);
#undef R
  }
  for (; i + LANES <= n; i += LANES) total += ROW(x + i) * ROW(y + i);
  if (i < n) {
    PADDED_ROW(xs, x + i, n - i, 0);
    PADDED_ROW(ys, y + i, n - i, 0);
    total += ROW(xs) * ROW(ys);
  }
  return fold(&total);
}

static double NAME(dot)(const ELEMENT *x, const ELEMENT *y, ptrdiff_t n) {
  sum_counter counter = {.blocks = 0};
  for (ptrdiff_t i = 0; i < n; i += BLOCK)
    push_sum(&counter, NAME(block_dot)(x + i, y + i, n - i < BLOCK ? n - i : BLOCK));
  return total_sum(&counter);
}

// MARK: Minimum and maximum

// IEEE 754-2019 `minimum`: NaN wins, -0 is less than +0. For each lane take min(r, a) and
// min(a, r) as the machine defines it (the second operand when equal or unordered) and OR the
// bits: equal zeros of both signs give -0, a NaN with anything gives a NaN, all else is itself.
enum { NAME(EXTREMUM_LANES) = 128 / sizeof(ELEMENT) };
typedef ELEMENT NAME(wide) __attribute__((vector_size(128)));
typedef ELEMENT NAME(wide_row)
    __attribute__((vector_size(128), aligned(sizeof(ELEMENT)), may_alias));
typedef MASK NAME(wide_bits) __attribute__((vector_size(128)));

#define SELECT(mask, a, b) (((NAME(wide_bits))(a) & (mask)) | ((NAME(wide_bits))(b) & ~(mask)))
#define TAKE_MINIMUM(best, candidate)                                              \
  do {                                                                             \
    NAME(wide) a_ = (best), r_ = (candidate);                                      \
    (best) = (NAME(wide))(SELECT(r_ < a_, r_, a_) | SELECT(a_ < r_, a_, r_));      \
  } while (0)

/// The minimum of ±x, where `sign` is +1 or -1; +infinity for n = 0.
static inline __attribute__((always_inline)) ELEMENT NAME(signed_minimum)(
    const ELEMENT *x, ptrdiff_t n, ELEMENT sign) {
  enum { W = NAME(EXTREMUM_LANES) };
  const ELEMENT none = (ELEMENT)INFINITY;
  NAME(wide) best;
  for (int k = 0; k < W; k++) best[k] = none;
  ptrdiff_t i = 0;
  for (; i + 2 * W <= n; i += 2 * W) {  // two rows meet first: half the chain through `best`
    NAME(wide) row = *(const NAME(wide_row) *)(x + i);
    NAME(wide) next = *(const NAME(wide_row) *)(x + i + W);
    ASK_AHEAD(x + i, 2 * sizeof row);
    if (sign < 0) row = -row, next = -next;
    TAKE_MINIMUM(row, next);
    TAKE_MINIMUM(best, row);
  }
  for (; i < n; i += W) {
    NAME(wide) row;
    for (ptrdiff_t k = 0; k < W; k++) row[k] = i + k < n ? (sign < 0 ? -x[i + k] : x[i + k]) : none;
    TAKE_MINIMUM(best, row);
  }
  // Fold by halves with the same rule, in vectors so that it is written once.
  for (int width = W / 2; width > 0; width /= 2) {
    NAME(wide) other;
    for (int k = 0; k < W; k++) other[k] = best[(k + width) % W];
    TAKE_MINIMUM(best, other);
  }
  // One NaN for all: which payload survives depends on what met first.
  if (best[0] != best[0]) return (ELEMENT)NAN;
  return sign < 0 ? -best[0] : best[0];
}

static ELEMENT NAME(minimum)(const ELEMENT *x, ptrdiff_t n) {
  return NAME(signed_minimum)(x, n, 1);
}
static ELEMENT NAME(maximum)(const ELEMENT *x, ptrdiff_t n) {
  return NAME(signed_minimum)(x, n, -1);
}

// MARK: Mean and sum of squared deviations

/// Σ(x - shift) and Σ(x - shift)² in one pass.
static void NAME(shifted_sums)(const ELEMENT *x, ptrdiff_t n, double shift, double *first,
                               double *second) {
  lanes k = shift - (lanes){0}, s1 = {0}, s2 = {0};
  ptrdiff_t i = 0;
  for (; i + STEP <= n; i += STEP) {
    lanes d[STEP_ROWS];
    for (int r = 0; r < STEP_ROWS; r++) {
      ASK_AHEAD_OF(x + i + r * LANES);
      d[r] = ROW(x + i + r * LANES) - k;
    }
#define R(r) d[r]
    s1 += TREE(R);
#undef R
#define R(r) (d[r] * d[r])
    s2 += TREE(R);
#undef R
  }
  for (; i < n; i += LANES) {
    lanes d;
    if (i + LANES <= n) {
      d = ROW(x + i) - k;
    } else {
      double rest[LANES];
      for (ptrdiff_t j = 0; j < LANES; j++) rest[j] = i + j < n ? (double)x[i + j] - shift : 0;
      memcpy(&d, rest, sizeof d);
    }
    s1 += d;
    s2 += d * d;
  }
  *first = fold(&s1);
  *second = fold(&s2);
}

/// Blocks with NaN, infinities or sums that overflow: one element after the other.
static ek_moments NAME(careful_moments)(const ELEMENT *x, ptrdiff_t n) {
  double mean = 0, m2 = 0;
  for (ptrdiff_t i = 0; i < n; i++) mean += (double)x[i] / (double)n;
  for (ptrdiff_t i = 0; i < n; i++) m2 += ((double)x[i] - mean) * ((double)x[i] - mean);
  return (ek_moments){(double)n, mean, m2};
}

/// A block is summed about a shift close to its mean, so one pass over memory is enough and little
/// cancels. The shift is the mean of the block before; where that turns out to be far off (more
/// than 4 bits would cancel) the block, still in the cache, is done again about its own mean.
static ek_moments NAME(block_moments)(const ELEMENT *x, ptrdiff_t n, double shift) {
  double s1, s2, count = (double)n;
  NAME(shifted_sums)(x, n, shift, &s1, &s2);
  double correction = s1 * s1 / count;
  if (!(isfinite(s2) && isfinite(correction))) return NAME(careful_moments)(x, n);
  if (correction > 16 * (s2 - correction)) {
    shift += s1 / count;
    NAME(shifted_sums)(x, n, shift, &s1, &s2);
    correction = s1 * s1 / count;
  }
  double m2 = s2 - correction;
  return (ek_moments){count, shift + s1 / count, m2 > 0 ? m2 : 0};
}

static ek_moments NAME(moments)(const ELEMENT *x, ptrdiff_t n) {
  moments_counter counter = {.blocks = 0};
  double shift = 0;
  for (ptrdiff_t i = 0; i < n; i += BLOCK) {
    ptrdiff_t length = n - i < BLOCK ? n - i : BLOCK;
    if (i == 0) shift = NAME(block_sum)(x, length) / (double)length;
    ek_moments block = NAME(block_moments)(x + i, length, shift);
    shift = isfinite(block.mean) ? block.mean : 0;
    push_moments(&counter, block);
  }
  return total_moments(&counter);
}

// MARK: Sums of powers of deviations

/// The deviations of a row from `shift`; 0 behind the end.
static inline void NAME(deviations)(const ELEMENT *x, ptrdiff_t n, double shift, lanes *d) {
  if (n >= LANES) {
    *d = ROW(x) - shift;
  } else {
    for (ptrdiff_t j = 0; j < LANES; j++) (*d)[j] = j < n ? (double)x[j] - shift : 0;
  }
}

/// A block about its own mean, as the rounded mean gives it.
static ek_central_moments NAME(block_central_moments)(const ELEMENT *x, ptrdiff_t n) {
  double count = (double)n, shift = NAME(block_sum)(x, n) / count;
  if (!isfinite(shift)) {  // an infinity, NaN, or a sum that overflows
    ek_moments careful = NAME(careful_moments)(x, n);
    if (!isfinite(careful.mean)) return (ek_central_moments){count, careful.mean, NAN, NAN, NAN};
    shift = careful.mean;
  }
  lanes s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0};
  for (ptrdiff_t i = 0; i < n; i += LANES) {
    lanes d, square;
    ASK_AHEAD_OF(x + i + (BLOCK - AHEAD / sizeof(ELEMENT)));  // this block is in the cache
    NAME(deviations)(x + i, n - i, shift, &d);
    square = d * d;
    s1 += d;
    s2 += square;
    s3 += square * d;
    s4 += square * square;
  }
  double first = fold(&s1), m2 = fold(&s2);
  if (!isfinite(first) || !isfinite(m2)) {  // deviations, or their squares, overflow
    ek_moments careful = NAME(careful_moments)(x, n);
    return (ek_central_moments){count, careful.mean, careful.m2, NAN, NAN};
  }
  return about_mean(count, shift, first, m2, fold(&s3), fold(&s4));
}

static ek_central_moments NAME(central_moments)(const ELEMENT *x, ptrdiff_t n) {
  central_counter counter = {.blocks = 0};
  for (ptrdiff_t i = 0; i < n; i += BLOCK)
    push_central(&counter, NAME(block_central_moments)(x + i, n - i < BLOCK ? n - i : BLOCK));
  return total_central(&counter);
}

// MARK: Product

/// One element after the other; for blocks with zeros, subnormal numbers, infinities or NaN.
static ek_scaled NAME(careful_product)(const ELEMENT *x, ptrdiff_t n) {
  ek_scaled total = {1, 0};
  for (ptrdiff_t i = 0; i < n; i++) {
    int exponent = 0;
    double mantissa = frexp((double)x[i], &exponent);
    total = ek_multiply_scaled(total, (ek_scaled){2 * mantissa, exponent - 1});
  }
  return total;
}

/// Mantissas are multiplied in lanes, exponents are added as whole numbers. A lane of a block multiplies
/// 128 mantissas below 2 at the most.
static ek_scaled NAME(block_product)(const ELEMENT *x, ptrdiff_t n) {
  lanes total = 1 - (lanes){0};
  lane_bits exponents = {0}, odd = {0};
  for (ptrdiff_t i = 0; i < n; i += STEP) {
    lanes m[STEP_ROWS];
    for (int r = 0; r < STEP_ROWS; r++) {
      ptrdiff_t at = i + r * LANES;
      ASK_AHEAD_OF(x + at);
      lanes row;
      if (at + LANES <= n) {
        row = ROW(x + at);
      } else {
        for (ptrdiff_t j = 0; j < LANES; j++) row[j] = at + j < n ? (double)x[at + j] : 1;
      }
      lane_bits bits = (lane_bits)row, exponent = (bits >> 52) & 0x7ff;
      odd |= (exponent == 0) | (exponent == 0x7ff);
      exponents += exponent - 1023;
      m[r] = (lanes)((bits & ~(0x7ffL << 52)) | (1023L << 52));
    }
    total *= ((m[0] * m[1]) * (m[2] * m[3])) * ((m[4] * m[5]) * (m[6] * m[7]));
  }
  int64_t is_odd = 0;
  for (int j = 0; j < LANES; j++) is_odd |= odd[j];
  if (is_odd) return NAME(careful_product)(x, n);
  ek_scaled part[LANES];
  for (int j = 0; j < LANES; j++) {
    int exponent;
    double mantissa = frexp(total[j], &exponent);
    part[j] = (ek_scaled){2 * mantissa, (double)(exponents[j] + exponent - 1)};
  }
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int j = 0; j < width; j++) part[j] = ek_multiply_scaled(part[j], part[j + width]);
  return part[0];
}

static ek_scaled NAME(product)(const ELEMENT *x, ptrdiff_t n) {
  scaled_counter counter = {.blocks = 0};
  for (ptrdiff_t i = 0; i < n; i += BLOCK)
    push_scaled(&counter, NAME(block_product)(x + i, n - i < BLOCK ? n - i : BLOCK));
  return total_scaled(&counter);
}

static void NAME(running_product)(const ELEMENT *x, ELEMENT *out, ptrdiff_t n, ek_scaled product) {
  for (ptrdiff_t i = 0; i < n; i++) {
    product = ek_times(product, scaled_of((double)x[i]));
    out[i] = (ELEMENT)value_of(product);
  }
}

#undef TAKE_MINIMUM
#undef SELECT
#undef TREE
#undef PADDED_ROW
#undef ASK_AHEAD_OF
#undef ASK_AHEAD
#undef AHEAD
#undef ROW
#undef NAME
#undef NAME__
#undef NAME_
#undef SUFFIX
#undef MASK
#undef ELEMENT
