#include "CReference.h"

#include <math.h>

#include "CEchelonKernels.h"

/// The quantile of the standard normal distribution by Newton's method: of erf near the middle, of the
/// logarithm of erfc in the tails, so that it loses nothing in either.
static long double normal_quantile(long double p) {
  const long double root = 0.70710678118654752440084436210484904L, scale = 2.50662827463100050241576528481104525L;
  if (!(p >= 0 && p <= 1)) return NAN;
  if (p == 0 || p == 1) return p == 0 ? -INFINITY : INFINITY;
  if (fabsl(p - 0.5L) <= 0.25L) {
    long double z = scale * (p - 0.5L);
    for (int i = 0; i < 8; i++) z -= (erfl(z * root) / 2 - (p - 0.5L)) * scale * expl(z * z / 2);
    return z;
  }
  long double tail = p < 0.5L ? p : 1 - p, z = sqrtl(-2 * logl(tail));
  for (int i = 0; i < 12; i++) {
    long double value = erfcl(z * root) / 2;
    z += logl(value / tail) * value * scale * expl(z * z / 2);
  }
  return p < 0.5L ? -z : z;
}

static long double reference(int operation, long double x, long double y) {
  switch (operation) {
    case EK_COPY: return x;
    case EK_NEGATE: return -x;
    case EK_ABS: return fabsl(x);
    case EK_SQRT: return sqrtl(x);
    case EK_CBRT: return cbrtl(x);
    case EK_EXP: return expl(x);
    case EK_EXPM1: return expm1l(x);
    case EK_LOG: return logl(x);
    case EK_LOG1P: return log1pl(x);
    case EK_LOG2: return log2l(x);
    case EK_LOG10: return log10l(x);
    case EK_SIN: return sinl(x);
    case EK_COS: return cosl(x);
    case EK_TAN: return tanl(x);
    case EK_ASIN: return asinl(x);
    case EK_ACOS: return acosl(x);
    case EK_ATAN: return atanl(x);
    case EK_SINH: return sinhl(x);
    case EK_COSH: return coshl(x);
    case EK_TANH: return tanhl(x);
    case EK_ASINH: return asinhl(x);
    case EK_ACOSH: return acoshl(x);
    case EK_ATANH: return atanhl(x);
    case EK_SIGMOID: return 1 / (1 + expl(-x));
    case EK_FLOOR: return floorl(x);
    case EK_CEIL: return ceill(x);
    case EK_TRUNC: return truncl(x);
    case EK_ROUND: return roundl(x);
    case EK_ROUND_EVEN: return isinf(x) ? x : copysignl(x - remainderl(x, 1), x);
    case EK_NOT: return x == 0;
    case EK_ADD: return x + y;
    case EK_SUBTRACT: return x - y;
    case EK_MULTIPLY: return x * y;
    case EK_DIVIDE: return x / y;
    case EK_POW: return powl(x, y);
    case EK_EXP2: return exp2l(x);
    case EK_EXP10: return powl(10, x);
    case EK_SIGN: return isnan(x) || x == 0 ? x : copysignl(1, x);
    case EK_ATAN2: return atan2l(x, y);
    case EK_HYPOT: return hypotl(x, y);
    case EK_COPYSIGN: return copysignl(x, y);
    case EK_REMAINDER: return fmodl(x, y);
    case EK_ERF: return erfl(x);
    case EK_ERFC: return erfcl(x);
    case EK_NORMAL_QUANTILE: return normal_quantile(x);
    case EK_GAMMA: return tgammal(x);
    case EK_LOG_GAMMA: return lgammal(x);
    case EK_MINIMUM:
      if (isnan(x) || isnan(y)) return NAN;
      return x < y || (x == y && signbit(x)) ? x : y;
    case EK_MAXIMUM:
      if (isnan(x) || isnan(y)) return NAN;
      return x > y || (x == y && !signbit(x)) ? x : y;
    case EK_LESS: return x < y;
    case EK_LESS_OR_EQUAL: return x <= y;
    case EK_EQUAL: return x == y;
    case EK_NOT_EQUAL: return x != y;
    case EK_AND: return x != 0 && y != 0;
    case EK_OR: return x != 0 || y != 0;
    default: return NAN;
  }
}

/// The distance in units of the last of `digits` binary places, with exponents from `lowest` on.
static double error(long double value, long double truth, long double rounded, int digits, int lowest,
                    long double largest) {
  if (isnan(truth)) return isnan(value) ? 0 : INFINITY;
  if (isnan(value)) return INFINITY;
  if (isinf(rounded) || isinf(value)) {
    if (isinf(rounded) && isinf(value)) return signbit(rounded) == signbit(value) ? 0 : INFINITY;
    // On the edge of the range the one may be infinite and the other the largest number.
    return !isinf(truth) && fabsl(value) >= largest && fabsl(rounded) >= largest ? 1 : INFINITY;
  }
  // A truth that is rounded to zero has a sign, too.
  if (signbit(value) != signbit(truth) || (truth == 0 && value != 0)) return INFINITY;
  int exponent;
  frexpl(rounded, &exponent);
  if (rounded == 0 || exponent < lowest) exponent = lowest;
  return (double)(fabsl(value - truth) / ldexpl(1, exponent - digits));
}

// Operations that round on their way are compared with the same ones in C.
#pragma STDC FP_CONTRACT OFF

double reference_error(int operation, double x, double y, double value) {
  long double truth =
      operation == EK_ROOT_OF_SQUARES ? sqrt(x * x + y * y) : reference(operation, x, y);
  // Among the poles log |Γ| has zeros, each between two numbers: absolute errors count there.
  if (operation == EK_LOG_GAMMA && x < 0 && fabsl(truth) < 1)
    return (double)(fabsl(value - truth) / 0x1p-52L);
  return error(value, truth, (double)truth, 53, -1021, 0x1.fffffffffffffp1023L);
}

double reference_error_float(int operation, double x, double y, float value) {
  float fx = (float)x, fy = (float)y;
  long double truth =
      operation == EK_ROOT_OF_SQUARES ? sqrtf(fx * fx + fy * fy) : reference(operation, x, y);
  return error(value, truth, (float)truth, 24, -125, 0x1.fffffep127L);
}
