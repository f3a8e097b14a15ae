// See reference_lapack.h for what it does. C, because the routines are Fortran's, called by address.
#include "reference_lapack.h"

// The table through which all routines are called.
#include "../../Sources/CEchelonKernels/lapack.h"

static double all_mark, gesdd_mark;
static void *geev, *syevd, *gesdd, *gesvd, *gelsd;

/// Whether it is to give up: not when it is only asked how much memory it wants.
static int is_marked(const double *a, const int *lwork) { return *lwork != -1 && a[0] == all_mark; }

static void geev_or_not(const char *left, const char *right, const int *n, double *a, const int *lda, double *re,
                        double *im, double *vl, const int *ldvl, double *vr, const int *ldvr, double *work,
                        const int *lwork, int *info, size_t one, size_t two) {
  if (is_marked(a, lwork))
    *info = 2;
  else
    ((void (*)(P8, P4, P2, L2))geev)(left, right, n, a, lda, re, im, vl, ldvl, vr, ldvr, work, lwork, info, one, two);
}

static void syevd_or_not(const char *job, const char *triangle, const int *n, double *a, const int *lda, double *values,
                         double *work, const int *lwork, int *integers, const int *liwork, int *info, size_t one,
                         size_t two) {
  // With vectors it says the first and the last row of a block, without the number of values.
  if (is_marked(a, lwork))
    *info = *job == 'V' ? *n + 1 + 2 : 2;
  else
    ((void (*)(P8, P2, P1, L2))syevd)(job, triangle, n, a, lda, values, work, lwork, integers, liwork, info, one, two);
}

static void gesdd_or_not(const char *job, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
                         const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *integers,
                         int *info, size_t one) {
  if (is_marked(a, lwork) || (*lwork != -1 && a[0] == gesdd_mark))
    *info = 1;
  else
    ((void (*)(P8, P4, P2, L1))gesdd)(job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, integers, info, one);
}

static void gesvd_or_not(const char *left, const char *right, const int *m, const int *n, double *a, const int *lda,
                         double *s, double *u, const int *ldu, double *vt, const int *ldvt, double *work,
                         const int *lwork, int *info, size_t one, size_t two) {
  if (is_marked(a, lwork))
    *info = 2;
  else
    ((void (*)(P8, P4, P2, L2))gesvd)(left, right, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, info, one, two);
}

static void gelsd_or_not(const int *m, const int *n, const int *sides, double *a, const int *lda, double *b,
                         const int *ldb, double *s, const double *tolerance, int *rank, double *work, const int *lwork,
                         int *integers, int *info) {
  if (is_marked(a, lwork))
    *info = 2;
  else
    ((void (*)(P8, P4, P2))gelsd)(m, n, sides, a, lda, b, ldb, s, tolerance, rank, work, lwork, integers, info);
}

static void replace(int routine, void **original, void *replacement) {
  if (*original) return;
  *original = ek_routines[routine][EK_DOUBLE];
  ek_routines[routine][EK_DOUBLE] = replacement;
}

void reference_lapack_gives_up(double mark, double divided_mark) {
  all_mark = mark;
  gesdd_mark = divided_mark;
  replace(EK_GEEV, &geev, (void *)geev_or_not);
  replace(EK_SYEVD, &syevd, (void *)syevd_or_not);
  replace(EK_GESDD, &gesdd, (void *)gesdd_or_not);
  replace(EK_GESVD, &gesvd, (void *)gesvd_or_not);
  replace(EK_GELSD, &gelsd, (void *)gelsd_or_not);
}
