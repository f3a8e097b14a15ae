// Vector loops compiled for several instruction sets and chosen at run time.
//
// This is C because Swift has no per-function target attribute: a portable build could not use
// AVX-512 otherwise. The loops know nothing of chunks, arenas or processes.
//
// Every level gives the same bits: the source fixes a virtual machine of 16 lanes (see loops.h),
// and a level only decides how many registers hold them.
#ifndef ECHELON_KERNELS_H
#define ECHELON_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Count, mean and sum of squared deviations from the mean.
typedef struct {
  double count;
  double mean;
  double m2;
} ek_moments;

/// Levels are numbered upwards from 0, the baseline of the architecture.
#define EK_LEVEL_ACTIVE (-1)
enum { EK_LEVEL_BASELINE = 0, EK_LEVEL_AVX2 = 1, EK_LEVEL_AVX512 = 2, EK_LEVEL_COUNT = 3 };

/// What ECHELON_ISA asked for: a level, nothing, or something this machine does not have.
enum { EK_REQUEST_NONE = -1, EK_REQUEST_UNAVAILABLE = -2 };

const char *ek_level_name(int level);
int ek_level_is_available(int level);
int ek_active_level(void);
int ek_requested_level(void);

// `level` is a number as above, or EK_LEVEL_ACTIVE. `n` counts elements; n = 0 is allowed.
double ek_sum_f64(int level, const double *x, ptrdiff_t n);
double ek_sum_f32(int level, const float *x, ptrdiff_t n);
double ek_dot_f64(int level, const double *x, const double *y, ptrdiff_t n);
double ek_dot_f32(int level, const float *x, const float *y, ptrdiff_t n);
double ek_minimum_f64(int level, const double *x, ptrdiff_t n);
float ek_minimum_f32(int level, const float *x, ptrdiff_t n);
double ek_maximum_f64(int level, const double *x, ptrdiff_t n);
float ek_maximum_f32(int level, const float *x, ptrdiff_t n);
ek_moments ek_moments_f64(int level, const double *x, ptrdiff_t n);
ek_moments ek_moments_f32(int level, const float *x, ptrdiff_t n);

/// Chan, Golub and LeVeque's update: the moments of two samples put together.
ek_moments ek_merge_moments(ek_moments a, ek_moments b);

/// Philox4x32-10 of the counters (index, block 0, stream) for `n` successive indices: word pairs
/// (0, 1) go to `low`, (2, 3) to `high`, the first of a pair in the lower half.
void ek_philox_fill(int level, uint64_t seed, uint64_t first, uint32_t stream, uint64_t *low,
                    uint64_t *high, ptrdiff_t n);

// Questions to the loaded BLAS: functions by name, which may not be there; the answer is then 0 or
// the empty string. The file's path is valid until the next call on the same thread.

// blas.c: opens the system's BLAS, once; 0 when there is none. Then products of row-major matrices,
// C = A·B, by one call of it.
int ek_open_blas(void);
void ek_dgemm(int transpose_a, int transpose_b, int rows, int columns, int inner, const double *a,
              int leading_a, const double *b, int leading_b, double *c, int leading_c);
void ek_sgemm(int transpose_a, int transpose_b, int rows, int columns, int inner, const float *a,
              int leading_a, const float *b, int leading_b, float *c, int leading_c);

int ek_has_function(const char *name);
const char *ek_ask_text(const char *name);
int ek_ask_int(const char *name);
long ek_ask_long(const char *name);
const char *ek_file_of_function(const char *name);

#endif
