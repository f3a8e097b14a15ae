// LAPACK and the Fortran interface of BLAS, one function per routine for all four element types.
//
// Matrices are column-major: element (i, j) is a[i + j·lda]. `type` is one of EK_DOUBLE and so on, and pointers of
// type void point to elements of it; those called `real` point to doubles or floats, as its parts are. Characters are
// LAPACK's own: 'N', 'T', 'C'; 'U', 'L'; and so on. Names without a type are LAPACK's without the first letter, of
// the real routine where the complex one has another (`orgqr` is `zungqr`, `syevd` is `zheevd`).
//
// Every function returns LAPACK's `info`, EK_NO_MEMORY or EK_TOO_LARGE. Whoever calls has asked `ek_open_lapack` before.
#ifndef ECHELON_LAPACK_H
#define ECHELON_LAPACK_H

#include <stddef.h>
#include <stdint.h>

/// The element types; never renumbered, since they travel.
enum { EK_DOUBLE = 0, EK_FLOAT = 1, EK_COMPLEX_DOUBLE = 2, EK_COMPLEX_FLOAT = 3, EK_SCALAR_COUNT = 4 };

/// What is returned when there is no memory for a routine's work, and when that has more elements than an int counts.
enum { EK_NO_MEMORY = -1000, EK_TOO_LARGE = -1001 };

/// Opens the system's BLAS and LAPACK, once; 0 when one of them is missing.
int ek_open_lapack(void);
/// The file that LAPACK comes from; empty if unknown.
const char *ek_lapack_path(void);

// dense_copy.c: what LAPACK does not have.

/// Copies `rows` × `columns` elements of `size` bytes (4, 8 or 16) into column-major memory.
void ek_pack(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride,
             ptrdiff_t column_stride, void *out, ptrdiff_t ld);
/// Copies a column-major matrix to where its elements are to lie.
void ek_unpack(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t ld, void *out,
               ptrdiff_t row_stride, ptrdiff_t column_stride);
/// The place in row-major order, row·columns + column, of the first element with a part that is NaN or infinite; -1
/// for none.
/// - `triangle`: 'A' is all, 'L' on the diagonal and below, 'U' on it and above.
ptrdiff_t ek_find_not_finite(int type, char triangle, ptrdiff_t rows, ptrdiff_t columns, const void *a,
                             ptrdiff_t row_stride, ptrdiff_t column_stride);
/// Exchanges the first, the second, … of `count` rows with the row that `pivots` has for it, counted from 1: as LAPACK's
/// laswp, with the next column on its way from memory.
void ek_exchange_rows(size_t size, ptrdiff_t columns, void *a, ptrdiff_t lda, ptrdiff_t count, const int *pivots);
/// Copies a triangle of a column-major matrix and sets the elements beside it to 0.
/// - `triangle`: 'L' or 'U'; 'l' or 'u' has ones on the diagonal, whatever there is.
void ek_copy_triangle(int type, char triangle, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t lda,
                      void *out, ptrdiff_t ld);
/// Copies the diagonals of a square matrix from the `lower`-th below to the `upper`-th above the middle one, as LAPACK
/// has bands: element (i, j) becomes out[diagonal + i - j + j·ld]; what is left is set to 0.
void ek_pack_band(size_t size, ptrdiff_t n, ptrdiff_t lower, ptrdiff_t upper, const void *a, ptrdiff_t row_stride,
                  ptrdiff_t column_stride, void *out, ptrdiff_t diagonal, ptrdiff_t ld);
/// Copies one triangle of a square column-major matrix into the other, conjugated or not.
/// - `triangle`: the one that is copied.
void ek_mirror(int type, char triangle, int conjugated, ptrdiff_t n, void *a, ptrdiff_t lda);
/// A norm, in double precision: 'O' largest sum of a column's moduli, 'I' of a row's, 'F' root of the sum of squares,
/// 'M' largest modulus; NaN where there is one; 0 for no elements.
double ek_matrix_norm(int type, char norm, ptrdiff_t rows, ptrdiff_t columns, const void *a,
                      ptrdiff_t row_stride, ptrdiff_t column_stride);

// systems.c: systems of one matrix and m right sides, each call for itself. Those of real numbers go to `ek_solve_f64`
// and its like up to EK_SMALL_SYSTEM, and above when there is no LAPACK; all others to LAPACK. Whoever calls for complex
// numbers has asked `ek_open_lapack` before.

