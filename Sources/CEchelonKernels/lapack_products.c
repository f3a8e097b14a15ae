// Products of column-major matrices by the Fortran interface of BLAS; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

void ek_gemm(int type, char transpose_a, char transpose_b, int m, int n, int k, const void *alpha, const void *a,
             int lda, const void *b, int ldb, const void *beta, void *c, int ldc) {
  CALL(GEMM, type, (P8, P4, P1, L2), &transpose_a, &transpose_b, &m, &n, &k, alpha, a, &lda, b, &ldb, beta, c, &ldc,
       TEXT2);
}

void ek_symm(int type, char side, char uplo, int m, int n, const void *alpha, const void *a, int lda, const void *b,
             int ldb, const void *beta, void *c, int ldc) {
  CALL(SYMM, type, (P8, P4, L2), &side, &uplo, &m, &n, alpha, a, &lda, b, &ldb, beta, c, &ldc, TEXT2);
}

void ek_hemm(int type, char side, char uplo, int m, int n, const void *alpha, const void *a, int lda, const void *b,
             int ldb, const void *beta, void *c, int ldc) {
  CALL(HEMM, type, (P8, P4, L2), &side, &uplo, &m, &n, alpha, a, &lda, b, &ldb, beta, c, &ldc, TEXT2);
}

void ek_syrk(int type, char uplo, char transpose, int n, int k, const void *alpha, const void *a, int lda,
             const void *beta, void *c, int ldc) {
  CALL(SYRK, type, (P8, P2, L2), &uplo, &transpose, &n, &k, alpha, a, &lda, beta, c, &ldc, TEXT2);
}

void ek_herk(int type, char uplo, char transpose, int n, int k, const void *alpha, const void *a, int lda,
             const void *beta, void *c, int ldc) {
  CALL(HERK, type, (P8, P2, L2), &uplo, &transpose, &n, &k, alpha, a, &lda, beta, c, &ldc, TEXT2);
}

void ek_trmm(int type, char side, char uplo, char transpose, char diagonal, int m, int n, const void *alpha,
             const void *a, int lda, void *b, int ldb) {
  CALL(TRMM, type, (P8, P2, P1, L4), &side, &uplo, &transpose, &diagonal, &m, &n, alpha, a, &lda, b, &ldb, TEXT4);
}

void ek_trsm(int type, char side, char uplo, char transpose, char diagonal, int m, int n, const void *alpha,
             const void *a, int lda, void *b, int ldb) {
  CALL(TRSM, type, (P8, P2, P1, L4), &side, &uplo, &transpose, &diagonal, &m, &n, alpha, a, &lda, b, &ldb, TEXT4);
}

void ek_gemv(int type, char transpose, int m, int n, const void *alpha, const void *a, int lda, const void *x, int incx,
             const void *beta, void *y, int incy) {
  // Complex kernels of OpenBLAS read an element past the end of x, which may be that of mapped memory (0041). Without
  // memory for a copy they get x itself.
  void *copy = is_complex(type) && transpose == 'N' && incx == 1 ? work_memory((size_t)n, element_size(type)) : NULL;
  if (copy) x = memcpy(copy, x, (size_t)n * element_size(type));
  CALL(GEMV, type, (P8, P2, P1, L1), &transpose, &m, &n, alpha, a, &lda, x, &incx, beta, y, &incy, TEXT1);
  free(copy);
}
