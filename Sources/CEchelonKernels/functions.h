// The element-wise functions, on vectors of FLANES doubles. No include guard: part of level.h.
//
// Each lane is computed by itself, so a value does not depend on where it lies in an array. A level with a
// fused multiply-add uses it, so its last bits differ from the baseline's. Arguments are reduced so that what
// is left is a short polynomial (coefficients.h); the largest errors are those that the Swift names state.
//
// Sources: W. J. Cody, W. Waite, *Software Manual for the Elementary Functions* (1980), for the reductions;
// J.-M. Muller, *Elementary Functions*, 3rd ed. (2016); T. J. Dekker, "A floating-point technique for
// extending the available precision", Numer. Math. 18 (1971), for sums and products of two parts.

#include "coefficients.h"

#ifdef EK_FMA
#define MADD(a, b, c) __builtin_elementwise_fma((fv)(a), (fv)(b), (fv)(c))
#else
#define MADD(a, b, c) ((fv)(a) * (fv)(b) + (fv)(c))
#endif
#define FUNCTION static inline __attribute__((always_inline))

#ifdef EK_SCALE  // of 8 doubles, half of the lanes
#define LOW_HALF(v) __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
#define HIGH_HALF(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)
#define JOIN(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#endif

typedef double fv __attribute__((vector_size(FLANES * sizeof(double))));
typedef int64_t iv __attribute__((vector_size(FLANES * sizeof(double))));
typedef uint64_t uv __attribute__((vector_size(FLANES * sizeof(double))));

FUNCTION fv all(double x) { return x - (fv){0}; }
FUNCTION fv pick(iv mask, fv a, fv b) { return (fv)((mask & (iv)a) | (~mask & (iv)b)); }
FUNCTION iv all_bits(int64_t x) { return x - (iv){0}; }
FUNCTION fv truth(iv mask) { return (fv)(mask & (iv)all(1)); }
FUNCTION fv magnitude(fv x) { return (fv)((iv)x & INT64_MAX); }
FUNCTION iv sign_of(fv x) { return (iv)x & INT64_MIN; }
FUNCTION fv signed_by(fv x, iv sign) { return (fv)((iv)x ^ sign); }
/// x·2^by of each lane, of negative ones, too: C has no left shift of those.
FUNCTION iv shifted(iv x, int by) { return (iv)((uv)x << by); }

#define POLY(name)                                                     \
  FUNCTION fv poly_##name(fv x) {                                        \
    enum { N = sizeof name / sizeof name[0] };                         \
    fv sum = all(name[N - 1]);                                         \
    _Pragma("unroll") for (int i = N - 2; i >= 0; i--) sum = MADD(sum, x, all(name[i])); \
    return sum;                                                        \
  }
// The same for long ones, as two sums that do not wait for each other.
#define LONG_POLY(name)                                                \
  FUNCTION fv poly_##name(fv x) {                                      \
    enum { N = sizeof name / sizeof name[0] };                         \
    fv square = x * x;                                                 \
    fv a = all(name[N - 1]), b = all(name[N - 2]);                     \
    _Pragma("unroll") for (int i = N - 3; i > 0; i -= 2) {             \
      a = MADD(a, square, all(name[i]));                               \
      b = MADD(b, square, all(name[i - 1]));                           \
    }                                                                  \
    return N % 2 ? MADD(b, x, MADD(a, square, all(name[0]))) : MADD(a, x, b); \
  }
POLY(EXP_Q)
POLY(LOG_R)
POLY(LOG_R3)
POLY(SIN_S)
POLY(COS_C)
POLY(TAN_T)
POLY(ATAN_A)
POLY(ASIN_A)

// Adding it rounds to the nearest integer, which is then in the low bits.
#define ROUNDER 0x1.8p52

/// A whole number that is not large.
FUNCTION iv integer(fv k) { return (iv)(k + ROUNDER) - (iv)all(ROUNDER); }

/// 2^k for -1022 ≤ k ≤ 1023.
FUNCTION fv power_of_two(iv k) { return (fv)shifted(k + 1023, 52); }

