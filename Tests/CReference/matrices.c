// See reference_matrices.h for what it does, and why it is C.
#include "reference_matrices.h"

#include <complex.h>
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of finite numbers of moderate size; without it each product looks for NaN.
#pragma STDC CX_LIMITED_RANGE ON

/// SplitMix64 (Steele, Lea and Flood 2014).
static uint64_t next(uint64_t *state) {
  uint64_t z = *state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

/// Above 0 and below 1.
static double uniform(uint64_t *state) { return ((double)(next(state) >> 11) + 0.5) * 0x1p-53; }

/// By Box and Muller.
static double normal(uint64_t *state) {
  double radius = sqrt(-2 * log(uniform(state)));
  return radius * cos(6.283185307179586 * uniform(state));
}

void reference_fill(size_t count, double *x, uint64_t seed) {
  for (size_t i = 0; i < count; i++) x[i] = 2 * uniform(&seed) - 1;
}

#define NUMBER double
#define NAMED(name) name##_real
#define CONJUGATE(x) (x)
#define MODULUS(x) fabs(x)
#define NORMAL(state) normal(state)
#include "rotate.h"
#undef NUMBER
#undef NAMED
#undef CONJUGATE
#undef MODULUS
#undef NORMAL
#define NUMBER double complex
#define NAMED(name) name##_complex
#define CONJUGATE(x) conj(x)
#define MODULUS(x) cabs(x)
#define NORMAL(state) (normal(state) + I * normal(state))
#include "rotate.h"

void reference_rotate(int is_complex, int rows, int columns, double *a, int same, uint64_t seed) {
  if (is_complex) rotate_complex(rows, columns, (double complex *)a, same, seed);
  else rotate_real(rows, columns, a, same, seed);
}

typedef void latms(const int *m, const int *n, const char *distribution, int *seed, const char *symmetry, double *d,
                   const int *mode, const double *condition, const double *largest, const int *lower, const int *upper,
                   const char *packing, double *a, const int *lda, double *work, int *info, size_t, size_t, size_t);

int reference_latms(int is_complex, int rows, int columns, double *d, char symmetry, int lower, int upper, double *a,
                    uint64_t seed) {
  static void *library;
  if (!library) library = dlopen("libtmglib.so.3", RTLD_LAZY | RTLD_LOCAL);
  latms *make = library ? (latms *)dlsym(library, is_complex ? "zlatms_" : "dlatms_") : NULL;
  if (!make) return -1000;
  // Each below 4096, the last one odd.
  int state[4] = {seed & 4095, seed >> 12 & 4095, seed >> 24 & 4095, (seed >> 36 & 4095) | 1};
  int mode = 0, info = 0, leading = rows > 1 ? rows : 1, longest = rows > columns ? rows : columns;
  double one = 1;
  double *work = malloc(sizeof(double) * (is_complex ? 2 : 1) * 3 * (longest + 1));
  make(&rows, &columns, "S", state, &symmetry, d, &mode, &one, &one, &lower, &upper, "N", a, &leading, work, &info, 1,
       1, 1);
  free(work);
  return info;
}

void reference_round(size_t count, const double *from, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = (float)from[i];
}

void reference_scale(int is_float, size_t count, void *x, int exponent) {
  for (size_t i = 0; i < count; i++) {
    if (is_float) ((float *)x)[i] = ldexpf(((float *)x)[i], exponent);
    else ((double *)x)[i] = ldexp(((double *)x)[i], exponent);
  }
}

void reference_widen(int is_float, size_t count, const void *from, void *to) {
  for (size_t i = 0; i < count; i++) {
    if (is_float) {
      ((float *)to)[2 * i] = ((const float *)from)[i];
      ((float *)to)[2 * i + 1] = 0;
    } else {
      ((double *)to)[2 * i] = ((const double *)from)[i];
      ((double *)to)[2 * i + 1] = 0;
    }
  }
}

void reference_place(size_t size, size_t rows, size_t columns, const void *from, size_t leading, void *to,
                     size_t row_stride, size_t column_stride) {
  for (size_t j = 0; j < columns; j++)
    for (size_t i = 0; i < rows; i++)
      memcpy((char *)to + (i * row_stride + j * column_stride) * size, (const char *)from + (i + j * leading) * size,
             size);
}

void reference_pick(size_t size, size_t rows, size_t columns, const void *from, size_t leading, const ptrdiff_t *row,
                    const ptrdiff_t *column, void *to) {
  for (size_t j = 0; j < columns; j++) {
    size_t source = column ? (size_t)column[j] : j;
    for (size_t i = 0; i < rows; i++)
      memcpy((char *)to + (i + j * rows) * size,
             (const char *)from + ((row ? (size_t)row[i] : i) + source * leading) * size, size);
  }
}

uint64_t reference_digest(uint64_t before, size_t size, size_t rows, size_t columns, const void *a, size_t row_stride,
                          size_t column_stride) {
  uint64_t digest = before ^ rows ^ columns << 32;
  for (size_t j = 0; j < columns; j++)
    for (size_t i = 0; i < rows; i++) {
      uint64_t words[2] = {0, 0};
      memcpy(words, (const char *)a + (i * row_stride + j * column_stride) * size, size);
      for (int k = 0; k < 2; k++) {
        digest = (digest ^ words[k]) * 0x9E3779B97F4A7C15;
        digest ^= digest >> 29;
      }
    }
  return digest;
}
