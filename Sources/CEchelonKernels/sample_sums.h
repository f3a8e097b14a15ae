// What samples of a Monte Carlo run come to: moments and range of numbers in the first-level cache. No include guard:
// part of level.h.

/// The smallest and the largest numbers of each lane, and which bits any or all of them have.
typedef struct {
  fv least, most;
  iv any, every;
} range_lanes;

FUNCTION range_lanes no_range(void) {
  return (range_lanes){all((double)INFINITY), all(-(double)INFINITY), all_bits(0), all_bits(-1)};
}
FUNCTION void widen(range_lanes *range, fv row) {
  range->least = pick(row < range->least, row, range->least);
  range->most = pick(row > range->most, row, range->most);
  range->any |= (iv)row;
  range->every &= (iv)row;
}

/// The range of all lanes and of `n` more numbers.
static ek_range range_of(const range_lanes *lanes, const double *x, ptrdiff_t n) {
  ek_range range = {__builtin_reduce_min(lanes->least), __builtin_reduce_max(lanes->most)};
  int64_t any_sign = __builtin_reduce_or(lanes->any), every_sign = __builtin_reduce_and(lanes->every);
  for (ptrdiff_t i = 0; i < n; i++) {
    int64_t bits;
    memcpy(&bits, x + i, sizeof bits);
    if (x[i] < range.minimum) range.minimum = x[i];
    if (x[i] > range.maximum) range.maximum = x[i];
    any_sign |= bits;
    every_sign &= bits;
  }
  // Where 0 is the smallest only a zero has a sign, and where it is the largest only a zero has none.
  if (range.minimum == 0) range.minimum = any_sign < 0 ? -0.0 : 0.0;
  if (range.maximum == 0) range.maximum = every_sign < 0 ? -0.0 : 0.0;
  return range;
}

/// The smallest and the largest of numbers that are all finite, in one pass; of zeros -0 is the smaller one.
static ek_range finite_range(const double *x, ptrdiff_t n) {
  range_lanes lanes = no_range();
  ptrdiff_t i = 0;
  for (; i + FLANES <= n; i += FLANES) widen(&lanes, numbers_at(x + i));
  return range_of(&lanes, x + i, n - i);
}

enum { ROW_PARTS = LANES / FLANES };

/// Folds what ROW_PARTS vectors have added up.
static double fold_parts(const fv *parts) {
  lanes row;
  memcpy(&row, parts, sizeof row);
  return fold(&row);
}

/// Moments and range of at most a block in whole rows, in one pass, bit for bit the same at every level. They are summed
/// about the mean of the first row: a pass for that of all would cost a fifth more. Returns 0, and has done nothing, where
/// the samples are others, one or a power of it is not finite, or that row lies so far off that more than four bits cancel.
static int sample_sums(const double *x, ptrdiff_t n, ek_central_moments *moments, ek_range *range) {
  if (n <= 0 || n > BLOCK || n % LANES != 0) return 0;
  double count = (double)n, shift = block_sum_f64(x, LANES) / LANES;
  fv s1[ROW_PARTS] = {{0}}, s2[ROW_PARTS] = {{0}}, s3[ROW_PARTS] = {{0}}, s4[ROW_PARTS] = {{0}};
  range_lanes ranges = no_range();
  for (ptrdiff_t i = 0; i < n; i += LANES) {
#pragma clang loop unroll(full)
    for (int p = 0; p < ROW_PARTS; p++) {
      fv row = numbers_at(x + i + p * FLANES), d = row - shift, square = d * d;
      s1[p] += d;
      s2[p] += square;
      s3[p] += square * d;
      s4[p] += square * square;
      widen(&ranges, row);
    }
  }
  double first = fold_parts(s1), m2 = fold_parts(s2), correction = first * first / count;
  if (!isfinite(m2) || !isfinite(correction) || correction > 16 * (m2 - correction)) return 0;
  *moments = about_mean(count, shift, first, m2, fold_parts(s3), fold_parts(s4));
  *range = range_of(&ranges, x, 0);
  return 1;
}
