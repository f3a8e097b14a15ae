// Random numbers by the array, and points counted. No include guard: part of level.h.
//
// An array's elements come in groups of 32, made of 16 blocks of the generator: element e of words (0, 1) of block
// e / 32·16 + e % 16 where e % 32 < 16, and of its words (2, 3) otherwise. So every element has its place, whatever part of
// an array is made, and both normal numbers that a pair of uniform ones gives are used.
//
// Source: G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", *Annals of Mathematical
// Statistics* 29 (1958).

enum {
  GROUP_BLOCKS = 16,
  GROUP = 2 * GROUP_BLOCKS,
  ROUND_BLOCKS = 256,  // whose words stay in the first-level cache
};

FUNCTION uv words_at(const uint64_t *from) {
  uv w;
  memcpy(&w, from, sizeof w);
  return w;
}
FUNCTION fv numbers_at(const double *from) {
  fv x;
  memcpy(&x, from, sizeof x);
  return x;
}
FUNCTION void store_numbers(double *to, fv x) { memcpy(to, &x, sizeof x); }

/// In [1, 2), from the upper 52 bits.
FUNCTION fv from_one_to_two(uv w) { return (fv)(w >> 12 | (uint64_t)1023 << 52); }
/// A multiple of 2⁻⁵³ in [0, 1), from the upper 53 bits: of the last of them depends what is taken from [1, 2), which is
/// exact. Without AVX-512 compilers convert whole numbers of 64 bits one at a time.
FUNCTION fv fraction(uv w) {
#ifdef EK_CONVERTS_WORDS
  return __builtin_convertvector(w >> 11, fv) * 0x1p-53;
#else
  return from_one_to_two(w) - pick((iv)(w << 52) < 0, all(1 - 0x1p-53), all(1));
#endif
}
/// An odd multiple of 2⁻⁵³ in (0, 1): one subtraction, which is exact.
FUNCTION fv open_fraction(uv w) { return from_one_to_two(w) - (1 - 0x1p-53); }

/// log(x) for 2⁻⁵³ ≤ x < 1: `log_v` without what other numbers need.
FUNCTION fv log_of_fraction(fv x) {
  iv bits = (iv)x - (iv)all(0x1.6a09e667f3bcdp-1);
  iv e = bits >> 52;
  fv f = (fv)((iv)x - shifted(e, 52)) - 1;
  fv exponent = (fv)(e + (iv)all(ROUNDER)) - ROUNDER;
  fv h = 0.5 * f * f;
  fv tail = log_tail(f, h);
  return MADD(exponent, all(0x1.62e42fee00000p-1), f - (h - MADD(exponent, all(0x1.a39ef35793c76p-33), tail)));
}

/// Of a normal pair the distance from the origin, of a block's words (0, 1).
FUNCTION fv radius_of(uv a) { return sqrt_v(-2 * log_of_fraction(open_fraction(a))); }

/// Two independent normal numbers, with the direction of words (2, 3).
typedef struct {
  fv x, y;
} normal_pair;
FUNCTION normal_pair normal_pair_of(fv radius, uv b) {
  // An eighth of a turn to either side of an axis; two of the bits that are left say of which.
  circle_point at = on_circle((from_one_to_two(b) - 1.5) * 0x1.921fb54442d18p+0, all(0));
  fv along = signed_by(at.cos, shifted((iv)(b & 1), 63)) * radius, across = at.sin * radius;
  iv is_upright = (iv)(b & 2) != 0;
  return (normal_pair){pick(is_upright, across, along), pick(is_upright, along, across)};
}

/// Makes the elements of so many groups of 16 blocks, whose words are given.
typedef void (*random_groups)(const uint64_t *low, const uint64_t *high, ptrdiff_t groups, double *out,
                              const ek_payoff *payoff);

static void uniform_groups(const uint64_t *low, const uint64_t *high, ptrdiff_t groups, double *out,
                           const ek_payoff *unused) {
  (void)unused;
  for (ptrdiff_t g = 0; g < groups; g++, low += GROUP_BLOCKS, high += GROUP_BLOCKS, out += GROUP)
    for (int i = 0; i < GROUP_BLOCKS; i += FLANES) {
      store_numbers(out + i, fraction(words_at(low + i)));
      store_numbers(out + GROUP_BLOCKS + i, fraction(words_at(high + i)));
    }
}

