// How far values of the vector functions are from the truth, which is computed in long double. C, because
// Swift has no long double on every platform, and no library for it on any.
#ifndef ECHELON_REFERENCE_H
#define ECHELON_REFERENCE_H

/// The error of `value` as the result of an operation of CEchelonKernels.h on x and y, in units in the last
/// place of a double; infinite when it is NaN, infinite or of the other sign of zero, and should not be.
double reference_error(int operation, double x, double y, double value);

/// The same for a result that was rounded to float, in units of those.
double reference_error_float(int operation, double x, double y, float value);

#include "reference_lapack.h"
#include "reference_matrices.h"

#endif