/// p·2^k, rounded once, for p near 1 and any k that a double can hold with room to spare.
FUNCTION fv scaled(fv p, fv k) {
#ifdef EK_SCALE
  return JOIN(EK_SCALE(LOW_HALF(p), LOW_HALF(k)), EK_SCALE(HIGH_HALF(p), HIGH_HALF(k)));
#else
  iv whole = integer(k), half = whole >> 1;
  return p * power_of_two(half) * power_of_two(whole - half);
#endif
}

/// x·log2(e) rounded, and what is left of x: hi + lo, |hi + lo| ≤ ln(2)/2.
typedef struct { fv hi, lo, k; } exp_parts;
FUNCTION exp_parts reduce_exp(fv x) {
  fv k = MADD(x, all(0x1.71547652b82fep+0), all(ROUNDER)) - ROUNDER;
#ifdef EK_FMA
  fv hi = MADD(k, all(-0x1.62e42fefa39efp-1), x);  // exact: a multiple of 2⁻⁵⁴ that is less than ½
  fv r = MADD(k, all(-0x1.abc9e3b39803fp-56), hi);
  fv lo = MADD(k, all(-0x1.abc9e3b39803fp-56), hi - r);
#else
  fv hi = k * -0x1.62e42fee00000p-1 + x;  // exact: 32 bits times 11
  fv part = k * 0x1.a39ef35793c76p-33;
  fv r = hi - part;
  fv lo = (hi - r) - part;
#endif
  return (exp_parts){r, lo, k};
}

FUNCTION fv exp_v(fv x) {
  // NaN stays what it is to the end.
  fv bounded = pick(x > 710, all(710), pick(x < -746, all(-746), x));
  exp_parts p = reduce_exp(bounded);
  // 1 + r + r² q: the rounding of the last addition dwarfs the rest.
  fv tail = MADD(p.hi * p.hi, poly_EXP_Q(p.hi), p.lo);
  return scaled(1 + (p.hi + tail), p.k);
}

/// exp(x) for |x| ≤ 700, where its exponent is that of a normal number: `exp_v` without what other numbers need.
FUNCTION fv exp_of_moderate(fv x) {
  exp_parts p = reduce_exp(x);
  fv tail = MADD(p.hi * p.hi, poly_EXP_Q(p.hi), p.lo);
  return (fv)((iv)(1 + (p.hi + tail)) + shifted(integer(p.k), 52));
}

/// (exp(x) - 1) / 2, which overflows with sinh and cosh and not before; below -40 it is -1/2.
FUNCTION fv half_expm1(fv x) {
  fv bounded = pick(x > 710.5, all(710.5), pick(x < -40, all(-40), x));
  exp_parts p = reduce_exp(bounded);
  fv tail = MADD(p.hi * p.hi, poly_EXP_Q(p.hi), p.lo);
  // A quarter of 2^k (1 + r + tail) - 1, so that the power for k = 1025 exists.
  fv power = power_of_two(integer(p.k) - 2);
  fv base = power - 0.25;
  fv main = power * p.hi;
  fv larger = pick(magnitude(base) >= magnitude(main), base, main);
  fv smaller = pick(magnitude(base) >= magnitude(main), main, base);
  fv sum = base + main;
  fv error = smaller - (sum - larger);
  fv y = 2 * (sum + MADD(power, tail, error));
  return pick(p.k == 0, 0.5 * (p.hi + tail), y);
}

FUNCTION fv expm1_v(fv x) {
  // Half of a subnormal number would lose a bit.
  fv y = pick(magnitude(x) < 0x1p-54, x, 2 * half_expm1(x));
  return pick(x != x, x + x, y);
}

/// x = 2^e·(1 + f) with 1 + f in [√½, √2).
typedef struct { fv f, e; } log_parts;
FUNCTION log_parts reduce_log(fv x) {
  iv is_small = x < 0x1p-1022;
  x = pick(is_small, x * 0x1p54, x);
  iv bits = (iv)x - (iv)all(0x1.6a09e667f3bcdp-1);
  iv e = bits >> 52;
  fv m = (fv)((iv)x - shifted(e, 52));
  fv exponent = (fv)(e + (iv)all(ROUNDER)) - ROUNDER;
  return (log_parts){m - 1, exponent - pick(is_small, all(54), all(0))};
}

