// What factorizations by tiles need beside the rest of LAPACK; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

#include <math.h>
#include <string.h>

int ek_geqrt(int type, int m, int n, void *a, int lda, void *t, int ldt) {
  int info = 0;
  void *work = work_memory((size_t)n * (size_t)n, element_size(type));
  if (!work) return EK_NO_MEMORY;
  CALL(GEQRT, type, (P8, P1), &m, &n, &n, a, &lda, t, &ldt, work, &info);
  free(work);
  return info;
}

int ek_larfb(int type, int m, int n, int k, const void *v, int ldv, const void *t, int ldt, void *c, int ldc) {
  char side = 'L', transpose = is_complex(type) ? 'C' : 'T', direction = 'F', storage = 'C';
  void *work = work_memory((size_t)n * (size_t)k, element_size(type));
  if (!work) return EK_NO_MEMORY;
  CALL(LARFB, type, (P8, P4, P2, P1, L4), &side, &transpose, &direction, &storage, &m, &n, &k, v, &ldv, t, &ldt, c,
       &ldc, work, &n, TEXT4);
  free(work);
  return 0;
}

// Eight sums beside one another, since a compiler does not change the order of one.
#define SUM_ROW(type)                                                             \
  do {                                                                            \
    const type *x = (const type *)a + i * row_stride;                             \
    double parts[8] = {0};                                                        \
    ptrdiff_t j = from;                                                           \
    if (column_stride == 1)                                                       \
      for (; j + 8 <= to; j += 8)                                                 \
        for (int k = 0; k < 8; k++) {                                             \
          double modulus = fabs((double)x[j + k]);                                \
          parts[k] += modulus;                                                    \
          column_sums[j + k] += modulus;                                          \
        }                                                                         \
    for (; j < to; j++) {                                                         \
      double modulus = fabs((double)x[j * column_stride]);                        \
      parts[0] += modulus;                                                        \
      column_sums[j] += modulus;                                                  \
    }                                                                             \
    row_sums[i] = ((parts[0] + parts[1]) + (parts[2] + parts[3])) +               \
                  ((parts[4] + parts[5]) + (parts[6] + parts[7]));                \
  } while (0)

void ek_sum_moduli(int type, char triangle, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t columns, const void *a,
                   ptrdiff_t row_stride, ptrdiff_t column_stride, double *row_sums, double *column_sums) {
  memset(column_sums, 0, (size_t)columns * sizeof *column_sums);
  for (ptrdiff_t i = 0; i < rows; i++) {
    ptrdiff_t diagonal = first + i;
    ptrdiff_t from = triangle == 'U' ? (diagonal < columns ? diagonal : columns) : 0;
    ptrdiff_t to = triangle == 'L' && diagonal + 1 < columns ? diagonal + 1 : columns;
    if (is_single(type)) SUM_ROW(float);
    else SUM_ROW(double);
  }
}
