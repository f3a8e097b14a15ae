// Systems of equations of one matrix: by elimination in the caches, or by LAPACK where that is no slower or where there
// are complex numbers.
// C, because one function serves all element types, in debug builds as fast as in others.
#include "lapack.h"

#include <math.h>
#include <string.h>

int ek_has_nan(int type, char triangle, ptrdiff_t n, const void *a) {
  ptrdiff_t parts = (ptrdiff_t)(element_size(type) / part_size(type));
  int found = 0;
  for (ptrdiff_t j = 0; j < n; j++)
    for (ptrdiff_t i = parts * (j * n + (triangle == 'L' ? j : 0)); i < parts * (j + 1) * n; i++)
      found |= is_single(type) ? isnan(((const float *)a)[i]) : isnan(((const double *)a)[i]);
  return found;
}

/// The columns of the identity.
static void set_identity(int type, ptrdiff_t n, ptrdiff_t columns, void *x) {
  size_t size = element_size(type);
  any_element one = real_number(type, 1);
  memset(x, 0, (size_t)(n * columns) * size);
  for (ptrdiff_t j = 0; j < columns; j++) memcpy((char *)x + (size_t)(j + j * n) * size, &one, size);
}

static void set_nan(int type, ptrdiff_t count, void *x) {
  ptrdiff_t parts = count * (ptrdiff_t)(element_size(type) / part_size(type));
  for (ptrdiff_t i = 0; i < parts; i++)
    if (is_single(type))
      ((float *)x)[i] = NAN;
    else
      ((double *)x)[i] = NAN;
}

/// Whether LAPACK solves it.
static int is_for_lapack(int type, ptrdiff_t n, ptrdiff_t m) {
  if (is_complex(type)) return 1;
  return n > EK_SMALL_SYSTEM && n <= INT32_MAX && m <= INT32_MAX && ek_open_lapack();
}

static ptrdiff_t solve_by_lapack(int type, ptrdiff_t n, ptrdiff_t m, int is_positive, const void *a, ek_layout a_layout,
                                 const void *b, ek_layout b_layout, void *x, ek_layout x_layout, void *scratch) {
  size_t size = element_size(type);
  char *matrix = scratch, *sides = matrix + (size_t)(n * n) * size;
  int count = (int)n, side_count = (int)m, failed = 0;
  ek_pack(size, n, n, a, a_layout.row_stride, a_layout.column_stride, matrix, n);
  if (b)
    ek_pack(size, n, m, b, b_layout.row_stride, b_layout.column_stride, sides, n);
  else
    set_identity(type, n, m, sides);
  // What LAPACK makes of NaN depends on where that is, so it is not asked about it.
  if (ek_has_nan(type, is_positive ? 'L' : 'A', n, matrix)) {
    set_nan(type, n * m, sides);
  } else if (is_positive) {
    failed = ek_potrf(type, 'L', count, matrix, count);
    if (!failed) ek_potrs(type, 'L', count, side_count, matrix, count, sides, count);
  } else {
    int *pivots = (int *)(sides + (size_t)(n * m) * size);
    failed = ek_getrf(type, count, count, matrix, count, pivots);
    if (!failed) ek_getrs(type, 'N', count, side_count, matrix, count, pivots, sides, count);
  }
  if (!failed) ek_unpack(size, n, m, sides, n, x, x_layout.row_stride, x_layout.column_stride);
  return failed;
}

ptrdiff_t ek_solve_scratch(int type, ptrdiff_t n, ptrdiff_t m) {
  ptrdiff_t large = n * n + n * m + n;
  if (is_complex(type)) return large;
  ptrdiff_t small = type == EK_DOUBLE ? ek_solve_scratch_f64(EK_LEVEL_ACTIVE, n, m)
                                      : ek_solve_scratch_f32(EK_LEVEL_ACTIVE, n, m);
  return n > EK_SMALL_SYSTEM && large > small ? large : small;
}

ptrdiff_t ek_solve(int type, int level, ptrdiff_t n, ptrdiff_t m, int is_positive, const void *a, ek_layout a_layout,
                   const void *next, const void *b, ek_layout b_layout, void *x, ek_layout x_layout, void *scratch) {
  if (n == 0) return 0;
  if (is_for_lapack(type, n, m))
    return solve_by_lapack(type, n, m, is_positive, a, a_layout, b, b_layout, x, x_layout, scratch);
  if (is_positive) {
    // Elimination reads what lies right of the diagonal: of the transpose, what lies below it.
    ptrdiff_t stride = a_layout.row_stride;
    a_layout.row_stride = a_layout.column_stride;
    a_layout.column_stride = stride;
  }
  if (type == EK_DOUBLE)
    return ek_solve_f64(level, n, m, is_positive, a, a_layout, next, b, b_layout, x, x_layout, scratch);
  return ek_solve_f32(level, n, m, is_positive, a, a_layout, next, b, b_layout, x, x_layout, scratch);
}

ek_scaled ek_determinant(int type, int level, ptrdiff_t n, const void *a, ek_layout layout, void *scratch) {
  if (type == EK_DOUBLE) return ek_determinant_f64(level, n, a, layout, scratch);
  return ek_determinant_f32(level, n, a, layout, scratch);
}
