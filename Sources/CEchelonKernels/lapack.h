// The table of LAPACK's routines, and how they are called; see lapack.c.
#ifndef ECHELON_KERNELS_LAPACK_H
#define ECHELON_KERNELS_LAPACK_H

#include "CEchelonKernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Each routine's name without its first letter, of real and of complex types.
#define EK_ROUTINES(X) \
  X(GEMM, "gemm", "gemm") X(SYMM, "symm", "symm") X(HEMM, "symm", "hemm") X(SYRK, "syrk", "syrk") \
  X(HERK, "syrk", "herk") X(TRMM, "trmm", "trmm") X(TRSM, "trsm", "trsm") X(GEMV, "gemv", "gemv") \
  X(LASWP, "laswp", "laswp") \
  X(GETRF, "getrf", "getrf") X(GETRS, "getrs", "getrs") X(GETRI, "getri", "getri") X(GECON, "gecon", "gecon") \
  X(POTRF, "potrf", "potrf") X(POTRS, "potrs", "potrs") X(POTRI, "potri", "potri") X(POCON, "pocon", "pocon") \
  X(GBTRF, "gbtrf", "gbtrf") X(GBTRS, "gbtrs", "gbtrs") \
  X(PBTRF, "pbtrf", "pbtrf") X(PBTRS, "pbtrs", "pbtrs") X(GTSV, "gtsv", "gtsv") \
  X(TRTRS, "trtrs", "trtrs") \
  X(GEQRF, "geqrf", "geqrf") X(GEQP3, "geqp3", "geqp3") X(ORGQR, "orgqr", "ungqr") X(ORMQR, "ormqr", "unmqr") \
  X(GEQRT, "geqrt", "geqrt") X(LARFB, "larfb", "larfb") \
  X(LAORHR_COL_GETRFNP, "laorhr_col_getrfnp", "launhr_col_getrfnp") \
  X(GESDD, "gesdd", "gesdd") X(GESVD, "gesvd", "gesvd") X(SYEVD, "syevd", "heevd") X(SYGVD, "sygvd", "hegvd") \
  X(GEEV, "geev", "geev") X(GEES, "gees", "gees") X(GELSD, "gelsd", "gelsd") X(GELSY, "gelsy", "gelsy")

#define EK_ROUTINE_NUMBER(number, real, complex) EK_##number,
enum { EK_ROUTINES(EK_ROUTINE_NUMBER) EK_ROUTINE_COUNT };

/// By routine and element type.
extern void *ek_routines[EK_ROUTINE_COUNT][EK_SCALAR_COUNT];

// Fortran takes the address of everything, and behind them the length of each text. P4 are four addresses, L2 two
// lengths: CALL(GETRS, type, (P8, P1, L1), …, (size_t)1).
#define P1 const void *
#define P2 P1, P1
#define P4 P2, P2
#define P8 P4, P4
#define P16 P8, P8
#define L1 size_t
#define L2 L1, L1
#define L4 L2, L2
#define TEXT1 (size_t)1
#define TEXT2 TEXT1, TEXT1
#define TEXT4 TEXT2, TEXT2
#define CALL(routine, type, parameters, ...) ((void (*) parameters)ek_routines[EK_##routine][type])(__VA_ARGS__)

static inline int is_complex(int type) { return type >= EK_COMPLEX_DOUBLE; }
static inline int is_single(int type) { return type == EK_FLOAT || type == EK_COMPLEX_FLOAT; }
/// Bytes of an element, and of a part of one.
static inline size_t element_size(int type) { return type == EK_COMPLEX_DOUBLE ? 16 : type == EK_FLOAT ? 4 : 8; }
static inline size_t part_size(int type) { return is_single(type) ? 4 : 8; }

/// The distance of a complex number from 0. `hypot`, which takes ten times as long, is for what would overflow or
/// underflow on the way.
static inline double complex_modulus(double re, double im) {
  double square = re * re + im * im;
  return square > 0x1p-900 && square < 0x1p900 ? sqrt(square) : hypot(re, im);
}

/// Runs a macro for the C type that elements of a type have.
#define WITH_C_TYPE(type, MACRO)                             \
  do {                                                       \
    switch (type) {                                          \
      case EK_DOUBLE: MACRO(double) break;                   \
      case EK_FLOAT: MACRO(float) break;                     \
      case EK_COMPLEX_DOUBLE: MACRO(double _Complex) break;  \
      default: MACRO(float _Complex)                         \
    }                                                        \
  } while (0)

/// One element of any type, or a part of one.
typedef union {
  double d[2];
  float s[2];
} any_element;

static inline any_element real_number(int type, double x) {
  any_element value = {{x, 0}};
  if (is_single(type)) value.s[0] = (float)x, value.s[1] = 0;
  return value;
}
static inline double real_value(int type, const any_element *x) { return is_single(type) ? x->s[0] : x->d[0]; }

/// Memory for `count` things, of which there may be none; NULL when there is not enough.
///
/// Twice as much, of which no page is touched: OpenBLAS's kernels for complex numbers read an element past the end of a
/// vector, and where that is a row of a matrix in this memory, the element is as far away as the matrix is high (0041).
///
/// Aligned, because OpenBLAS's sums of moduli (`asum`, which estimates of condition numbers are made of) take what lies
/// before the first whole vector register by itself: the order of the sum, and with it the last bits, depend on the address.
static inline void *work_memory(size_t count, size_t size) {
  void *memory = NULL;
  if (count > PTRDIFF_MAX / 2 / size) return NULL;
  return posix_memalign(&memory, 64, count ? 2 * count * size : size) ? NULL : memory;
}

/// What a routine asked for in the first element of its work, or EK_TOO_LARGE. As a float it may have been rounded down.
static inline int asked_for(int type, const any_element *best) {
  double size = is_single(type) ? best->s[0] * (1 + 0x1p-22) : best->d[0];
  return size < 0 || size >= INT32_MAX ? EK_TOO_LARGE : size < 1 ? 1 : (int)size;
}

/// Whether LAPACK can count so many elements of work. Routines that want a square of the order add it up in an int, which
/// may come round to any number, so they are not even asked.
static inline int is_countable(double elements) { return elements < INT32_MAX; }

/// Makes `call` twice, with variables `work`, `lwork` and `info`: first it only says how much memory it wants.
#define WITH_WORKSPACE(type, call)                                   \
  do {                                                               \
    any_element best;                                                \
    work = &best;                                                    \
    lwork = -1;                                                      \
    call;                                                            \
    if (info) break;                                                 \
    lwork = asked_for(type, &best);                                  \
    if (lwork < 0) {                                                 \
      info = lwork;                                                  \
      break;                                                         \
    }                                                                \
    work = work_memory((size_t)lwork, element_size(type));           \
    if (!work) {                                                     \
      info = EK_NO_MEMORY;                                           \
      break;                                                         \
    }                                                                \
    call;                                                            \
    free(work);                                                      \
  } while (0)

#endif
