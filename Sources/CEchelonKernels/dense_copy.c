// What LAPACK wants done before it is called: copies into column-major memory, and a look at every element.
// C, because one loop for each size of an element serves all element types, in debug builds as fast as in others.
#include "lapack.h"

#include <math.h>
#include <string.h>

typedef struct {
  uint64_t low, high;
} pair;

// Any strides, in squares that the cache holds.
enum { SQUARE = 32 };

#define COPY(type)                                                                                        \
  for (ptrdiff_t j0 = 0; j0 < columns; j0 += SQUARE)                                                      \
    for (ptrdiff_t i0 = 0; i0 < rows; i0 += SQUARE)                                                       \
      for (ptrdiff_t j = j0; j < columns && j < j0 + SQUARE; j++)                                         \
        for (ptrdiff_t i = i0; i < rows && i < i0 + SQUARE; i++)                                          \
          ((type *)out)[i * out_row_stride + j * out_column_stride] =                                     \
              ((const type *)a)[i * row_stride + j * column_stride]

// Rows that lie together become columns that do, by blocks of whole cache lines: each line is read once and, in a strip
// of columns, written once. Rows that are a power of two apart share a few lines of each cache, which would not hold
// more than a dozen of them until they are read again.
enum { LINE = 64, STRIP = 256 };

#define TURN(type)                                                                                        \
  for (ptrdiff_t strip = 0; strip < columns; strip += STRIP) {                                            \
    enum { edge = LINE / sizeof(type) };                                                                  \
    ptrdiff_t end = strip + STRIP < columns ? strip + STRIP : columns;                                    \
    for (ptrdiff_t i0 = 0; i0 < rows; i0 += edge)                                                         \
      for (ptrdiff_t j0 = strip; j0 < end; j0 += edge) {                                                  \
        const type *from = (const type *)a + i0 * row_stride + j0;                                        \
        type *to = (type *)out + i0 + j0 * out_column_stride;                                             \
        if (i0 + edge <= rows && j0 + edge <= end) {                                                      \
          type block[edge][edge];                                                                         \
          for (int i = 0; i < edge; i++)                                                                  \
            for (int j = 0; j < edge; j++) block[j][i] = from[i * row_stride + j];                        \
          for (int j = 0; j < edge; j++) memcpy(to + j * out_column_stride, block[j], sizeof block[j]);   \
        } else {                                                                                          \
          for (ptrdiff_t i = 0; i < edge && i0 + i < rows; i++)                                           \
            for (ptrdiff_t j = 0; j < edge && j0 + j < end; j++)                                          \
              to[i + j * out_column_stride] = from[i * row_stride + j];                                   \
        }                                                                                                 \
      }                                                                                                   \
  }

static void turn(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride, void *out,
                 ptrdiff_t out_column_stride) {
  if (size == 4) {
    TURN(uint32_t)
  } else if (size == 8) {
    TURN(uint64_t)
  } else {
    TURN(pair)
  }
}

static void copy(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride,
                 ptrdiff_t column_stride, void *out, ptrdiff_t out_row_stride, ptrdiff_t out_column_stride) {
  if (row_stride == 1 && out_row_stride == 1) {
    for (ptrdiff_t j = 0; j < columns && rows; j++)
      memcpy((char *)out + (size_t)(j * out_column_stride) * size, (const char *)a + (size_t)(j * column_stride) * size,
             (size_t)rows * size);
  } else if (column_stride == 1 && out_row_stride == 1) {
    turn(size, rows, columns, a, row_stride, out, out_column_stride);
  } else if (row_stride == 1 && out_column_stride == 1) {
    turn(size, columns, rows, a, column_stride, out, out_row_stride);
  } else if (size == 4) {
    COPY(uint32_t);
  } else if (size == 8) {
    COPY(uint64_t);
  } else {
    COPY(pair);
  }
}

void ek_pack(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride,
             ptrdiff_t column_stride, void *out, ptrdiff_t ld) {
  copy(size, rows, columns, a, row_stride, column_stride, out, 1, ld);
}