/// Zero, negative, infinite and NaN arguments of a logarithm.
FUNCTION fv log_ends(fv x, fv y) {
  y = pick(x == (double)INFINITY, x, y);
  y = pick(x == 0, all(-(double)INFINITY), y);
  y = pick(x < 0, all((double)NAN), y);
  return pick(x != x, x + x, y);
}

/// log(1 + f) = f - (h - s (h + R)), h = f²/2: the last parenthesis.
FUNCTION fv log_tail(fv f, fv h) {
  fv s = f / (2 + f);
  fv z = s * s;
  fv r = z * poly_LOG_R(z);
  return s * (h + r);
}

FUNCTION fv log_v(fv x) {
  log_parts p = reduce_log(x);
  fv h = 0.5 * p.f * p.f;
  fv tail = log_tail(p.f, h);
  fv y = MADD(p.e, all(0x1.62e42fee00000p-1), p.f - (h - MADD(p.e, all(0x1.a39ef35793c76p-33), tail)));
  return log_ends(x, y);
}

FUNCTION fv log1p_v(fv x) {
  fv u = 1 + x;
  log_parts p = reduce_log(pick(u > 0, u, all(1)));
  // What the rounding of 1 + x lost, relative to u; where u is x's own binade it is in f already.
  fv lost = pick(u >= 2, 1 - (u - x), x - (u - 1));
  fv c = pick(u < 0x1p54, lost / u, all(0));
  iv is_near = (p.e == 0);
  fv f = pick(is_near, x, p.f);
  c = pick(is_near, all(0), c);
  fv h = 0.5 * f * f;
  fv tail = log_tail(f, h);
  fv low = MADD(p.e, all(0x1.a39ef35793c76p-33), c + tail);
  fv y = MADD(p.e, all(0x1.62e42fee00000p-1), f - (h - low));
  y = pick(magnitude(x) < 0x1p-54, x, y);
  y = pick(x == -1, all(-(double)INFINITY), y);
  y = pick(x < -1, all((double)NAN), y);
  y = pick(x == (double)INFINITY, x, y);
  return pick(x != x, x + x, y);
}

/// log(1 + f) as hi + lo, the lower half of hi empty.
typedef struct { fv hi, lo; } two;
FUNCTION two log_two(fv f) {
  fv h = 0.5 * f * f;
  fv hi = (fv)((iv)(f - h) & (int64_t)0xffffffff00000000);
  return (two){hi, (f - hi) - h + log_tail(f, h)};
}

FUNCTION fv log2_v(fv x) {
  log_parts p = reduce_log(x);
  two l = log_two(p.f);
  const double inverse_hi = 0x1.7154765200000p+0, inverse_lo = 0x1.705fc2eefa200p-33;
  fv main = l.hi * inverse_hi;
  fv rest = MADD(l.lo + l.hi, all(inverse_lo), l.lo * inverse_hi);
  fv sum = p.e + main;
  return log_ends(x, sum + ((p.e - sum) + main + rest));
}

FUNCTION fv log10_v(fv x) {
  log_parts p = reduce_log(x);
  two l = log_two(p.f);
  const double inverse_hi = 0x1.bcb7b15200000p-2, inverse_lo = 0x1.b9438ca9aadd5p-36;
  const double two_hi = 0x1.34413509f6000p-2, two_lo = 0x1.9fef311f12b36p-42;
  fv scaled_e = p.e * two_hi;
  fv main = l.hi * inverse_hi;
  fv rest = MADD(p.e, all(two_lo), MADD(l.lo + l.hi, all(inverse_lo), l.lo * inverse_hi));
  fv sum = scaled_e + main;
  return log_ends(x, sum + ((scaled_e - sum) + main + rest));
}

