// Singular values, eigenvalues and least squares by LAPACK; see echelon_lapack.h.
// C, for the reason that lapack.c gives.
#include "lapack.h"

#include <math.h>
#include <string.h>

/// Memory for a routine that wants up to three kinds of it; what is NULL is not asked for.
typedef struct {
  void *work, *real;
  int *integers;
  int lwork, lrwork, liwork;
} workspaces;

/// Allocates `lwork` elements, `lrwork` parts of one and `liwork` integers.
static int allocate(int type, workspaces *w) {
  if (w->lwork < 0 || w->lrwork < 0) {
    w->work = w->real = w->integers = NULL;
    return EK_TOO_LARGE;
  }
  w->work = work_memory((size_t)w->lwork, element_size(type));
  w->real = work_memory((size_t)w->lrwork, part_size(type));
  w->integers = work_memory((size_t)w->liwork, sizeof *w->integers);
  return w->work && w->real && w->integers ? 0 : EK_NO_MEMORY;
}

static void release(workspaces *w) {
  free(w->work);
  free(w->real);
  free(w->integers);
}

/// As WITH_WORKSPACE, with a variable `w` of all three kinds. Routines that say nothing of the second and the third
/// get what `w` has before.
#define WITH_WORKSPACES(type, call)                                                      \
  do {                                                                                   \
    any_element best = real_number(type, 0), best_real = real_number(type, w.lrwork);    \
    int best_integers = w.liwork;                                                        \
    w.work = &best, w.real = &best_real, w.integers = &best_integers;                    \
    w.lwork = w.lrwork = w.liwork = -1;                                                  \
    call;                                                                                \
    if (info) break;                                                                     \
    w.lwork = asked_for(type, &best);                                                    \
    w.lrwork = asked_for(type, &best_real);                                              \
    w.liwork = best_integers < 1 ? 1 : best_integers;                                    \
    info = allocate(type, &w);                                                           \
    if (!info) {                                                                         \
      call;                                                                              \
    }                                                                                    \
    release(&w);                                                                         \
  } while (0)

// Singular values.

#define GESDD                                                                                                      \
  if (is_complex(type))                                                                                            \
    CALL(GESDD, type, (P8, P4, P2, P1, L1), &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, w.work, &w.lwork, w.real, \
         w.integers, &info, TEXT1);                                                                                \
  else                                                                                                             \
    CALL(GESDD, type, (P8, P4, P2, L1), &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, w.work, &w.lwork,            \
         w.integers, &info, TEXT1)

int ek_gesdd(int type, char job, int m, int n, void *a, int lda, void *s, void *u, int ldu, void *vt, int ldvt) {
  int info = 0, none[1];
  double order = m < n ? m : n;
  if (job != 'N' && !is_countable((is_complex(type) ? 5 : 4) * order * order + 7 * order + 64.0 * ((double)m + n)))
    return EK_TOO_LARGE;
  any_element best = real_number(type, 0), no_number;
  workspaces w = {.work = &best, .lwork = -1, .real = &no_number, .integers = none};
  GESDD;
  if (info) return info;
  // It has said how many elements it wants; of the other kinds its description does, and may exceed an int.
  size_t least = (size_t)(m < n ? m : n), most = (size_t)(m < n ? n : m), factor = 7;
  if (job != 'N' && factor + 5 * least > 2 * (most + least) + 1)
    factor = factor + 5 * least;
  else if (job != 'N')
    factor = 2 * (most + least) + 1;
  w.lwork = asked_for(type, &best);
  if (w.lwork < 0) return w.lwork;
  w.work = work_memory((size_t)w.lwork, element_size(type));
  w.real = work_memory(is_complex(type) ? factor * least : 0, part_size(type));
  w.integers = work_memory(8 * least, sizeof *w.integers);
  if (w.work && w.real && w.integers) {
    GESDD;
  } else {
    info = EK_NO_MEMORY;
  }
  release(&w);
  return info;
}

int ek_gesvd(int type, char job, int m, int n, void *a, int lda, void *s, void *u, int ldu, void *vt, int ldvt) {
  int info = 0, lwork;
  void *work;
  if (!is_complex(type)) {
    WITH_WORKSPACE(type, CALL(GESVD, type, (P8, P4, P2, L2), &job, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work,
                              &lwork, &info, TEXT2));
    return info;
  }
  void *real = work_memory(5 * (size_t)(m < n ? m : n), part_size(type));
  if (!real) return EK_NO_MEMORY;
  WITH_WORKSPACE(type, CALL(GESVD, type, (P8, P4, P2, P1, L2), &job, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt,
                            work, &lwork, real, &info, TEXT2));
  free(real);
  return info;
}

// Symmetric and Hermitian eigenvalues.

