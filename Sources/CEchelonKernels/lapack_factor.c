// Linear systems by LAPACK: LU, Cholesky, bands and triangles; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

int ek_getrf(int type, int m, int n, void *a, int lda, int *pivots) {
  int info = 0;
  CALL(GETRF, type, (P4, P2), &m, &n, a, &lda, pivots, &info);
  return info;
}

void ek_laswp(int type, int n, void *a, int lda, int first, int last, const int *pivots, int step) {
  CALL(LASWP, type, (P4, P2, P1), &n, a, &lda, &first, &last, pivots, &step);
}

int ek_getrs(int type, char transpose, int n, int nrhs, const void *a, int lda, const int *pivots, void *b, int ldb) {
  int info = 0;
  CALL(GETRS, type, (P8, P1, L1), &transpose, &n, &nrhs, a, &lda, pivots, b, &ldb, &info, TEXT1);
  return info;
}

int ek_getri(int type, int n, void *a, int lda, const int *pivots) {
  int info = 0, lwork;
  void *work;
  WITH_WORKSPACE(type, CALL(GETRI, type, (P4, P2, P1), &n, a, &lda, pivots, work, &lwork, &info));
  return info;
}

int ek_potrf(int type, char uplo, int n, void *a, int lda) {
  int info = 0;
  CALL(POTRF, type, (P4, P1, L1), &uplo, &n, a, &lda, &info, TEXT1);
  return info;
}

int ek_potrs(int type, char uplo, int n, int nrhs, const void *a, int lda, void *b, int ldb) {
  int info = 0;
  CALL(POTRS, type, (P8, L1), &uplo, &n, &nrhs, a, &lda, b, &ldb, &info, TEXT1);
  return info;
}

int ek_potri(int type, char uplo, int n, void *a, int lda) {
  int info = 0;
  CALL(POTRI, type, (P4, P1, L1), &uplo, &n, a, &lda, &info, TEXT1);
  return info;
}

int ek_gbtrf(int type, int m, int n, int kl, int ku, void *ab, int ldab, int *pivots) {
  int info = 0;
  CALL(GBTRF, type, (P8), &m, &n, &kl, &ku, ab, &ldab, pivots, &info);
  return info;
}

int ek_gbtrs(int type, char transpose, int n, int kl, int ku, int nrhs, const void *ab, int ldab, const int *pivots,
             void *b, int ldb) {
  int info = 0;
  CALL(GBTRS, type, (P8, P2, P1, L1), &transpose, &n, &kl, &ku, &nrhs, ab, &ldab, pivots, b, &ldb, &info, TEXT1);
  return info;
}

int ek_pbtrf(int type, char uplo, int n, int kd, void *ab, int ldab) {
  int info = 0;
  CALL(PBTRF, type, (P4, P2, L1), &uplo, &n, &kd, ab, &ldab, &info, TEXT1);
  return info;
}

int ek_pbtrs(int type, char uplo, int n, int kd, int nrhs, const void *ab, int ldab, void *b, int ldb) {
  int info = 0;
  CALL(PBTRS, type, (P8, P1, L1), &uplo, &n, &kd, &nrhs, ab, &ldab, b, &ldb, &info, TEXT1);
  return info;
}

int ek_gtsv(int type, int n, int nrhs, void *lower, void *diagonal, void *upper, void *b, int ldb) {
  int info = 0;
  CALL(GTSV, type, (P8), &n, &nrhs, lower, diagonal, upper, b, &ldb, &info);
  return info;
}

int ek_trtrs(int type, char uplo, char transpose, char diagonal, int n, int nrhs, const void *a, int lda, void *b,
             int ldb) {
  int info = 0;
  CALL(TRTRS, type, (P8, P2, L2, L1), &uplo, &transpose, &diagonal, &n, &nrhs, a, &lda, b, &ldb, &info, TEXT2, TEXT1);
  return info;
}

// Condition numbers: real routines want integers beside their work, complex ones real numbers.

/// Work of 4·n elements, which is the most, and of n numbers beside it.
static int condition_memory(int type, int n, void **work, void **beside) {
  *work = work_memory(4 * (size_t)n, element_size(type));
  *beside = work_memory(2 * (size_t)n, 8);
  if (*work && *beside) return 0;
  free(*work);
  free(*beside);
  return EK_NO_MEMORY;
}

// The routine is told a norm of 1, and divides by that: the norm itself may be out of the range of the type, and of NaN
// newer versions refuse it.
#define WITH_CONDITION_MEMORY(call)                                            \
  any_element norm_of_a = real_number(type, 1);                                \
  any_element condition = real_number(type, 0);                                \
  void *work, *beside;                                                         \
  int info = condition_memory(type, n, &work, &beside);                        \
  if (info) return info;                                                       \
  call;                                                                        \
  free(work);                                                                  \
  free(beside);                                                                \
  *rcond = n == 0 ? 1 : anorm == 0 ? 0 : real_value(type, &condition) / anorm; \
  return info

int ek_gecon(int type, char norm, int n, const void *a, int lda, double anorm, double *rcond) {
  WITH_CONDITION_MEMORY(CALL(GECON, type, (P8, P1, L1), &norm, &n, a, &lda, &norm_of_a, &condition, work, beside,
                             &info, TEXT1));
}

int ek_pocon(int type, char uplo, int n, const void *a, int lda, double anorm, double *rcond) {
  WITH_CONDITION_MEMORY(CALL(POCON, type, (P8, P1, L1), &uplo, &n, a, &lda, &norm_of_a, &condition, work, beside,
                             &info, TEXT1));
}