void ek_unpack(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t ld, void *out,
               ptrdiff_t row_stride, ptrdiff_t column_stride) {
  copy(size, rows, columns, a, 1, ld, out, row_stride, column_stride);
}

#define EXCHANGE(type)                                             \
  for (ptrdiff_t j = 0; j < columns; j++) {                        \
    type *x = (type *)a + j * lda;                                 \
    for (ptrdiff_t i = 0; i < count; i++) {                        \
      if (j + 1 < columns) {                                       \
        __builtin_prefetch(x + lda + i, 1);                        \
        __builtin_prefetch(x + lda + pivots[i] - 1, 1);            \
      }                                                            \
      type kept = x[i];                                            \
      x[i] = x[pivots[i] - 1];                                     \
      x[pivots[i] - 1] = kept;                                     \
    }                                                              \
  }

void ek_exchange_rows(size_t size, ptrdiff_t columns, void *a, ptrdiff_t lda, ptrdiff_t count, const int *pivots) {
  if (size == 4) {
    EXCHANGE(uint32_t)
  } else if (size == 8) {
    EXCHANGE(uint64_t)
  } else {
    EXCHANGE(pair)
  }
}

void ek_copy_triangle(int type, char triangle, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t lda,
                      void *out, ptrdiff_t ld) {
  size_t size = element_size(type);
  int is_lower = triangle == 'L' || triangle == 'l', has_ones = triangle == 'l' || triangle == 'u';
  any_element one = real_number(type, 1);
  for (ptrdiff_t j = 0; j < columns; j++) {
    ptrdiff_t diagonal = j < rows ? j : rows, end = j < rows ? j + 1 : rows;
    ptrdiff_t from = is_lower ? diagonal : 0, to = is_lower ? rows : end;
    char *column = (char *)out + (size_t)(j * ld) * size;
    memset(column, 0, (size_t)rows * size);
    if (from < to)
      memcpy(column + (size_t)from * size, (const char *)a + (size_t)(from + j * lda) * size, (size_t)(to - from) * size);
    if (has_ones && j < rows) memcpy(column + (size_t)j * size, &one, size);
  }
}

#define MIRROR(type)                                                     \
  for (ptrdiff_t j = 0; j < n; j++)                                      \
    for (ptrdiff_t i = j + 1; i < n; i++) {                              \
      type *x = a;                                                       \
      if (triangle == 'L')                                               \
        x[j + i * lda] = x[i + j * lda];                                 \
      else                                                               \
        x[i + j * lda] = x[j + i * lda];                                 \
    }

#define CONJUGATE(type)                                                  \
  for (ptrdiff_t j = 0; j < n; j++)                                      \
    for (ptrdiff_t i = 0; i < n; i++) {                                  \
      type *x = a;                                                       \
      if (i == j)                                                        \
        x[2 * (i + j * lda) + 1] = 0; /* real, as LAPACK takes it */     \
      else if ((i < j) == (triangle == 'L'))                             \
        x[2 * (i + j * lda) + 1] = -x[2 * (i + j * lda) + 1];            \
    }

void ek_mirror(int type, char triangle, int conjugated, ptrdiff_t n, void *a, ptrdiff_t lda) {
  switch (element_size(type)) {
    case 4: MIRROR(uint32_t) break;
    case 8: MIRROR(uint64_t) break;
    default: MIRROR(pair)
  }
  if (conjugated && type == EK_COMPLEX_DOUBLE) CONJUGATE(double)
  if (conjugated && type == EK_COMPLEX_FLOAT) CONJUGATE(float)
}

/// Whether any of `n` successive numbers is NaN or infinite: all bits of its exponent are set.
static int any_not_finite(int is_single, const void *x, ptrdiff_t n) {
  int found = 0;
  if (is_single) {
    const uint32_t *bits = x;
    for (ptrdiff_t i = 0; i < n; i++) found |= (bits[i] & 0x7f800000) == 0x7f800000;
  } else {
    const uint64_t *bits = x;
    for (ptrdiff_t i = 0; i < n; i++) found |= (bits[i] & 0x7ff0000000000000) == 0x7ff0000000000000;
  }
  return found;
}

