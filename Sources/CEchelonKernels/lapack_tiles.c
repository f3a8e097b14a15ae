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

// A row is summed as a column is: blocks of 128 elements one after the other, and in a block eight sums beside one
// another, of every eighth element. So a matrix has the sums of its transpose, bit for bit, and which of both is read
// is a matter of speed alone. A compiler, which does not change the order of a sum, can add eight at a time.
enum { LANES = 8 };

static double lane_total(const double *lanes, ptrdiff_t stride) {
  return ((lanes[0] + lanes[stride]) + (lanes[2 * stride] + lanes[3 * stride])) +
         ((lanes[4 * stride] + lanes[5 * stride]) + (lanes[6 * stride] + lanes[7 * stride]));
}

#define REAL_MODULUS(index) fabs((double)x[index])
#define COMPLEX_MODULUS(index) complex_modulus(x[2 * (index)], x[2 * (index) + 1])

#define ADD_MODULUS(MODULUS, index)                     \
  do {                                                  \
    double modulus = MODULUS((index) * column_stride);  \
    lanes[(index) % LANES] += modulus;                  \
    column_lanes[index] += modulus;                     \
  } while (0)

/// Adds what of a row lies in a block: to the lanes of the row, and to a lane of each column.
#define ADD_ROW(part, MODULUS)                                   \
  do {                                                           \
    const part *x = (const part *)row;                           \
    ptrdiff_t j = from;                                          \
    for (; j < to && j % LANES; j++) ADD_MODULUS(MODULUS, j);    \
    if (column_stride == 1)                                      \
      for (; j + LANES <= to; j += LANES)                        \
        for (int lane = 0; lane < LANES; lane++) {               \
          double modulus = MODULUS(j + lane);                    \
          lanes[lane] += modulus;                                \
          column_lanes[j + lane] += modulus;                     \
        }                                                        \
    for (; j < to; j++) ADD_MODULUS(MODULUS, j);                 \
  } while (0)

/// Adds the modulus of the real part of an element of a complex row.
static void add_real(int type, const char *row, ptrdiff_t place, ptrdiff_t column, double *lanes, double *column_lanes) {
  double real = is_single(type) ? (double)((const float *)row)[2 * place] : ((const double *)row)[2 * place];
  lanes[column % LANES] += fabs(real);
  column_lanes[column] += fabs(real);
}

static ptrdiff_t clamped(ptrdiff_t x, ptrdiff_t limit) { return x < 0 ? 0 : x < limit ? x : limit; }

void ek_sum_moduli(int type, char triangle, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t columns, const void *a,
                   ptrdiff_t row_stride, ptrdiff_t column_stride, double *row_sums, double *column_sums) {
  size_t size = element_size(type);
  memset(row_sums, 0, (size_t)rows * sizeof *row_sums);
  for (ptrdiff_t start = 0; start < columns; start += EK_SUM_BLOCK) {
    ptrdiff_t width = clamped(columns - start, EK_SUM_BLOCK);
    double block[LANES][EK_SUM_BLOCK] = {{0}};
    for (ptrdiff_t i = 0; i < rows; i++) {
      double lanes[LANES] = {0}, *column_lanes = block[i % LANES];
      ptrdiff_t diagonal = first + i - start;
      ptrdiff_t from = triangle == 'U' ? clamped(diagonal, width) : 0;
      ptrdiff_t to = triangle == 'L' ? clamped(diagonal + 1, width) : width;
      const char *row = (const char *)a + (size_t)(i * row_stride + start * column_stride) * size;
      // Of a Hermitian matrix, whose triangle it is, the diagonal is real, whatever stands there: a term of its own,
      // in its place among the others.
      int has_diagonal = is_complex(type) && triangle != 'A' && diagonal >= 0 && diagonal < width;
      if (has_diagonal && triangle == 'L') to--;
      if (has_diagonal && triangle == 'U') from++;
      if (has_diagonal && triangle == 'U') add_real(type, row, diagonal * column_stride, diagonal, lanes, column_lanes);
      switch (type) {
        case EK_DOUBLE: ADD_ROW(double, REAL_MODULUS); break;
        case EK_FLOAT: ADD_ROW(float, REAL_MODULUS); break;
        case EK_COMPLEX_DOUBLE: ADD_ROW(double, COMPLEX_MODULUS); break;
        default: ADD_ROW(float, COMPLEX_MODULUS);
      }
      if (has_diagonal && triangle == 'L') add_real(type, row, diagonal * column_stride, diagonal, lanes, column_lanes);
      row_sums[i] += lane_total(lanes, 1);
    }
    for (ptrdiff_t j = 0; j < width; j++) column_sums[start + j] = lane_total(&block[0][j], EK_SUM_BLOCK);
  }
}