/// How many values are missing, from what the divide and conquer routines say when they give up: with vectors,
/// the first and the last row of the block that they gave up on.
static int missing(char job, int n, int info) {
  if (info <= 0 || job == 'N') return info;
  int first = info / (n + 1), last = info % (n + 1);
  return last >= first ? last - first + 1 : 1;
}

/// Whether the work of the divide and conquer routines can be counted.
static int is_symmetric_countable(char job, double n) { return job == 'N' || is_countable(2 * n * n + 6 * n + 1); }

int ek_syevd(int type, char job, char uplo, int n, void *a, int lda, void *values) {
  if (!is_symmetric_countable(job, n)) return EK_TOO_LARGE;
  int info = 0;
  workspaces w = {0};
  if (is_complex(type))
    WITH_WORKSPACES(type, CALL(SYEVD, type, (P8, P4, P1, L2), &job, &uplo, &n, a, &lda, values, w.work, &w.lwork,
                               w.real, &w.lrwork, w.integers, &w.liwork, &info, TEXT2));
  else
    WITH_WORKSPACES(type, CALL(SYEVD, type, (P8, P2, P1, L2), &job, &uplo, &n, a, &lda, values, w.work, &w.lwork,
                               w.integers, &w.liwork, &info, TEXT2));
  return missing(job, n, info);
}

int ek_sygvd(int type, char job, char uplo, int n, void *a, int lda, void *b, int ldb, void *values, int *column) {
  *column = 0;
  if (!is_symmetric_countable(job, n)) return EK_TOO_LARGE;
  int info = 0, problem = 1;  // A·x = λ·B·x
  workspaces w = {0};
  // It answers n + column when B is not positive definite, and with vectors a number that may be the same one when the
  // iteration gives up; but that has written values by then.
  any_element mark = real_number(type, NAN);
  if (n > 0) memcpy(values, &mark, part_size(type));
  if (is_complex(type))
    WITH_WORKSPACES(type, CALL(SYGVD, type, (P8, P4, P4, L2), &problem, &job, &uplo, &n, a, &lda, b, &ldb, values,
                               w.work, &w.lwork, w.real, &w.lrwork, w.integers, &w.liwork, &info, TEXT2));
  else
    WITH_WORKSPACES(type, CALL(SYGVD, type, (P8, P4, P2, L2), &problem, &job, &uplo, &n, a, &lda, b, &ldb, values,
                               w.work, &w.lwork, w.integers, &w.liwork, &info, TEXT2));
  any_element first = mark;
  if (n > 0) memcpy(&first, values, part_size(type));
  double value = real_value(type, &first);
  *column = info > n && value != value ? info - n : 0;
  return *column ? 0 : missing(job, n, info);
}

// General eigenvalues.

static void store_pair(int type, void *out, ptrdiff_t index, double re, double im) {
  if (is_single(type))
    ((float *)out)[2 * index] = (float)re, ((float *)out)[2 * index + 1] = (float)im;
  else
    ((double *)out)[2 * index] = re, ((double *)out)[2 * index + 1] = im;
}

static double part(int type, const void *x, ptrdiff_t index) {
  return is_single(type) ? ((const float *)x)[index] : ((const double *)x)[index];
}

static void join_values(int type, int n, const void *re, const void *im, void *values) {
  for (ptrdiff_t i = 0; i < n; i++) store_pair(type, values, i, part(type, re, i), part(type, im, i));
}

/// Of a pair of conjugate eigenvalues LAPACK gives the vector's real and imaginary part in two columns.
static void join_vectors(int type, int n, const void *imaginary, const void *packed, void *vectors, int ld) {
  for (ptrdiff_t j = 0; j < n; j++) {
    int is_pair = part(type, imaginary, j) != 0 && j + 1 < n;
    for (ptrdiff_t i = 0; i < n; i++) {
      double re = part(type, packed, i + j * n), im = is_pair ? part(type, packed, i + (j + 1) * n) : 0;
      store_pair(type, vectors, i + j * ld, re, im);
      if (is_pair) store_pair(type, vectors, i + (j + 1) * ld, re, -im);
    }
    j += is_pair;
  }
}