/// x less the nearest multiple of π/2, as hi + lo, and which multiple; |x| < TRIG_LIMIT.
#define TRIG_LIMIT 0x1p20
typedef struct { fv hi, lo; iv k; } trig_parts;
FUNCTION trig_parts reduce_trig(fv x) {
  fv rounded = MADD(x, all(0x1.45f306dc9c883p-1), all(ROUNDER));
  fv k = rounded - ROUNDER;
#ifdef EK_FMA
  // π/2 in parts of 53, 33 and 53 bits. The first difference is exact, a multiple of 2⁻⁵³ that is less than 1,
  // and so is the second product.
  fv a = MADD(k, all(-0x1.921fb54442d18p+0), x);
  fv hi = MADD(k, all(-0x1.1a62633100000p-54), a);
  fv lost = MADD(k, all(-0x1.1a62633100000p-54), a - hi);
  fv lo = MADD(k, all(-0x1.1701b839a2520p-88), lost);
#else
  // π/2 in parts of 33 bits: their products with k are exact.
  fv a = x - k * 0x1.921fb54400000p+0;
  fv b = k * 0x1.0b4611a600000p-34;
  fv c = a - b;
  fv lost = (a - c) - b;
  fv d = k * 0x1.3198a2e000000p-69;
  fv last = k * 0x1.b839a252049c1p-104;
  fv low = lost - d;
  fv low_lost = (lost - low) - d - last;
  fv hi = c + low;
  fv lo = (c - hi) + low + low_lost;
#endif
  return (trig_parts){hi, lo, (iv)rounded - (iv)all(ROUNDER)};
}

/// The sine and the cosine of r + lo, |r| ≤ π/4.
typedef struct { fv sin, cos; } circle_point;
FUNCTION circle_point on_circle(fv r, fv lo) {
  fv z = r * r;
  fv w = MADD(z, all(-0.5), all(1));
  fv s = r + MADD(z * r, poly_SIN_S(z), lo * w);
  fv rest = MADD(z, all(-0.5), 1 - w);  // what the rounding of w lost
  fv c = w + MADD(z * z, poly_COS_C(z), MADD(-r, lo, rest));
  return (circle_point){s, c};
}

FUNCTION int is_any(iv mask) {
  int any = 0;
  for (int i = 0; i < FLANES; i++) any |= mask[i] != 0;
  return any;
}

/// Lanes with huge arguments: one after the other.
typedef double (*scalar_function)(double);
FUNCTION fv with_huge(fv x, fv y, scalar_function f) {
  iv is_huge = magnitude(x) >= TRIG_LIMIT;
  if (__builtin_expect(is_any(is_huge), 0))
    for (int i = 0; i < FLANES; i++)
      if (is_huge[i]) y[i] = f(x[i]);
  return y;
}

// NaN and what is not huge stay what they are to the end; of huge ones no bit is used.
FUNCTION fv sin_v(fv x) {
  trig_parts p = reduce_trig(magnitude(x));
  circle_point at = on_circle(p.hi, p.lo);
  fv y = pick((p.k & 1) != 0, at.cos, at.sin);
  return with_huge(x, signed_by(y, shifted(p.k & 2, 62) ^ sign_of(x)), sin);
}

FUNCTION fv cos_v(fv x) {
  trig_parts p = reduce_trig(x);
  circle_point at = on_circle(p.hi, p.lo);
  fv y = pick((p.k & 1) != 0, at.sin, at.cos);
  return with_huge(x, signed_by(y, shifted((p.k + 1) & 2, 62)), cos);
}

FUNCTION fv tan_v(fv x) {
  trig_parts p = reduce_trig(x);
  fv z = p.hi * p.hi;
  // tan(r + lo) = r + (r³ T + lo (1 + r²)), as a leading part and its rest.
  fv tail = MADD(z * p.hi, poly_TAN_T(z), MADD(z, p.lo, p.lo));
  fv t = p.hi + tail;
  fv rest = (p.hi - t) + tail;
  // -1/t for odd multiples: one step of Newton on the rounded quotient.
  fv q = -1 / t;
  fv q_hi = (fv)((iv)q & (int64_t)0xffffffff00000000), t_hi = (fv)((iv)t & (int64_t)0xffffffff00000000);
  fv left = 1 + q_hi * t_hi + q_hi * ((t - t_hi) + rest);
  fv inverse = q_hi + q * left;
  fv y = pick((p.k & 1) != 0, inverse, t);
  // The halves of a NaN are other NaNs, of which a sum has either, as the compiler orders its operands.
  y = pick(x != x, x + x, y);
  return with_huge(x, pick(x == 0, x, y), tan);
}

FUNCTION fv sqrt_v(fv x) { return __builtin_elementwise_sqrt(x); }

