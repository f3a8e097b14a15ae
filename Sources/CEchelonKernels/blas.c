// The matrix product of whichever BLAS the system's alternatives chose, opened when it is first needed.
// C, because its functions are found with dlopen and called through the types of its own header.
//
// A program that links OpenBLAS loads 30 MB of it at its start, and so does each of its workers, which
// takes longer than all else that a worker does before its first task; most pools never multiply a matrix.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // RTLD_DEFAULT
#endif
#include "CEchelonKernels.h"
#include "openblas_core.h"

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>

static __typeof__(&cblas_dgemm) dgemm;
static __typeof__(&cblas_sgemm) sgemm;
static __typeof__(&cblas_zgemm) zgemm;
static __typeof__(&cblas_cgemm) cgemm;

static int find_functions(void) {
  dgemm = (__typeof__(&cblas_dgemm))dlsym(RTLD_DEFAULT, "cblas_dgemm");
  sgemm = (__typeof__(&cblas_sgemm))dlsym(RTLD_DEFAULT, "cblas_sgemm");
  zgemm = (__typeof__(&cblas_zgemm))dlsym(RTLD_DEFAULT, "cblas_zgemm");
  cgemm = (__typeof__(&cblas_cgemm))dlsym(RTLD_DEFAULT, "cblas_cgemm");
  return dgemm && sgemm && zgemm && cgemm;
}

static void open_blas(void) {
  static const char *const names[] = {
#ifdef __APPLE__
      "/System/Library/Frameworks/Accelerate.framework/Accelerate",
#else
      "libblas.so.3", "libcblas.so.3", "libopenblas.so.0", "libblis.so.4",
#endif
  };
  if (find_functions()) return;  // the program has one linked in
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ek_load_blas(names[i]);
    // RTLD_GLOBAL, so that what else it offers is found by name.
    if (dlopen(names[i], RTLD_LAZY | RTLD_GLOBAL) && find_functions()) return;
  }
}

int ek_open_blas(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_blas);
  return dgemm && sgemm && zgemm && cgemm;
}

// The settings of OpenBLAS and of BLIS; the reference BLAS has none.
int ek_set_blas_threads(int count) {
  int (*openblas_get)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
  void (*openblas_set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  long (*blis_get)(void) = (long (*)(void))dlsym(RTLD_DEFAULT, "bli_thread_get_num_threads");
  void (*blis_set)(long) = (void (*)(long))dlsym(RTLD_DEFAULT, "bli_thread_set_num_threads");
  int before = 0;
  if (openblas_get && openblas_set) {
    before = openblas_get();
    if (before != count) openblas_set(count);
  } else if (blis_get && blis_set) {
    before = (int)blis_get();
    blis_set(count);
  }
  return before;
}

// SAFETY: whoever multiplies has asked `ek_open_blas` before.
void ek_product(int type, int transpose_a, int transpose_b, int rows, int columns, int inner, const void *a,
                int leading_a, const void *b, int leading_b, void *c, int leading_c) {
  enum CBLAS_TRANSPOSE of_a = transpose_a ? CblasTrans : CblasNoTrans, of_b = transpose_b ? CblasTrans : CblasNoTrans;
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  const float single_one[2] = {1, 0}, single_zero[2] = {0, 0};
  switch (type) {
    case EK_DOUBLE:
      dgemm(CblasRowMajor, of_a, of_b, rows, columns, inner, 1, a, leading_a, b, leading_b, 0, c, leading_c);
      break;
    case EK_FLOAT:
      sgemm(CblasRowMajor, of_a, of_b, rows, columns, inner, 1, a, leading_a, b, leading_b, 0, c, leading_c);
      break;
    case EK_COMPLEX_DOUBLE:
      zgemm(CblasRowMajor, of_a, of_b, rows, columns, inner, one, a, leading_a, b, leading_b, zero, c, leading_c);
      break;
    default:
      cgemm(CblasRowMajor, of_a, of_b, rows, columns, inner, single_one, a, leading_a, b, leading_b, single_zero, c,
            leading_c);
  }
}