/// Elements of memory, aligned to 64 bytes, that `ek_solve` works in.
ptrdiff_t ek_solve_scratch(int type, ptrdiff_t n, ptrdiff_t m);
/// As `ek_solve_f64`, but that of a positive definite A, symmetric or Hermitian, what lies below its diagonal is read.
/// - `level`: of the code for small systems.
ptrdiff_t ek_solve(int type, int level, ptrdiff_t n, ptrdiff_t m, int is_positive, const void *a, ek_layout a_layout,
                   const void *next, const void *b, ek_layout b_layout, void *x, ek_layout x_layout, void *scratch);
/// `ek_determinant_f64` and its like; double and float only.
ek_scaled ek_determinant(int type, int level, ptrdiff_t n, const void *a, ek_layout layout, void *scratch);
/// Whether a square matrix without gaps, column-major, has a part that is NaN.
/// - `triangle`: 'A' is all, 'L' on the diagonal and below.
int ek_has_nan(int type, char triangle, ptrdiff_t n, const void *a);

// packed.c: factors of products, of real numbers.

/// Packs `rows` × `columns` elements of `size` bytes into panels of EK_PANEL_BYTES, column by column; behind the last
/// row there are zeros.
/// - `panel_stride`: elements from one panel to the next.
void ek_pack_panels(size_t size, ptrdiff_t rows, ptrdiff_t columns, const void *a, ptrdiff_t row_stride,
                    ptrdiff_t column_stride, void *out, ptrdiff_t panel_stride);
/// `ek_multiply_packed_f64` and its like; double and float only.
void ek_multiply_packed(int type, int level, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t a_stride,
                        const void *b, ptrdiff_t b_stride, void *c, ptrdiff_t ldc, int update);

// lapack_products.c: BLAS. `alpha` and `beta` point to elements; of `herk` to real numbers.
void ek_gemm(int type, char transpose_a, char transpose_b, int m, int n, int k, const void *alpha, const void *a,
             int lda, const void *b, int ldb, const void *beta, void *c, int ldc);
void ek_symm(int type, char side, char uplo, int m, int n, const void *alpha, const void *a, int lda, const void *b,
             int ldb, const void *beta, void *c, int ldc);
void ek_hemm(int type, char side, char uplo, int m, int n, const void *alpha, const void *a, int lda, const void *b,
             int ldb, const void *beta, void *c, int ldc);
void ek_syrk(int type, char uplo, char transpose, int n, int k, const void *alpha, const void *a, int lda,
             const void *beta, void *c, int ldc);
void ek_herk(int type, char uplo, char transpose, int n, int k, const void *alpha, const void *a, int lda,
             const void *beta, void *c, int ldc);
void ek_trmm(int type, char side, char uplo, char transpose, char diagonal, int m, int n, const void *alpha,
             const void *a, int lda, void *b, int ldb);
void ek_trsm(int type, char side, char uplo, char transpose, char diagonal, int m, int n, const void *alpha,
             const void *a, int lda, void *b, int ldb);
void ek_gemv(int type, char transpose, int m, int n, const void *alpha, const void *a, int lda, const void *x, int incx,
             const void *beta, void *y, int incy);

// lapack_factor.c: linear systems.
int ek_getrf(int type, int m, int n, void *a, int lda, int *pivots);
void ek_laswp(int type, int n, void *a, int lda, int first, int last, const int *pivots, int step);
int ek_getrs(int type, char transpose, int n, int nrhs, const void *a, int lda, const int *pivots, void *b, int ldb);
int ek_getri(int type, int n, void *a, int lda, const int *pivots);
int ek_gecon(int type, char norm, int n, const void *a, int lda, double anorm, double *rcond);
int ek_potrf(int type, char uplo, int n, void *a, int lda);
int ek_potrs(int type, char uplo, int n, int nrhs, const void *a, int lda, void *b, int ldb);
int ek_potri(int type, char uplo, int n, void *a, int lda);
int ek_pocon(int type, char uplo, int n, const void *a, int lda, double anorm, double *rcond);
int ek_gbtrf(int type, int m, int n, int kl, int ku, void *ab, int ldab, int *pivots);
int ek_gbtrs(int type, char transpose, int n, int kl, int ku, int nrhs, const void *ab, int ldab, const int *pivots,
             void *b, int ldb);
int ek_pbtrf(int type, char uplo, int n, int kd, void *ab, int ldab);
int ek_pbtrs(int type, char uplo, int n, int kd, int nrhs, const void *ab, int ldab, void *b, int ldb);
int ek_gtsv(int type, int n, int nrhs, void *lower, void *diagonal, void *upper, void *b, int ldb);
int ek_trtrs(int type, char uplo, char transpose, char diagonal, int n, int nrhs, const void *a, int lda, void *b,
             int ldb);