/// The angle of the point (±d, n), n and d not negative, not both 0 and not both infinite.
FUNCTION fv angle(fv n, fv d, iv is_left) {
  iv is_steep = n > d;
  fv small = pick(is_steep, d, n), large = pick(is_steep, n, d);
  // The angle of a slope of 0 to 1; beyond tan(π/8) turned back by π/4.
  iv is_outer = small > 0x1.a827999fcef32p-2 * large;
  fv u = pick(is_outer, small - large, small) / pick(is_outer, small + large, large);
  fv z = u * u;
  fv tail = z * u * poly_ATAN_A(z);
  // Mirrored at π/4, then at π/2: so many eighths of a turn, their leading part exact.
  fv eighths = truth(is_outer);
  eighths = pick(is_steep, 2 - eighths, eighths);
  eighths = pick(is_left, 4 - eighths, eighths);
  iv sign = (is_steep ^ is_left) & INT64_MIN;
  return eighths * 0x1.921fb54442d18p-1 +
         (signed_by(u, sign) + (signed_by(tail, sign) + eighths * 0x1.1a62633145c07p-55));
}

FUNCTION fv atan_v(fv x) {
  fv y = signed_by(angle(magnitude(x), all(1), all_bits(0)), sign_of(x));
  return pick(x != x, x + x, y);
}

FUNCTION fv atan2_v(fv y, fv x) {
  fv n = magnitude(y), d = magnitude(x);
  // The sum of both may overflow; a quarter of a subnormal one is as far below the other as it was.
  iv is_huge = (n > 0x1p1000) | (d > 0x1p1000);
  iv is_infinite = (n == (double)INFINITY) | (d == (double)INFINITY);
  fv quarter = pick(is_huge, all(0.25), all(1));
  n = pick(is_infinite, truth(n == (double)INFINITY), n * quarter);
  d = pick(is_infinite, truth(d == (double)INFINITY), d * quarter);
  d = pick((x == 0) & (y == 0), all(1), d);
  fv result = signed_by(angle(n, d, sign_of(x) != 0), sign_of(y));
  return pick((x != x) | (y != y), x + y, result);
}

/// asin and acos share: |x| ≤ ½ directly, beyond it by √((1 - |x|)/2).
typedef struct { fv t, lo, tail; iv is_outer; } asin_parts;
FUNCTION asin_parts reduce_asin(fv x) {
  fv a = magnitude(x);
  iv is_outer = a > 0.5;
  fv z = pick(is_outer, 0.5 * (1 - a), a * a);
  fv root = sqrt_v(z);
  // The root's own rounding: z - root², by halves.
  fv head = (fv)((iv)root & (int64_t)0xffffffff00000000);
  fv lost = (z - head * head) / (root + head);
  lost = pick((root == 0) | ~is_outer, all(0), lost - (root - head));
  fv t = pick(is_outer, root, a);
  return (asin_parts){t, lost, z * t * poly_ASIN_A(z), is_outer};
}

FUNCTION fv asin_v(fv x) {
  asin_parts p = reduce_asin(x);
  fv outer = 0x1.921fb54442d18p+0 - 2 * p.t;
  fv lost = (0x1.921fb54442d18p+0 - outer) - 2 * p.t;
  outer += lost + (0x1.1a62633145c07p-54 - 2 * (p.tail + p.lo));
  fv y = signed_by(pick(p.is_outer, outer, p.t + p.tail), sign_of(x));
  return pick(magnitude(x) > 1, all((double)NAN), pick(x != x, x + x, y));
}

FUNCTION fv acos_v(fv x) {
  asin_parts p = reduce_asin(x);
  iv sign = sign_of(x);
  fv outer = 2 * (p.t + (p.tail + p.lo));
  fv reflected = 0x1.921fb54442d18p+1 - 2 * p.t;
  fv lost = (0x1.921fb54442d18p+1 - reflected) - 2 * p.t;
  reflected += lost + (0x1.1a62633145c07p-53 - 2 * (p.tail + p.lo));
  fv t = signed_by(p.t, sign);
  fv inner = 0x1.921fb54442d18p+0 - t;
  fv rest = (0x1.921fb54442d18p+0 - inner) - t;
  inner += rest + (0x1.1a62633145c07p-54 - signed_by(p.tail, sign));
  fv y = pick(p.is_outer, pick(sign != 0, reflected, outer), inner);
  return pick(magnitude(x) > 1, all((double)NAN), pick(x != x, x + x, y));
}

