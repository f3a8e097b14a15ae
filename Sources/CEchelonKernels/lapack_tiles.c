// Blocks of reflectors by LAPACK; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

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