// lapack_orthogonal.c: QR. `transpose` of `ormqr` is 'N' or 'C', which real types take as 'T'; it changes
// `a` on its way and restores it.
int ek_geqrf(int type, int m, int n, void *a, int lda, void *tau);
int ek_geqp3(int type, int m, int n, void *a, int lda, int *pivots, void *tau);
int ek_orgqr(int type, int m, int n, int k, void *a, int lda, const void *tau);
int ek_ormqr(int type, char side, char transpose, int m, int n, int k, void *a, int lda, const void *tau, void *c,
             int ldc);

// lapack_tiles.c: what the steps of a factorization by tiles are made of.

/// QR of m × n elements, m ≥ n, as one block of n reflectors I − V·T·Vᴴ: V below the diagonal, R on it and above,
/// T upper triangular, n × n.
int ek_geqrt(int type, int m, int n, void *a, int lda, void *t, int ldt);
/// C = Qᴴ·C for such a block of k reflectors, C being m × n.
int ek_larfb(int type, int m, int n, int k, const void *v, int ldv, const void *t, int ldt, void *c, int ldc);

enum { EK_SUM_BLOCK = 128 };

/// The sums of the moduli of each of some rows, and of what of the columns lies in them. The sum
/// of a row has the bits that those of a column have when the sums of all blocks of rows are added in order.
/// - `triangle`: 'A' is all, 'L' on the diagonal and below, 'U' on it and above; of a complex diagonal then only the real
///   parts, since a triangle is that of a Hermitian matrix.
/// - `first`: the number of the first of the rows, which `a` points to: a multiple of EK_SUM_BLOCK.
/// - `rows`: EK_SUM_BLOCK at most.
void ek_sum_moduli(int type, char triangle, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t columns, const void *a,
                   ptrdiff_t row_stride, ptrdiff_t column_stride, double *row_sums, double *column_sums);

// lapack_tall.c: QR of a tall matrix by a tree of blocks. V and R of a block lie as geqrf leaves
// them, and its Q is I − V·T·Vᴴ. `t`, n × n without gaps, stands for T: τ on the diagonal, and above it the elements of
// D·VᴴV, D = diag(τ).

/// QR of m × n elements, m ≥ n.
int ek_factor_block(int type, int m, int n, void *a, int lda, void *t);
/// The rows from `first` on, 0 or n, of Q·(X; 0), X being n × n. `out` points to row 0, which may be X when m is n.
int ek_expand_block(int type, int m, int n, const void *v, int ldv, const void *t, const void *x, int ldx, int first,
                    void *out, int ldout);
/// Reflectors that make a Q whose first n rows are in `q`, which this overwrites.
/// - `r`: the triangle that Q is multiplied by.
/// - `out`: what geqrf would have left in its first n rows; and `tau`.
/// - `x`: X for which the rows of V below are those of Q·X.
int ek_reconstruct_reflectors(int type, int n, void *q, const void *r, int ldr, void *out, int ldout, void *tau,
                              void *x);

// lapack_spectral.c: singular values, eigenvalues and least squares. What `info` counts is values that an iteration did
// not find. `values` of general matrices are complex numbers of the type's parts, and so are `vl` and `vr`.
/// - `job`: 'N' no vectors, 'S' as many as there are values, 'A' all. `s` is real.
int ek_gesdd(int type, char job, int m, int n, void *a, int lda, void *s, void *u, int ldu, void *vt, int ldvt);
int ek_gesvd(int type, char job, int m, int n, void *a, int lda, void *s, void *u, int ldu, void *vt, int ldvt);
/// - `job`: 'N' values only, 'V' the vectors in the place of `a`. `values` are real.
int ek_syevd(int type, char job, char uplo, int n, void *a, int lda, void *values);
/// - `column`: counted from 1, where B is not positive definite; 0 if it is.
int ek_sygvd(int type, char job, char uplo, int n, void *a, int lda, void *b, int ldb, void *values, int *column);
/// - `left` and `right`: 'V' with vectors, 'N' without.
int ek_geev(int type, char left, char right, int n, void *a, int lda, void *values, void *vl, int ldvl, void *vr,
            int ldvr);
int ek_gees(int type, int n, void *a, int lda, void *values, void *vs, int ldvs);
/// `b` has max(m, n) rows; `s` is real.
int ek_gelsd(int type, int m, int n, int nrhs, void *a, int lda, void *b, int ldb, void *s, double rcond, int *rank);
int ek_gelsy(int type, int m, int n, int nrhs, void *a, int lda, void *b, int ldb, double rcond, int *rank);

#endif
