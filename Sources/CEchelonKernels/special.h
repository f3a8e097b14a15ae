// The special functions, on vectors of FLANES doubles. No include guard: part of functions.h.
//
// Sources: F. W. J. Olver et al., *NIST Digital Library of Mathematical Functions*, chapters 5 and 7, for the
// reflection of the gamma function and Stirling's series;
// M. M. Shepherd, J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞",
// Math. Comp. 36 (1981), for the variable of erfc.

FUNCTION two pick_two(iv mask, two a, two b) {
  return (two){pick(mask, a.hi, b.hi), pick(mask, a.lo, b.lo)};
}

FUNCTION two one_part(fv x) { return (two){x, all(0)}; }

/// a + b exactly, whichever is larger.
FUNCTION two exact_sum(fv a, fv b) {
  fv s = a + b, c = s - a;
  return (two){s, (a - (s - c)) + (b - c)};
}

FUNCTION two product_of(two a, two b) {
  two p = product(a.hi, b.hi);
  p.lo += MADD(a.hi, b.lo, a.lo * b.hi);
  return p;
}

/// a / b as one number, nearly as good as its rounding.
FUNCTION fv quotient_of(two a, two b) {
  fv inverse = 1 / b.hi, y = a.hi * inverse;
  two back = product(y, b.hi);
  fv left = ((a.hi - back.hi) - back.lo) + (a.lo - y * b.lo);
  return pick(magnitude(y) < (double)INFINITY, MADD(left, inverse, y), y);
}

/// exp(hi + lo) = (1 + r)·2^k, as 1 + r in two parts.
typedef struct { two power; fv k; } two_exp_parts;
FUNCTION two_exp_parts exp_two(two x) {
  exp_parts p = reduce_exp(x.hi);
  two r = sum_of(p.hi, p.lo + x.lo);
  return (two_exp_parts){sum_of(all(1), r.hi + MADD(r.hi * r.hi, poly_EXP_Q(r.hi), r.lo)), p.k};
}

POLY(ERF_E)
LONG_POLY(ERFC_Q)

/// erfc(x) for x ≥ ½.
FUNCTION fv erfc_tail(fv x) {
  x = pick(x < 28, x, all(28));
  // (1 + 2x) exp(x²) erfc x, between 1.1 and 1.3, as middle + q S(q).
  fv q = (x - 3) / (x + 3);
  fv m = q * poly_ERFC_Q(q);
  two p = sum_of(all(ERFC_Q_MIDDLE), m);
  p.lo += ERFC_Q_MIDDLE_LO;
  // exp(-x²), the square in two parts.
  two square = product(x, x);
  two_exp_parts e = exp_two((two){-square.hi, -square.lo});
  return scaled(quotient_of(product_of(e.power, p), sum_of(2 * x, all(1))), e.k);
}

FUNCTION fv erf_v(fv x) {
  fv a = magnitude(x);
  fv near = MADD(a, poly_ERF_E(a * a), a);
  fv y = pick(a < 1, near, 1 - erfc_tail(a));
  return pick(x != x, x + x, signed_by(y, sign_of(x)));
}

FUNCTION fv erfc_v(fv x) {
  fv a = magnitude(x);
  two s = sum_of(all(1), -x);  // exact where it is used, |x| < 1
  fv near = s.hi + (s.lo - x * poly_ERF_E(x * x));
  fv tail = erfc_tail(pick(a < 0.5, all(0.5), a));
  fv y = pick((x > -1) & (x < 0.5), near, pick(x < 0, 2 - tail, tail));
  return pick(x != x, x + x, y);
}

POLY(QUANTILE_C)
LONG_POLY(QUANTILE_G)
LONG_POLY(QUANTILE_H)