// Loops of their own for logarithms, directions and powers: in one loop a processor's window ends before the next turn,
// and it waits for each result (on a core of a Zen 3, 306 M numbers and 184 M prices a second became 364 and 237).
static void normal_groups(const uint64_t *low, const uint64_t *high, ptrdiff_t groups, double *out,
                          const ek_payoff *unused) {
  (void)unused;
  double radius[ROUND_BLOCKS];
  for (ptrdiff_t i = 0; i < groups * GROUP_BLOCKS; i += FLANES) store_numbers(radius + i, radius_of(words_at(low + i)));
  for (ptrdiff_t g = 0; g < groups; g++, high += GROUP_BLOCKS, out += GROUP)
    for (int i = 0; i < GROUP_BLOCKS; i += FLANES) {
      normal_pair p = normal_pair_of(numbers_at(radius + g * GROUP_BLOCKS + i), words_at(high + i));
      store_numbers(out + i, p.x);
      store_numbers(out + GROUP_BLOCKS + i, p.y);
    }
}

/// No normal number that is made here is farther from 0: √(-2·log(2⁻⁵³)) = 8.572….
static const double FARTHEST_NORMAL = 8.6;

/// Of a price exp(mean + deviation·z): by how much it exceeds the strike, or falls short of it.
FUNCTION fv payoff_of(fv z, const ek_payoff *payoff, fv power(fv)) {
  fv over = (power(MADD(all(payoff->deviation), z, all(payoff->mean))) - payoff->strike) * payoff->scale;
  return pick(over > 0, over, all(0));
}

static void payoff_groups(const uint64_t *low, const uint64_t *high, ptrdiff_t groups, double *out,
                          const ek_payoff *payoff) {
  normal_groups(low, high, groups, out, NULL);
  if (fabs(payoff->mean) + FARTHEST_NORMAL * fabs(payoff->deviation) <= 700)
    for (ptrdiff_t i = 0; i < groups * GROUP; i += FLANES)
      store_numbers(out + i, payoff_of(numbers_at(out + i), payoff, exp_of_moderate));
  else
    for (ptrdiff_t i = 0; i < groups * GROUP; i += FLANES)
      store_numbers(out + i, payoff_of(numbers_at(out + i), payoff, exp_v));
}

/// Fills `out` with the elements from `first` on.
static void fill_groups(random_groups make, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n,
                        const ek_payoff *payoff) {
  uint64_t low[ROUND_BLOCKS], high[ROUND_BLOCKS];
  double group[GROUP];
  while (n > 0) {
    uint64_t place = first % GROUP, block = first / GROUP * GROUP_BLOCKS;
    ptrdiff_t whole = n / GROUP < ROUND_BLOCKS / GROUP_BLOCKS ? n / GROUP : ROUND_BLOCKS / GROUP_BLOCKS, made;
    if (place == 0 && whole > 0) {
      philox_fill(seed, block, stream, low, high, whole * GROUP_BLOCKS);
      make(low, high, whole, out, payoff);
      made = whole * GROUP;
    } else {
      philox_fill(seed, block, stream, low, high, GROUP_BLOCKS);
      make(low, high, 1, group, payoff);
      made = n < (ptrdiff_t)(GROUP - place) ? n : (ptrdiff_t)(GROUP - place);
      memcpy(out, group + place, (size_t)made * sizeof *out);
    }
    first += (uint64_t)made;
    out += made;
    n -= made;
  }
}

static void uniform_fill(uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n) {
  fill_groups(uniform_groups, seed, stream, first, out, n, NULL);
}
static void normal_fill(uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n) {
  fill_groups(normal_groups, seed, stream, first, out, n, NULL);
}
static void payoff_fill(uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n,
                        const ek_payoff *payoff) {
  fill_groups(payoff_groups, seed, stream, first, out, n, payoff);
}