static int real_geev(int type, char left, char right, int n, void *a, int lda, void *values, void *vl, int ldvl,
                     void *vr, int ldvr) {
  int info = 0, lwork, ld = n < 1 ? 1 : n;
  void *work;
  size_t count = (size_t)n * (size_t)n, size = part_size(type);
  void *re = work_memory((size_t)n, size), *im = work_memory((size_t)n, size);
  void *packed_left = work_memory(left == 'V' ? count : 0, size);
  void *packed_right = work_memory(right == 'V' ? count : 0, size);
  if (re && im && packed_left && packed_right) {
    WITH_WORKSPACE(type, CALL(GEEV, type, (P8, P4, P2, L2), &left, &right, &n, a, &lda, re, im, packed_left, &ld,
                              packed_right, &ld, work, &lwork, &info, TEXT2));
    if (!info) {
      join_values(type, n, re, im, values);
      if (left == 'V') join_vectors(type, n, im, packed_left, vl, ldvl);
      if (right == 'V') join_vectors(type, n, im, packed_right, vr, ldvr);
    }
  } else {
    info = EK_NO_MEMORY;
  }
  free(re), free(im), free(packed_left), free(packed_right);
  return info;
}

int ek_geev(int type, char left, char right, int n, void *a, int lda, void *values, void *vl, int ldvl, void *vr,
            int ldvr) {
  if (!is_complex(type)) return real_geev(type, left, right, n, a, lda, values, vl, ldvl, vr, ldvr);
  int info = 0, lwork;
  void *work, *real = work_memory(2 * (size_t)n, part_size(type));
  if (!real) return EK_NO_MEMORY;
  WITH_WORKSPACE(type, CALL(GEEV, type, (P8, P4, P2, L2), &left, &right, &n, a, &lda, values, vl, &ldvl, vr, &ldvr,
                            work, &lwork, real, &info, TEXT2));
  free(real);
  return info;
}

int ek_gees(int type, int n, void *a, int lda, void *values, void *vs, int ldvs) {
  int info = 0, lwork, sorted = 0;
  char job = 'V', sort = 'N';
  void *work;
  size_t size = part_size(type);
  // The real parts, and then the imaginary ones, of real types; of complex ones real numbers to work with.
  void *re = work_memory((size_t)n, size), *im = work_memory((size_t)n, size);
  if (!re || !im) {
    info = EK_NO_MEMORY;
  } else if (is_complex(type)) {
    WITH_WORKSPACE(type, CALL(GEES, type, (P8, P4, P2, P1, L2), &job, &sort, NULL, &n, a, &lda, &sorted, values, vs,
                              &ldvs, work, &lwork, re, NULL, &info, TEXT2));
  } else {
    WITH_WORKSPACE(type, CALL(GEES, type, (P8, P4, P2, P1, L2), &job, &sort, NULL, &n, a, &lda, &sorted, re, im, vs,
                              &ldvs, work, &lwork, NULL, &info, TEXT2));
    if (!info) join_values(type, n, re, im, values);
  }
  free(re), free(im);
  return info;
}

// Least squares.

int ek_gelsd(int type, int m, int n, int nrhs, void *a, int lda, void *b, int ldb, void *s, double rcond, int *rank) {
  // Of wide matrices a square, of all of them the right sides, and some 400 for each level of its division by two.
  double least = m < n ? m : n;
  if (!is_countable((m < n ? least * least : 0) + least * (nrhs + 400.0) + 64.0 * ((double)m + n + nrhs)))
    return EK_TOO_LARGE;
  int info = 0;
  any_element tolerance = real_number(type, rcond);
  workspaces w = {.liwork = 1, .lrwork = 1};
  if (is_complex(type))
    WITH_WORKSPACES(type, CALL(GELSD, type, (P8, P4, P2, P1), &m, &n, &nrhs, a, &lda, b, &ldb, s, &tolerance, rank,
                               w.work, &w.lwork, w.real, w.integers, &info));
  else
    WITH_WORKSPACES(type, CALL(GELSD, type, (P8, P4, P2), &m, &n, &nrhs, a, &lda, b, &ldb, s, &tolerance, rank,
                               w.work, &w.lwork, w.integers, &info));
  return info;
}

int ek_gelsy(int type, int m, int n, int nrhs, void *a, int lda, void *b, int ldb, double rcond, int *rank) {
  int info = 0, lwork;
  void *work;
  any_element tolerance = real_number(type, rcond);
  // Of zeros, so that every column may move.
  int *pivots = calloc((size_t)(n < 1 ? 1 : n), sizeof *pivots);
  void *real = work_memory(2 * (size_t)n, part_size(type));
  if (!pivots || !real) {
    info = EK_NO_MEMORY;
  } else if (is_complex(type)) {
    WITH_WORKSPACE(type, CALL(GELSY, type, (P8, P4, P2), &m, &n, &nrhs, a, &lda, b, &ldb, pivots, &tolerance, rank,
                              work, &lwork, real, &info));
  } else {
    WITH_WORKSPACE(type, CALL(GELSY, type, (P8, P4, P1), &m, &n, &nrhs, a, &lda, b, &ldb, pivots, &tolerance, rank, work,
                              &lwork, &info));
  }
  free(pivots), free(real);
  return info;
}