/// √2 r - z in the tails of the quantile z, r = √(-log p) from 1.1 on.
FUNCTION two quantile_excess(fv r) {
  iv is_far = r > QUANTILE_FAR;
  fv centre = pick(is_far, all(QUANTILE_H_CENTRE), all(QUANTILE_G_CENTRE));
  fv q = (r - centre) / (r + centre);
  two y = {all(QUANTILE_G_MIDDLE), MADD(q, poly_QUANTILE_G(q), all(QUANTILE_G_MIDDLE_LO))};
  // Below 1e-18 or so: hardly ever.
  if (__builtin_expect(is_any(is_far), 0)) {
    two far = {all(QUANTILE_H_MIDDLE), MADD(q, poly_QUANTILE_H(q), all(QUANTILE_H_MIDDLE_LO))};
    y = pick_two(is_far, far, y);
  }
  return y;
}

FUNCTION fv normal_quantile_v(fv p) {
  // Near the middle a power series in p - ½; its leading coefficient is √(2π).
  fv d = p - 0.5, z = d * d;
  iv is_central = magnitude(d) <= 0.25;
  fv central = d * MADD(z, poly_QUANTILE_C(z), all(0x1.40d931ff62706p+1));
  // Beyond it √2 r less what that is too large by, with the rounding of the root and of the product.
  fv tail = pick(p < 0.5, p, 1 - p);
  two l = log_precise(pick((tail > 0) & ~is_central, tail, all(0.25)));
  fv r = sqrt_v(-l.hi);
  two square = product(r, r);
  fv r_lo = ((-l.hi - square.hi) - square.lo - l.lo) / (2 * r);
  two main = product(r, all(0x1.6a09e667f3bcdp+0));
  // dz/dr is between 1.9 and √2.
  main.lo += MADD(r, all(-0x1.bdd3413b26456p-54), r_lo * 1.65);
  two excess = quantile_excess(r), sum = sum_of(main.hi, -excess.hi);
  fv outer = signed_by(sum.hi + (sum.lo + (main.lo - excess.lo)), sign_of(d));
  fv y = pick(is_central, central, outer);
  y = pick(p == 0, all(-(double)INFINITY), pick(p == 1, all((double)INFINITY), y));
  return pick((p < 0) | (p > 1), all((double)NAN), pick(p != p, p + p, y));
}

LONG_POLY(GAMMA_G)
LONG_POLY(GAMMA_K)
POLY(GAMMA_T)
POLY(SINPI_S)

/// sin(πa)/π for a ≥ 0, by the distance from the nearest whole number.
FUNCTION two sinpi_over_pi(fv a) {
  fv n = __builtin_elementwise_roundeven(a), f = a - n, z = f * f;
  iv is_odd = (iv)(pick(a < 0x1p51, n, all(0)) + ROUNDER) & 1;
  f = signed_by(f, shifted(is_odd, 63));
  return sum_of(f, f * (z * poly_SINPI_S(z)));
}

/// For -½ ≤ a < 8, Γ(a) as Γ(2 + t) times the factor or divided by it, |t| ≤ ½.
typedef struct { fv t; two factor; iv divides; } gamma_parts;
FUNCTION gamma_parts reduce_gamma(fv a) {
  fv n = __builtin_elementwise_roundeven(a);
  // (a - 1)(a - 2)… down to 2 + t, each of them exact.
  two up = one_part(all(1));
  _Pragma("unroll") for (int i = 1; i <= 6; i++)
    up = pick_two(n >= i + 2, product_of(up, one_part(a - i)), up);
  // a, or a (a + 1).
  two next = pick_two(n < 1, sum_of(all(1), a), one_part(all(1)));
  iv divides = n < 2;
  return (gamma_parts){a - n, pick_two(divides, product_of(one_part(a), next), up), divides};
}

/// log Γ(a) for a ≥ 8, of which `l` is the logarithm, by Stirling's series.
FUNCTION two stirling(fv a, two l) {
  two m = product_of(one_part(a - 0.5), l);
  two s = sum_of(m.hi, -a);
  two t = sum_of(s.hi, all(0x1.d67f1c864beb5p-1));  // log(2π)/2
  fv v = 1 / a;
  return sum_of(t.hi, MADD(v, poly_GAMMA_T(v * v), m.lo + s.lo + (t.lo - 0x1.65b5a1b7ff5dfp-55)));
}

// Below -½ by reflection: Γ(-a) = -1 / (a Γ(a) sin(πa) / π).

