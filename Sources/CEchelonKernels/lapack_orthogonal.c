// QR by LAPACK; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

int ek_geqrf(int type, int m, int n, void *a, int lda, void *tau) {
  int info = 0, lwork;
  void *work;
  WITH_WORKSPACE(type, CALL(GEQRF, type, (P8), &m, &n, a, &lda, tau, work, &lwork, &info));
  return info;
}

int ek_geqp3(int type, int m, int n, void *a, int lda, int *pivots, void *tau) {
  int info = 0, lwork;
  void *work;
  if (!is_complex(type)) {
    WITH_WORKSPACE(type, CALL(GEQP3, type, (P8, P1), &m, &n, a, &lda, pivots, tau, work, &lwork, &info));
    return info;
  }
  void *norms = work_memory(2 * (size_t)n, part_size(type));
  if (!norms) return EK_NO_MEMORY;
  WITH_WORKSPACE(type, CALL(GEQP3, type, (P8, P2), &m, &n, a, &lda, pivots, tau, work, &lwork, norms, &info));
  free(norms);
  return info;
}

int ek_orgqr(int type, int m, int n, int k, void *a, int lda, const void *tau) {
  int info = 0, lwork;
  void *work;
  WITH_WORKSPACE(type, CALL(ORGQR, type, (P8, P1), &m, &n, &k, a, &lda, tau, work, &lwork, &info));
  return info;
}

int ek_ormqr(int type, char side, char transpose, int m, int n, int k, void *a, int lda, const void *tau, void *c,
             int ldc) {
  int info = 0, lwork;
  void *work;
  if (transpose == 'C' && !is_complex(type)) transpose = 'T';
  WITH_WORKSPACE(type, CALL(ORMQR, type, (P8, P4, P1, L2), &side, &transpose, &m, &n, &k, a, &lda, tau, c, &ldc, work,
                            &lwork, &info, TEXT2));
  return info;
}