FUNCTION fv sinh_v(fv x) {
  fv a = magnitude(x);
  fv h = half_expm1(a);
  fv y = pick(a < 0x1p-28, a, h + h / MADD(all(2), h, all(1)));
  y = pick(h == (double)INFINITY, h, y);
  return pick(x != x, x + x, signed_by(y, sign_of(x)));
}

FUNCTION fv cosh_v(fv x) {
  // Half of exp(|x|), which overflows with cosh and not before.
  fv a = magnitude(x);
  exp_parts p = reduce_exp(pick(a < 711, a, all(711)));
  fv tail = MADD(p.hi * p.hi, poly_EXP_Q(p.hi), p.lo);
  fv h = scaled(1 + (p.hi + tail), p.k - 1);
  return pick(x != x, x + x, h + 0.25 / h);
}

FUNCTION fv tanh_v(fv x) {
  fv a = magnitude(x);
  fv bounded = pick(a < 22, a, all(22));
  fv e = expm1_v(-2 * bounded);
  fv y = pick(a < 22, -e / (e + 2), all(1));
  y = pick(a < 0x1p-28, a, y);
  return pick(x != x, x + x, signed_by(y, sign_of(x)));
}

FUNCTION fv sigmoid_v(fv x) {
  // 1 / (1 + e^-|x|), reflected: the small side keeps its relative accuracy.
  fv e = exp_v(-magnitude(x));
  fv y = pick(x < 0, e, all(1)) / (1 + e);
  return pick(x != x, x + x, y);
}

FUNCTION fv cbrt_v(fv x) {
  fv a = magnitude(x);
  iv is_small = a < 0x1p-1022;
  iv bits = (iv)pick(is_small, a * 0x1p54, a);
  // a = m·8^q with m in [1, 8).
  iv q = (((bits >> 52) * 43691) >> 17) - 341;
  fv m = (fv)(bits - shifted(3 * q, 52));
  // A third of the bits is a guess that is good to 5; three steps of Halley's method make it all of them.
  iv third = shifted(((iv)m >> 33) * 0x55555556 >> 32, 33);
  fv t = (fv)(third + ((int64_t)715094163 << 32));
  _Pragma("unroll") for (int i = 0; i < 3; i++) {
    fv cube = t * t * t;
    t = t - t * ((cube - m) / (2 * cube + m));
  }
  // Newton's last step, from a head whose square is exact.
  fv head = (fv)((iv)t & (int64_t)0xffffffffc0000000);
  fv r = m / (head * head);
  fv y = head + head * ((r - head) / (2 * head + r));
  y = (fv)((iv)y + shifted(q - (is_small & 18), 52));
  y = pick((a == 0) | (a == (double)INFINITY), a, y);
  return pick(x != x, x + x, signed_by(y, sign_of(x)));
}

FUNCTION fv asinh_v(fv x) {
  fv a = magnitude(x);
  iv is_large = a > 0x1p28;
  fv b = pick(is_large, all(1), a);
  fv square = b * b;
  fv y = log1p_v(pick(is_large, a - 1, b + square / (1 + sqrt_v(1 + square))));
  y = pick(is_large, y + 0x1.62e42fefa39efp-1, y);
  y = pick(a < 0x1p-28, a, y);
  y = pick(a == (double)INFINITY, a, y);
  return pick(x != x, x + x, signed_by(y, sign_of(x)));
}

FUNCTION fv acosh_v(fv x) {
  iv is_large = x > 0x1p28;
  fv t = pick(is_large, all(1), x - 1);
  fv y = log1p_v(pick(is_large, x - 1, t + sqrt_v(t * (2 + t))));
  y = pick(is_large, y + 0x1.62e42fefa39efp-1, y);
  return pick(x < 1, all((double)NAN), pick(x != x, x + x, y));
}

