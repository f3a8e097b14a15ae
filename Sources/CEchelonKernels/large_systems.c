// Systems of equations that do not fit into a cache, by LAPACK.
// C, for the loops that copy them column by column, for either type.
#include "CEchelonKernels.h"

#include <math.h>

// What LAPACK makes of NaN depends on where that is, so it is not asked about it.
#define SOLVE(suffix, ELEMENT, type)                                                                        \
  ptrdiff_t ek_solve_large_scratch_##suffix(ptrdiff_t n, ptrdiff_t m) {                                     \
    ptrdiff_t small = ek_solve_scratch_##suffix(EK_LEVEL_ACTIVE, n, m), large = n * n + n * m + n;          \
    return small > large ? small : large;                                                                   \
  }                                                                                                         \
                                                                                                            \
  ptrdiff_t ek_solve_large_##suffix(ptrdiff_t n, ptrdiff_t m, int is_positive, const ELEMENT *a,            \
                                    ek_layout a_layout, const ELEMENT *b, ek_layout b_layout, ELEMENT *x,   \
                                    ek_layout x_layout, ELEMENT *scratch) {                                 \
    if (!ek_open_lapack() || n > INT32_MAX || m > INT32_MAX)                                                \
      return ek_solve_##suffix(EK_LEVEL_ACTIVE, n, m, is_positive, a, a_layout, b, b_layout, x, x_layout,   \
                               scratch);                                                                    \
    ELEMENT *matrix = scratch, *sides = scratch + n * n;                                                    \
    int has_nan = 0;                                                                                        \
    for (ptrdiff_t j = 0; j < n; j++)                                                                       \
      for (ptrdiff_t i = 0; i < (is_positive ? j + 1 : n); i++) {                                           \
        matrix[i + j * n] = a[i * a_layout.row_stride + j * a_layout.column_stride];                        \
        has_nan |= isnan(matrix[i + j * n]);                                                                \
      }                                                                                                     \
    for (ptrdiff_t j = 0; j < m; j++)                                                                       \
      for (ptrdiff_t i = 0; i < n; i++)                                                                     \
        sides[i + j * n] = !b ? i == j : b[i * b_layout.row_stride + j * b_layout.column_stride];           \
    int count = (int)n, side_count = (int)m, failed = 0;                                                    \
    if (has_nan)                                                                                            \
      for (ptrdiff_t i = 0; i < n * m; i++) sides[i] = NAN;                                                 \
    else if (is_positive) {                                                                                 \
      failed = ek_potrf(type, 'U', count, matrix, count);                                                   \
      if (!failed) ek_potrs(type, 'U', count, side_count, matrix, count, sides, count);                     \
    } else {                                                                                                \
      int *pivots = (int *)(sides + n * m);                                                                 \
      failed = ek_getrf(type, count, count, matrix, count, pivots);                                         \
      if (!failed) ek_getrs(type, 'N', count, side_count, matrix, count, pivots, sides, count);             \
    }                                                                                                       \
    if (failed) return failed;                                                                              \
    for (ptrdiff_t i = 0; i < n; i++)                                                                       \
      for (ptrdiff_t j = 0; j < m; j++)                                                                     \
        x[i * x_layout.row_stride + j * x_layout.column_stride] = sides[i + j * n];                         \
    return 0;                                                                                               \
  }
SOLVE(f64, double, EK_DOUBLE)
SOLVE(f32, float, EK_FLOAT)