ptrdiff_t ek_find_not_finite(int type, char triangle, ptrdiff_t rows, ptrdiff_t columns, const void *a,
                             ptrdiff_t row_stride, ptrdiff_t column_stride) {
  size_t size = element_size(type);
  ptrdiff_t parts = (ptrdiff_t)(size / part_size(type));
  // Along the columns where they are what lies together; then only whether there is one.
  if (row_stride == 1 && column_stride != 1) {
    int found = 0;
    for (ptrdiff_t j = 0; j < columns && !found; j++) {
      ptrdiff_t from = triangle == 'L' ? j : 0, to = triangle == 'U' && j + 1 < rows ? j + 1 : rows;
      if (from < to)
        found = any_not_finite(is_single(type), (const char *)a + (size_t)(from + j * column_stride) * size,
                               parts * (to - from));
    }
    if (!found) return -1;
  }
  for (ptrdiff_t i = 0; i < rows; i++) {
    ptrdiff_t from = triangle == 'U' ? i : 0, to = triangle == 'L' && i + 1 < columns ? i + 1 : columns;
    if (from >= to) continue;
    const char *row = (const char *)a + (size_t)(i * row_stride) * size;
    if (column_stride == 1 && !any_not_finite(is_single(type), row + (size_t)from * size, parts * (to - from)))
      continue;
    for (ptrdiff_t j = from; j < to; j++)
      if (any_not_finite(is_single(type), row + (size_t)(j * column_stride) * size, parts)) return i * columns + j;
  }
  return -1;
}

static double modulus(int type, const void *a, ptrdiff_t index) {
  switch (type) {
    case EK_DOUBLE: return fabs(((const double *)a)[index]);
    case EK_FLOAT: return fabs((double)((const float *)a)[index]);
    case EK_COMPLEX_DOUBLE: return complex_modulus(((const double *)a)[2 * index], ((const double *)a)[2 * index + 1]);
    // Squares of floats neither overflow nor underflow in double precision.
    default: return complex_modulus(((const float *)a)[2 * index], ((const float *)a)[2 * index + 1]);
  }
}

double ek_matrix_norm(int type, char norm, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride,
                      ptrdiff_t column_stride) {
  // Sums of rows are sums of columns of the transpose.
  if (norm == 'I') {
    ptrdiff_t count = rows, stride = row_stride;
    rows = columns, columns = count, row_stride = column_stride, column_stride = stride;
    norm = 'O';
  }
  double largest = 0, scale = 0, squares = 1;
  for (ptrdiff_t j = 0; j < columns; j++) {
    double sum = 0;
    for (ptrdiff_t i = 0; i < rows; i++) {
      double x = modulus(type, a, i * row_stride + j * column_stride);
      if (x != x) return x;
      if (norm == 'O') {
        sum += x;
      } else if (norm == 'M') {
        largest = x > largest ? x : largest;
      } else if (x > scale) {
        // LAPACK's lassq: the squares of what the largest one divides.
        squares = 1 + squares * (scale / x) * (scale / x);
        scale = x;
      } else if (x > 0 && scale < INFINITY) {
        squares += (x / scale) * (x / scale);
      }
    }
    largest = sum > largest ? sum : largest;
  }
  return norm == 'F' ? (scale < INFINITY ? scale * sqrt(squares) : scale) : largest;
}

void ek_pack_band(size_t size, ptrdiff_t n, ptrdiff_t lower, ptrdiff_t upper, const void *a, ptrdiff_t row_stride,
                  ptrdiff_t column_stride, void *out, ptrdiff_t diagonal, ptrdiff_t ld) {
  memset(out, 0, (size_t)(n * ld) * size);
  for (ptrdiff_t j = 0; j < n; j++) {
    ptrdiff_t from = j > upper ? j - upper : 0, to = j + lower < n ? j + lower : n - 1;
    for (ptrdiff_t i = from; i <= to; i++)
      memcpy((char *)out + (size_t)(diagonal + i - j + j * ld) * size,
             (const char *)a + (size_t)(i * row_stride + j * column_stride) * size, size);
  }
}