FUNCTION fv atanh_v(fv x) {
  fv a = magnitude(x);
  fv y = 0.5 * log1p_v(pick(a < 1, 2 * a / (1 - a), all((double)INFINITY)));
  y = pick(a < 0x1p-28, a, y);
  return pick(a > 1, all((double)NAN), pick(x != x, x + x, signed_by(y, sign_of(x))));
}

/// a·b exactly, or to 106 bits where it is made of halves; neither may be near the ends of the range.
FUNCTION two product(fv a, fv b) {
  fv p = a * b;
#ifdef EK_FMA
  return (two){p, MADD(a, b, -p)};
#else
  fv a_hi = (fv)((iv)a & (int64_t)0xfffffffff8000000), b_hi = (fv)((iv)b & (int64_t)0xfffffffff8000000);
  fv a_lo = a - a_hi, b_lo = b - b_hi;
  return (two){p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
#endif
}

/// a + b exactly, |a| ≥ |b|.
FUNCTION two sum_of(fv a, fv b) {
  fv s = a + b;
  return (two){s, b - (s - a)};
}

/// log x to some 2⁻⁶⁵ of itself, for positive finite x.
FUNCTION two log_precise(fv x) {
  log_parts p = reduce_log(x);
  // s = f / (2 + f) = hi + lo.
  fv divisor = 2 + p.f;
  fv divisor_lo = p.f - (divisor - 2);
  fv s = p.f / divisor;
  two back = product(s, divisor);
  fv s_lo = ((p.f - back.hi) - back.lo - s * divisor_lo) / divisor;
  // s³ (2/3 + z (2/5 + z R)): 2/3 in two parts and the product with 2/5, the rest is small enough for one.
  two z = product(s, s);
  z.lo = MADD(2 * s, s_lo, z.lo);
  two lead = product(z.hi, all(0x1.999999999999ap-2));
  two rest = sum_of(lead.hi, z.hi * (z.hi * poly_LOG_R3(z.hi)));
  two factor = sum_of(all(0x1.5555555555555p-1), rest.hi);
  factor.lo += 0x1.5555555555555p-55 + (rest.lo + MADD(z.lo, all(0x1.999999999999ap-2), lead.lo));
  two cube = product(z.hi, s);
  cube.lo += MADD(z.hi, s_lo, z.lo * s);
  two tail = product(cube.hi, factor.hi);
  tail.lo += MADD(cube.hi, factor.lo, cube.lo * factor.hi);
  two main = sum_of(p.e * 0x1.62e42fee00000p-1, 2 * s);  // exact product; |e ln 2| > 2s or e = 0
  iv is_unit = p.e == 0;
  main.hi = pick(is_unit, 2 * s, main.hi);
  main.lo = pick(is_unit, all(0), main.lo);
  two sum = sum_of(main.hi, tail.hi);
  fv low = main.lo + (sum.lo + (tail.lo + (2 * s_lo + p.e * 0x1.a39ef35793c76p-33)));
  return sum_of(sum.hi, low);
}

FUNCTION fv pow_v(fv x, fv y) {
  fv a = magnitude(x);
  iv is_plain = (a > 0) & (a < (double)INFINITY);
  two l = log_precise(pick(is_plain, a, all(1)));
  // Beyond 2⁶⁶ the result is at an end already, if x is not 1.
  fv w = pick(y > 0x1p66, all(0x1p66), pick(y < -0x1p66, all(-0x1p66), y));
  two e = product(w, l.hi);
  e.lo = MADD(w, l.lo, e.lo);
  iv is_over = e.hi > 710, is_under = e.hi < -746;
  fv hi = pick(is_over, all(710), pick(is_under, all(-746), e.hi));
  fv lo = pick(is_over | is_under, all(0), e.lo);
  exp_parts p = reduce_exp(hi);
  fv r = p.hi + (p.lo + lo);
  fv r_lo = (p.hi - r) + (p.lo + lo);
  fv result = scaled(1 + (r + MADD(r * r, poly_EXP_Q(r), r_lo)), p.k);
  // Zero and infinite x: x^y is one or the other, by the sign of y.
  iv grows = (a > 1) == (y > 0);
  result = pick(is_plain, result, pick(grows, all((double)INFINITY), all(0)));
  // A negative x has a power when y is a whole number, and the sign of x when y is odd.
  fv y_size = magnitude(y);
  fv near = pick(y_size < 0x1p52, (y_size + 0x1p52) - 0x1p52, y_size);
  iv is_whole = near == y_size;
  iv is_odd = is_whole & (y_size < 0x1p53) & ((((iv)(pick(y_size < 0x1p52, y_size + 0x1p52, y_size))) & 1) != 0);
  result = signed_by(result, sign_of(x) & is_odd);
  result = pick((x < 0) & (a < (double)INFINITY) & ~is_whole, all((double)NAN), result);
  result = pick((x != x) | (y != y), x + y, result);
  // |x| = 1 with infinite y is 1, as is anything to the power of 0 and 1 to any power.
  iv is_one = (x == 1) | (y == 0) | ((a == 1) & (y_size == (double)INFINITY));
  return pick(is_one, all(1), result);
}

// IEEE 754-2019: a NaN wins, -0 is less than +0.
FUNCTION fv minimum_v(fv x, fv y) {
  fv equal = (fv)((iv)x | (iv)y);
  return pick(x < y, x, pick(y < x, y, pick(x == y, equal, x + y)));
}

FUNCTION fv maximum_v(fv x, fv y) {
  fv equal = (fv)((iv)x & (iv)y);
  return pick(x > y, x, pick(y > x, y, pick(x == y, equal, x + y)));
}

/// 1 + r + r² q with r = hi + lo, times 2^k.
FUNCTION fv exp_of(two r, fv k) {
  return scaled(1 + (r.hi + MADD(r.hi * r.hi, poly_EXP_Q(r.hi), r.lo)), k);
}

FUNCTION fv exp2_v(fv x) {
  fv bounded = pick(x > 1030, all(1030), pick(x < -1080, all(-1080), x));
  fv k = (bounded + ROUNDER) - ROUNDER;
  fv f = bounded - k;
  two r = product(f, all(0x1.62e42fefa39efp-1));
  r.lo = MADD(f, all(0x1.abc9e3b39803fp-56), r.lo);
  return exp_of(r, k);
}

FUNCTION fv exp10_v(fv x) {
  fv bounded = pick(x > 310, all(310), pick(x < -325, all(-325), x));
  fv k = MADD(bounded, all(0x1.a934f0979a371p+1), all(ROUNDER)) - ROUNDER;
  fv hi = MADD(k, all(-0x1.34413509f6000p-2), bounded);  // exact: 40 bits times 11
  fv part = k * 0x1.9fef311f12b36p-42;
  fv f = hi - part;
  two r = product(f, all(0x1.26bb1bbb55516p+1));
  r.lo += MADD((hi - f) - part, all(0x1.26bb1bbb55516p+1), f * -0x1.f48ad494ea3e9p-53);
  return exp_of(r, k);
}

FUNCTION fv hypot_v(fv x, fv y) {
  fv a = magnitude(x), b = magnitude(y);
  fv large = pick(a > b, a, b), small = pick(a > b, b, a);
  // Their squares stay inside of the range, as do the roundings of these if they count.
  iv is_huge = large > 0x1p500, is_tiny = large < 0x1p-400;
  fv scale = pick(is_huge, all(0x1p-600), pick(is_tiny, all(0x1p600), all(1)));
  fv back = pick(is_huge, all(0x1p600), pick(is_tiny, all(0x1p-600), all(1)));
  two p = product(large * scale, large * scale), q = product(small * scale, small * scale);
  two sum = sum_of(p.hi, q.hi);
  fv result = sqrt_v(sum.hi + (sum.lo + (p.lo + q.lo))) * back;
  iv is_infinite = (a == (double)INFINITY) | (b == (double)INFINITY);
  return pick(is_infinite, all((double)INFINITY), pick((x != x) | (y != y), x + y, result));
}

FUNCTION fv sign_v(fv x) { return pick((x == 0) | (x != x), x, signed_by(all(1), sign_of(x))); }
FUNCTION fv copysign_v(fv x, fv y) { return signed_by(magnitude(x), sign_of(y)); }

#include "special.h"

/// x − n·y with n = x / y towards 0, exact.
FUNCTION fv fmod_v(fv x, fv y) {
  fv result;
  for (int k = 0; k < FLANES; k++) result[k] = fmod(x[k], y[k]);
  return result;
}
