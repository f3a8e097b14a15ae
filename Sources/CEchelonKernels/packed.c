// Factors of products packed into panels once, for all who read them; packed.h has the products.
// C, because one function serves all element types, in debug builds as fast as in others.
#include "lapack.h"

#include <string.h>

void ek_pack_panels(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride,
                    ptrdiff_t column_stride, void *out, ptrdiff_t panel_stride) {
  ptrdiff_t height = EK_PANEL_BYTES / (ptrdiff_t)size;
  for (ptrdiff_t row = 0; row < rows; row += height) {
    ptrdiff_t count = rows - row < height ? rows - row : height;
    char *panel = (char *)out + (size_t)(row / height * panel_stride) * size;
    if (count < height) memset(panel, 0, (size_t)(columns * height) * size);
    ek_pack(size, count, columns, (const char *)a + (size_t)(row * row_stride) * size, row_stride, column_stride, panel,
            height);
  }
}

void ek_multiply_packed(int type, int level, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t a_stride,
                        const void *b, ptrdiff_t b_stride, void *c, ptrdiff_t ldc, int update) {
  if (type == EK_DOUBLE)
    ek_multiply_packed_f64(level, m, n, k, a, a_stride, b, b_stride, c, ldc, update);
  else
    ek_multiply_packed_f32(level, m, n, k, a, a_stride, b, b_stride, c, ldc, update);
}
