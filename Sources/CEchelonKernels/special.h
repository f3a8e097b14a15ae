// The special functions, on vectors of FLANES doubles. No include guard: part of functions.h.
//
// Sources: F. W. J. Olver et al., *NIST Digital Library of Mathematical Functions*, chapters 5 and 7;
// M. M. Shepherd, J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞",
// Math. Comp. 36 (1981), for the variable of erfc.

POLY(ERF_E)
LONG_POLY(ERFC_Q)

/// erfc(x) for x ≥ ½.
FUNCTION fv erfc_tail(fv x) {
  x = pick(x < 28, x, all(28));
  // (1 + 2x) exp(x²) erfc x, between 1.1 and 1.3, as middle + q S(q).
  fv q = (x - 3) / (x + 3);
  fv m = q * poly_ERFC_Q(q);
  two p = sum_of(all(ERFC_MIDDLE), m);
  p.lo += ERFC_MIDDLE_LO;
  // exp(-x²), the square in two parts.
  two square = product(x, x);
  exp_parts parts = reduce_exp(-square.hi);
  two r = sum_of(parts.hi, parts.lo - square.lo);
  two e = sum_of(all(1), r.hi + MADD(r.hi * r.hi, poly_EXP_Q(r.hi), r.lo));
  // Their product over 1 + 2x: the quotient, and once more what it left.
  two g = product(e.hi, p.hi);
  g.lo += MADD(e.hi, p.lo, e.lo * p.hi);
  two d = sum_of(2 * x, all(1));
  fv inverse = 1 / d.hi, y = g.hi * inverse;
  two back = product(y, d.hi);
  fv left = ((g.hi - back.hi) - back.lo) + (g.lo - y * d.lo);
  return scaled(MADD(left, inverse, y), parts.k);
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