FUNCTION fv gamma_v(fv x) {
  iv is_reflected = x < -0.5;
  fv a = pick(is_reflected, -x, x);
  two sine = product_of(sinpi_over_pi(a), one_part(-a));
  iv is_pole = is_reflected & (sine.hi == 0);
  a = pick(a < 200, a, all(200));
  // The one part: a polynomial and a factor, as a quotient.
  iv is_far = a >= 8;
  gamma_parts p = reduce_gamma(pick(is_far, all(2), a));
  two g = sum_of(all(1), p.t * poly_GAMMA_G(p.t)), one = one_part(all(1));
  two b = pick_two(is_reflected, product_of(g, sine), g);
  two times = product_of(b, p.factor);
  two numerator = pick_two(p.divides, pick_two(is_reflected, p.factor, b), pick_two(is_reflected, one, times));
  two denominator = pick_two(p.divides, pick_two(is_reflected, b, p.factor), pick_two(is_reflected, times, one));
  fv quotient = quotient_of(numerator, denominator);
  // The other, from 8 on: an exponential.
  fv far = pick(is_far, a, all(8));
  two s = stirling(far, log_precise(far));
  s = pick_two(is_reflected, (two){-s.hi, -s.lo}, s);
  two_exp_parts e = exp_two(pick_two(is_far, s, one_part(all(0))));
  fv y = scaled(MADD(quotient, e.power.hi, quotient * e.power.lo), e.k);
  y = pick(magnitude(quotient) == (double)INFINITY, quotient, y);
  return pick(is_pole, all((double)NAN), pick(x != x, x + x, y));
}

FUNCTION fv log_gamma_v(fv x) {
  iv is_reflected = x < -0.5;
  fv a = pick(is_reflected, -x, x);
  two sine = sinpi_over_pi(a);
  sine = (two){magnitude(sine.hi), signed_by(sine.lo, sign_of(sine.hi))};
  iv is_far = a >= 8;
  gamma_parts p = reduce_gamma(pick(is_far, all(2), a));
  // One logarithm: of a, of the factor, or of that times the sine.
  two whole = product_of(p.factor, product_of(one_part(a), sine));
  two argument = pick_two(is_reflected, pick_two(p.divides, sine, whole), p.factor);
  argument = pick_two(is_far, one_part(a), argument);
  iv is_plain = (argument.hi != 0) & (a < (double)INFINITY);
  argument.hi = pick(is_plain, argument.hi, all(1));
  two l = log_precise(magnitude(argument.hi));
  l.lo += argument.lo / argument.hi;

  two k = sum_of(all(GAMMA_K_MIDDLE), p.t * poly_GAMMA_K(p.t));
  k.lo += GAMMA_K_MIDDLE_LO;
  two near = product_of(one_part(p.t), k);
  iv sign = is_reflected & INT64_MIN, sign_l = (is_reflected | p.divides) & INT64_MIN;
  two sum = exact_sum(signed_by(near.hi, sign), signed_by(l.hi, sign_l));
  fv y = sum.hi + (sum.lo + (signed_by(near.lo, sign) + signed_by(l.lo, sign_l)));

  // The logarithm of huge numbers overflows too early.
  iv is_huge = a > 0x1p1000;
  two far = stirling(pick(is_far & is_plain, pick(is_huge, a * 0x1p-64, a), all(8)), l);
  fv z = far.hi + far.lo;
  if (__builtin_expect(is_any(is_far & is_reflected), 0)) {
    two other = log_precise(pick(sine.hi > 0, sine.hi, all(1)));
    other.lo += pick(sine.hi > 0, sine.lo / sine.hi, all(0));
    two s = exact_sum(far.hi, l.hi), t = exact_sum(s.hi, other.hi);
    z = pick(is_reflected, -(t.hi + (t.lo + s.lo + (far.lo + l.lo + other.lo))), z);
  }
  y = pick(is_far, pick(is_huge, z * 0x1p64, z), y);
  y = pick((x == 0) | (is_reflected & (sine.hi == 0)) | (a == (double)INFINITY), all((double)INFINITY), y);
  return pick(x != x, x + x, y);
}
