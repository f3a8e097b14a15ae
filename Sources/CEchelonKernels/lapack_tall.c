// QR of a tall matrix by a tree of blocks: what its steps are made of; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

#include <string.h>

// An element of a column-major matrix.
#define AT(type, a, i, j, ld) (((type *)(a))[(ptrdiff_t)(i) + (ptrdiff_t)(j) * (ld)])
#define CONST_AT(type, a, i, j, ld) (((const type *)(a))[(ptrdiff_t)(i) + (ptrdiff_t)(j) * (ld)])

/// A row of a column-major matrix.
static inline const void *row(int type, const void *a, int i) {
  return (const char *)a + (size_t)i * element_size(type);
}

// Columns that are reflected by products of matrices, and how many there are at the least.
enum { BLOCK = 32, LEAST_BLOCKED = 64 };

/// LAPACK's geqrf takes up to 128 columns one by one, which for more than a few is slower than blocks.
static int factor(int type, int m, int n, void *a, int lda, void *tau) {
  if (n < LEAST_BLOCKED) return ek_geqrf(type, m, n, a, lda, tau);
  size_t size = element_size(type);
  int info = EK_NO_MEMORY, block = BLOCK;
  void *t = work_memory((size_t)block * (size_t)n, size), *work = work_memory((size_t)block * (size_t)n, size);
  if (t && work) {
    CALL(GEQRT, type, (P8, P1), &m, &n, &block, a, &lda, t, &block, work, &info);
    // τ are the diagonals of T.
    for (size_t j = 0; j < (size_t)n; j++)
      memcpy((char *)tau + j * size, (char *)t + (j % BLOCK + j * BLOCK) * size, size);
  }
  free(work);
  free(t);
  return info;
}

// Row i of D·VᴴV above the diagonal, and τᵢ on it.
#define SCALE_PRODUCTS(type)                                                \
  for (int j = 0; j < n; j++) {                                             \
    for (int i = 0; i < j; i++) AT(type, t, i, j, n) *= ((type *)tau)[i];   \
    AT(type, t, j, j, n) = ((type *)tau)[j];                                \
  }

/// The upper triangle of AᴴA + beta·T in the place of T, n × n, of k rows.
static void squares(int type, int n, int k, const void *a, int lda, any_element beta, void *t) {
  any_element one = real_number(type, 1);
  if (is_complex(type)) ek_herk(type, 'U', 'C', n, k, &one, a, lda, &beta, t, n);
  else ek_syrk(type, 'U', 'T', n, k, &one, a, lda, &beta, t, n);
}

int ek_factor_block(int type, int m, int n, void *a, int lda, void *t) {
  void *tau = work_memory((size_t)n, element_size(type));
  void *top = work_memory((size_t)n * (size_t)n, element_size(type));
  int info = tau && top ? factor(type, m, n, a, lda, tau) : EK_NO_MEMORY;
  if (info == 0) {
    any_element one = real_number(type, 1), zero = real_number(type, 0);
    ek_copy_triangle(type, 'l', n, n, a, lda, top, n);
    squares(type, n, n, top, n, zero, t);
    if (m > n) squares(type, n, m - n, row(type, a, n), lda, one, t);
    WITH_C_TYPE(type, SCALE_PRODUCTS);
  }
  free(top);
  free(tau);
  return info;
}

#define SCALE_ROWS(type) \
  for (int j = 0; j < n; j++) \
    for (int i = 0; i < n; i++) AT(type, w, i, j, n) *= CONST_AT(type, t, i, i, n);

#define SUBTRACT_TOP(type) \
  for (int j = 0; j < n; j++) \
    for (int i = 0; i < n; i++) AT(type, out, i, j, ldout) = CONST_AT(type, x, i, j, ldx) - AT(type, w, i, j, n);

int ek_expand_block(int type, int m, int n, const void *v, int ldv, const void *t, const void *x, int ldx, int first,
                    void *out, int ldout) {
  size_t size = element_size(type);
  void *w = work_memory((size_t)n * (size_t)n, size);
  if (!w) return EK_NO_MEMORY;
  any_element one = real_number(type, 1), minus_one = real_number(type, -1), zero = real_number(type, 0);
  // W = T·V₁ᴴ·X: of V only the first n rows meet X. With T⁻¹ = D⁻¹ + the strict upper part of VᴴV (Joffrain and others,
  // "Accumulating Householder transformations, revisited", ACM TOMS 32 (2006)), W solves (1 + D·that)·W = D·V₁ᴴ·X, also
  // where a τ is 0.
  ek_pack(size, n, n, x, 1, ldx, w, n);
  ek_trmm(type, 'L', 'L', is_complex(type) ? 'C' : 'T', 'U', n, n, &one, v, ldv, w, n);
  WITH_C_TYPE(type, SCALE_ROWS);
  ek_trsm(type, 'L', 'U', 'N', 'U', n, n, &one, t, n, w, n);
  // (X; 0) − V·W.
  if (m > n)
    ek_gemm(type, 'N', 'N', m - n, n, n, &minus_one, row(type, v, n), ldv, w, n, &zero, (void *)row(type, out, n),
            ldout);
  if (first == 0) {
    ek_trmm(type, 'L', 'L', 'N', 'U', n, n, &one, v, ldv, w, n);
    WITH_C_TYPE(type, SUBTRACT_TOP);
  }
  free(w);
  return 0;
}

#define ASSEMBLE(type)                                                                       \
  for (int j = 0; j < n; j++) {                                                              \
    for (int i = 0; i < n; i++) {                                                            \
      AT(type, out, i, j, ldout) =                                                           \
          i > j ? AT(type, q, i, j, n) : ((type *)signs)[i] * CONST_AT(type, r, i, j, ldr);  \
      AT(type, x, i, j, n) = i == j;                                                         \
    }                                                                                        \
    ((type *)tau)[j] = -AT(type, q, j, j, n) * ((type *)signs)[j];                           \
  }

int ek_reconstruct_reflectors(int type, int n, void *q, const void *r, int ldr, void *out, int ldout, void *tau,
                              void *x) {
  int info = 0;
  void *signs = work_memory((size_t)n, element_size(type));
  if (!signs) return EK_NO_MEMORY;
  // Q₁ − S = L·U with signs S that make every pivot 1 or more; then V₁ = L, V₂ = Q₂·U⁻¹, T = −U·S·L⁻ᴴ, and R becomes
  // S·R.
  CALL(LAORHR_COL_GETRFNP, type, (P4, P2), &n, &n, q, &n, signs, &info);
  WITH_C_TYPE(type, ASSEMBLE);
  any_element one = real_number(type, 1);
  ek_trsm(type, 'L', 'U', 'N', 'N', n, n, &one, q, n, x, n);
  free(signs);
  return info;
}
