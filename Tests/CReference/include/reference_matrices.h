// Matrices for tests, as LAPACK's own test programs make them, and passes over the elements of matrices. C, because
// the same loops in Swift take minutes in debug builds, and because DLATMS is a Fortran function found with dlopen.
//
// Matrices that are made are column-major without gaps, of doubles, complex ones of pairs of them.
#ifndef ECHELON_REFERENCE_MATRICES_H
#define ECHELON_REFERENCE_MATRICES_H

#include <stddef.h>
#include <stdint.h>

/// `count` numbers between -1 and 1.
void reference_fill(size_t count, double *x, uint64_t seed);

/// A becomes U·A·Vᴴ, U and V random: orthogonal, or unitary for complex elements, distributed by Haar's measure.
/// - `same`: whether V is U, which leaves the eigenvalues of a square A.
///
/// Source: G. W. Stewart, The efficient generation of random orthogonal matrices, SIAM J. Numer. Anal. 17 (1980), as
/// LAPACK's DLAROR has it.
void reference_rotate(int is_complex, int rows, int columns, double *a, int same, uint64_t seed);

/// A matrix with the singular values `d`, or the eigenvalues for a `symmetry` of 'H', by LAPACK's own DLATMS.
/// - `symmetry`: 'N' or 'H'.
/// - `lower`, `upper`: how many diagonals below and above the middle one may not be 0.
/// Returns what DLATMS does, 0 for success; -1000 where there is no libtmglib.
int reference_latms(int is_complex, int rows, int columns, double *d, char symmetry, int lower, int upper, double *a,
                    uint64_t seed);

/// Rounds to float.
void reference_round(size_t count, const double *from, float *to);

/// Multiplies by a power of 2.
void reference_scale(int is_float, size_t count, void *x, int exponent);

/// Real numbers as complex ones.
void reference_widen(int is_float, size_t count, const void *from, void *to);

/// Copies column-major elements of `size` bytes to where strides say, counted in elements.
void reference_place(size_t size, size_t rows, size_t columns, const void *from, size_t leading, void *to,
                     size_t row_stride, size_t column_stride);

/// Copies row `row[i]` of a matrix without gaps to row i, and column `column[j]` to column j; null is all as they are.
void reference_pick(size_t size, size_t rows, size_t columns, const void *from, size_t leading, const ptrdiff_t *row,
                    const ptrdiff_t *column, void *to);

/// A hash of the bytes of a matrix, and of what came before it.
uint64_t reference_digest(uint64_t before, size_t size, size_t rows, size_t columns, const void *a, size_t row_stride,
                          size_t column_stride);

#endif