/// What `uniform()` of a generator gives of each of some words.
FUNCTION void uniforms_of(const uint64_t *words, double *out, ptrdiff_t n) {
  ptrdiff_t i = 0;
  for (; i + FLANES <= n; i += FLANES) store_numbers(out + i, fraction(words_at(words + i)));
  for (; i < n; i++) out[i] = (double)(words[i] >> 11) * 0x1p-53;
}

/// The first blocks of successive indices where there is room for them, and what `uniform()` gives of their words. Both
/// are stored from registers.
FUNCTION void draw_first(uint64_t seed, uint64_t first, uint32_t stream, uint64_t *low, uint64_t *high, double *u,
                         double *v, ptrdiff_t n) {
  round_keys keys = round_keys_of(seed);
  uint64_t l[PHILOX_LANES], h[PHILOX_LANES];
  ptrdiff_t i = 0;
  for (; i + PHILOX_LANES <= n; i += PHILOX_LANES) {
    philox_blocks(&keys, first + (uint64_t)i, stream, l, h);
    if (low) memcpy(low + i, l, sizeof l), memcpy(high + i, h, sizeof h);
    uniforms_of(l, u + i, PHILOX_LANES);
    uniforms_of(h, v + i, PHILOX_LANES);
  }
  if (i == n) return;
  philox_blocks(&keys, first + (uint64_t)i, stream, l, h);
  size_t rest = (size_t)(n - i) * sizeof *l;
  if (low) memcpy(low + i, l, rest), memcpy(high + i, h, rest);
  uniforms_of(l, u + i, n - i);
  uniforms_of(h, v + i, n - i);
}

static void first_draws(uint64_t seed, uint64_t first, uint32_t stream, uint64_t *low, uint64_t *high, double *u,
                        double *v, ptrdiff_t n) {
  draw_first(seed, first, stream, low, high, u, v, n);
}
static void first_uniforms(uint64_t seed, uint64_t first, uint32_t stream, double *u, double *v, ptrdiff_t n) {
  draw_first(seed, first, stream, NULL, NULL, u, v, n);
}

/// How many points lie inside of the circle, point by point, as `uniform()` of a generator and the rule of arithmetic have it.
static uint64_t count_in_circle_exactly(const uint64_t *low, const uint64_t *high, ptrdiff_t n) {
  uint64_t count = 0;
  for (ptrdiff_t i = 0; i < n; i++) {
    double u = (double)(low[i] >> 11) * 0x1p-53, v = (double)(high[i] >> 11) * 0x1p-53;
    count += u * u + v * v < 1;
  }
  return count;
}

/// How many of the points (u, v), both in [0, 1) and of the two words of a block, lie inside of the unit circle.
///
/// Vectors leave out the last bit of each coordinate, which moves u² + v² by less than 2⁻⁵⁰. Where a point is so near to
/// the circle that this may count, once in 10¹⁴ points, its round is counted again.
static uint64_t count_in_circle(uint64_t seed, uint32_t stream, uint64_t first, uint64_t n) {
  const double doubt = 0x1p-48;
  uint64_t low[ROUND_BLOCKS], high[ROUND_BLOCKS], count = 0;
  while (n > 0) {
    ptrdiff_t blocks = n < ROUND_BLOCKS ? (ptrdiff_t)n : ROUND_BLOCKS, i = 0;
    philox_fill(seed, first, stream, low, high, blocks);
    iv surely = {0}, perhaps = {0};
    for (; i + FLANES <= blocks; i += FLANES) {
      fv u = from_one_to_two(words_at(low + i)) - 1, v = from_one_to_two(words_at(high + i)) - 1;
      fv square = MADD(u, u, v * v);
      surely -= square < 1 - doubt;
      perhaps -= square < 1 + doubt;
    }
    uint64_t least = 0, most = 0;
    for (int k = 0; k < FLANES; k++) least += (uint64_t)surely[k], most += (uint64_t)perhaps[k];
    if (least != most) least = count_in_circle_exactly(low, high, i);
    count += least + count_in_circle_exactly(low + i, high + i, blocks - i);
    first += (uint64_t)blocks;
    n -= (uint64_t)blocks;
  }
  return count;
}
