// Vector loops compiled for several instruction sets and chosen at run time.
//
// This is C because Swift has no per-function target attribute: a portable build could not use
// AVX-512 otherwise. The loops know nothing of chunks, arenas or processes.
//
// Every level gives the same bits in reductions and random numbers: the source fixes a virtual machine of 16
// lanes (see loops.h), and a level only decides how many registers hold them. Element-wise functions use a
// fused multiply-add where there is one, and differ in their last bits.
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

/// Count, mean and the sums of the second, third and fourth powers of the deviations from the mean.
typedef struct {
  double count;
  double mean;
  double m2;
  double m3;
  double m4;
} ek_central_moments;

/// mantissa · 2^exponent: a product that neither overflows nor underflows on its way. The mantissa's magnitude is
/// in [1, 2), or it is 0, an infinity or NaN.
typedef struct {
  double mantissa;
  double exponent;
} ek_scaled;

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
ek_central_moments ek_central_moments_f64(int level, const double *x, ptrdiff_t n);
ek_central_moments ek_central_moments_f32(int level, const float *x, ptrdiff_t n);
ek_scaled ek_product_f64(int level, const double *x, ptrdiff_t n);
ek_scaled ek_product_f32(int level, const float *x, ptrdiff_t n);

/// Chan, Golub and LeVeque's update: the moments of two samples put together.
ek_moments ek_merge_moments(ek_moments a, ek_moments b);
/// The same for all four moments; Pébay's formulas.
ek_central_moments ek_merge_central_moments(ek_central_moments a, ek_central_moments b);
ek_scaled ek_multiply_scaled(ek_scaled a, ek_scaled b);

/// Sorts `n` keys in place, if the level has a sort of its own.
///
/// `depth` bounds the parts of parts; what is left then is sorted without a worst case. Less than 0 is
/// twice the logarithm, which is next to never reached.
/// Returns 0 when it has none, and has done nothing.
int ek_sort_u64(int level, uint64_t *keys, ptrdiff_t n, int depth);

/// Puts the keys that are less than each of `count` rising pivots before those that are not, in place;
/// what this returns is as for `ek_sort_u64`.
int ek_part_u64(int level, uint64_t *keys, ptrdiff_t n, const uint64_t *pivots, ptrdiff_t count);

/// The smallest and the largest of `n` numbers that are all finite: ∞ and -∞ of none.
typedef struct {
  double minimum, maximum;
} ek_range;
ek_range ek_finite_range(int level, const double *x, ptrdiff_t n);
/// Moments and range of samples in one call, with the bits of two. Returns 0, and has done nothing, where there is no
/// short way: more than 2048 of them, no multiple of 16, or one that is not finite.
int ek_sample_sums(int level, const double *x, ptrdiff_t n, ek_central_moments *moments, ek_range *range);

/// Philox4x32-10 of the counters (index, block 0, stream) for `n` successive indices: word pairs
/// (0, 1) go to `low`, (2, 3) to `high`, the first of a pair in the lower half; to `u` and `v` what `uniform()` gives of
/// each.
void ek_first_draws(int level, uint64_t seed, uint64_t first, uint32_t stream, uint64_t *low, uint64_t *high,
                    double *u, double *v, ptrdiff_t n);
/// The numbers alone.
void ek_first_uniforms(int level, uint64_t seed, uint64_t first, uint32_t stream, double *u, double *v, ptrdiff_t n);

/// Words `first` … of the Philox4x64-10 generator of (seed, stream) with index 0: word e is word e % 4 of block e / 4.
void ek_philox64_fill(int level, uint64_t seed, uint64_t stream, uint64_t first, uint64_t *out, ptrdiff_t n);

// Elements `first` … of an array of random numbers; random.h says which bits of (seed, stream) each is made of.

/// Uniform in [0, 1): multiples of 2⁻⁵³.
void ek_uniform_fill(int level, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n);
/// Normal with mean 0 and variance 1, by Box and Muller's transformation.
void ek_normal_fill(int level, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n);
/// What a price is worth that is exp(mean + deviation·z) for a normal z: max(0, (price - strike)·scale).
typedef struct {
  double mean, deviation, strike, scale;
} ek_payoff;
/// Of the numbers z that `ek_normal_fill` gives.
void ek_payoff_fill(int level, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n,
                    const ek_payoff *payoff);
/// How many of `n` successive points lie inside of the unit circle: point i is (u, v) of words (0, 1) and (2, 3) of block 0
/// of index i, both uniform in [0, 1).
uint64_t ek_count_in_circle(int level, uint64_t seed, uint32_t stream, uint64_t first, uint64_t n);

/// The operations of an element-wise program. Never renumbered: programs travel between processes.
enum {
  EK_COPY = 0,
  EK_NEGATE = 1,
  EK_ABS = 2,
  EK_SQRT = 3,
  EK_CBRT = 4,
  EK_EXP = 5,
  EK_EXPM1 = 6,
  EK_LOG = 7,
  EK_LOG1P = 8,
  EK_LOG2 = 9,
  EK_LOG10 = 10,
  EK_SIN = 11,
  EK_COS = 12,
  EK_TAN = 13,
  EK_ASIN = 14,
  EK_ACOS = 15,
  EK_ATAN = 16,
  EK_SINH = 17,
  EK_COSH = 18,
  EK_TANH = 19,
  EK_ASINH = 20,
  EK_ACOSH = 21,
  EK_ATANH = 22,
  EK_SIGMOID = 23,
  EK_FLOOR = 24,
  EK_CEIL = 25,
  EK_TRUNC = 26,
  EK_ROUND = 27,
  EK_ROUND_EVEN = 28,
  EK_NOT = 29,
  EK_ADD = 30,
  EK_SUBTRACT = 31,
  EK_MULTIPLY = 32,
  EK_DIVIDE = 33,
  EK_POW = 34,
  EK_MINIMUM = 35,
  EK_MAXIMUM = 36,
  EK_LESS = 37,
  EK_LESS_OR_EQUAL = 38,
  EK_EQUAL = 39,
  EK_NOT_EQUAL = 40,
  EK_AND = 41,
  EK_OR = 42,
  EK_SELECT = 43,
  EK_EXP2 = 44,
  EK_EXP10 = 45,
  EK_SIGN = 46,
  EK_ATAN2 = 47,
  EK_HYPOT = 48,
  EK_COPYSIGN = 49,
  EK_ERF = 50,
  EK_ERFC = 51,
  EK_NORMAL_QUANTILE = 52,
  EK_GAMMA = 53,
  EK_LOG_GAMMA = 54,
  EK_ROOT_OF_SQUARES = 55,
  EK_REMAINDER = 56,
  // Of integers alone.
  EK_BIT_AND = 57,
  EK_BIT_OR = 58,
  EK_BIT_XOR = 59,
  EK_SHIFT_LEFT = 60,
  EK_SHIFT_RIGHT = 61,
  EK_OPERATION_COUNT,
};

/// An element-wise program: straight-line code over numbered operands, first the inputs, then the constants,
/// then temporary ones. An instruction is its operation, its target and up to three operands, a byte each
/// from the lowest on; the last one's target is the output. A constant is the bits of a double, or of an int64_t
/// for integers.
typedef struct {
  const uint64_t *instructions;
  const uint64_t *constants;
  int32_t instruction_count;
  int32_t input_count;
  int32_t constant_count;
  int32_t temporary_count;
} ek_program;
enum { EK_OPERAND_LIMIT = 64 };  // their blocks are on the stack, 1 KiB each

/// Whether every instruction has an operation and operands that exist, and reads no temporary one before
/// it was written.
int ek_program_is_sound(const ek_program *program);

/// One operation of the list on `n` elements of each operand that it has; the others are NULL. `out` may be an
/// operand.
void ek_apply_f64(int level, int operation, const double *x, const double *y, const double *z, double *out,
                  ptrdiff_t n);
void ek_apply_f32(int level, int operation, const float *x, const float *y, const float *z, float *out,
                  ptrdiff_t n);

/// Runs a sound program over `n` elements of each input, in blocks; `out` shares no memory with them.
void ek_evaluate_f64(int level, const ek_program *program, const double *const *inputs, double *out,
                     ptrdiff_t n);
void ek_evaluate_f32(int level, const ek_program *program, const float *const *inputs, float *out,
                     ptrdiff_t n);
// Of integers: what overflows wraps around; an operation that they do not have gives 0.
void ek_evaluate_i64(int level, const ek_program *program, const int64_t *const *inputs, int64_t *out,
                     ptrdiff_t n);
void ek_evaluate_i32(int level, const ek_program *program, const int32_t *const *inputs, int32_t *out,
                     ptrdiff_t n);
void ek_evaluate_u8(int level, const ek_program *program, const uint8_t *const *inputs, uint8_t *out,
                    ptrdiff_t n);

/// How many elements are not 0.
ptrdiff_t ek_count_f64(int level, const double *x, ptrdiff_t n);
ptrdiff_t ek_count_f32(int level, const float *x, ptrdiff_t n);
ptrdiff_t ek_count_i64(int level, const int64_t *x, ptrdiff_t n);
ptrdiff_t ek_count_i32(int level, const int32_t *x, ptrdiff_t n);
ptrdiff_t ek_count_u8(int level, const uint8_t *x, ptrdiff_t n);

/// A sum of whole numbers, high·2³² + low.
typedef struct {
  int64_t high;
  int64_t low;
} ek_wide;

// Of the elements whose place in `mask` is not 0; a mask of NULL is all. A sum of less than 2³¹ elements; the place of
// the first of the smallest and of the largest, -1 for none.
ek_wide ek_sum_i64(int level, const int64_t *x, const int64_t *mask, ptrdiff_t n);
ptrdiff_t ek_least_i64(int level, const int64_t *x, const int64_t *mask, ptrdiff_t n);
ptrdiff_t ek_most_i64(int level, const int64_t *x, const int64_t *mask, ptrdiff_t n);
ek_wide ek_sum_i32(int level, const int32_t *x, const int32_t *mask, ptrdiff_t n);
ptrdiff_t ek_least_i32(int level, const int32_t *x, const int32_t *mask, ptrdiff_t n);
ptrdiff_t ek_most_i32(int level, const int32_t *x, const int32_t *mask, ptrdiff_t n);
ek_wide ek_sum_u8(int level, const uint8_t *x, const uint8_t *mask, ptrdiff_t n);
ptrdiff_t ek_least_u8(int level, const uint8_t *x, const uint8_t *mask, ptrdiff_t n);
ptrdiff_t ek_most_u8(int level, const uint8_t *x, const uint8_t *mask, ptrdiff_t n);

/// The types of elements in memory, as they are numbered in code that travels.
enum { EK_FLOAT64, EK_FLOAT32, EK_INT64, EK_INT32, EK_UINT8, EK_BOOL };

/// How the rows of elements lie; strides count elements, from 0 on.
typedef struct {
  ptrdiff_t columns;
  ptrdiff_t row_stride;
  ptrdiff_t column_stride;
} ek_layout;

// Puts `n` elements of a type one behind the other, from the one at `start` in row-major order, as the nearest numbers
// of another: halves to even; of whole numbers the next one towards 0, the smallest or largest for what is out of range,
// and 0 for NaN.
void ek_gather_f64(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, double *out,
                   ptrdiff_t n);
void ek_gather_f32(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, float *out,
                   ptrdiff_t n);
void ek_gather_i64(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, int64_t *out,
                   ptrdiff_t n);
void ek_gather_i32(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, int32_t *out,
                   ptrdiff_t n);
void ek_gather_u8(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, uint8_t *out,
                   ptrdiff_t n);

// Running products, after that of what comes before.
void ek_running_product_f64(int level, const double *x, double *out, ptrdiff_t n, ek_scaled before);
void ek_running_product_f32(int level, const float *x, float *out, ptrdiff_t n, ek_scaled before);

/// Right sides that are worked on at a time.
enum { EK_SIDES = 64 };

// Solves A·X = B for an n × n matrix and m right sides; without B these are the columns of the identity, m = n. X may
// be B, and no other memory is shared. `next` is the matrix that is solved after this one, in the same layout, so that it
// is brought nearer meanwhile; NULL for none. Of a positive definite A what lies right of its diagonal is read, and no pivots
// are chosen. `scratch` is aligned to 64 bytes and has as many elements as the first two functions say, whatever the
// level. Returns 0, or the number from 1 on of the first column in which there is nothing but zeros to divide by, or,
// of a positive definite A, nothing above 0; X is not written then. NaN is what comes of NaN.
ptrdiff_t ek_solve_scratch_f64(int level, ptrdiff_t n, ptrdiff_t m);
ptrdiff_t ek_solve_scratch_f32(int level, ptrdiff_t n, ptrdiff_t m);
ptrdiff_t ek_solve_f64(int level, ptrdiff_t n, ptrdiff_t m, int is_positive, const double *a, ek_layout a_layout,
                       const double *next, const double *b, ek_layout b_layout, double *x, ek_layout x_layout,
                       double *scratch);
ptrdiff_t ek_solve_f32(int level, ptrdiff_t n, ptrdiff_t m, int is_positive, const float *a, ek_layout a_layout,
                       const float *next, const float *b, ek_layout b_layout, float *x, ek_layout x_layout,
                       float *scratch);

/// Up to this size that is faster than a LAPACK.
enum { EK_SMALL_SYSTEM = 256 };

/// The product of the pivots; `scratch` as for no right sides.
ek_scaled ek_determinant_f64(int level, ptrdiff_t n, const double *a, ek_layout layout, double *scratch);
ek_scaled ek_determinant_f32(int level, ptrdiff_t n, const float *a, ek_layout layout, float *scratch);

/// Bytes of a column of a panel: a packed factor lies in panels of 24 rows of double or 48 of float, each column by
/// column.
enum { EK_PANEL_BYTES = 192 };
/// What becomes of C by a product: C − A·Bᵀ, all or only what is on the diagonal and below (the rest is of no use to
/// anybody); A·Bᵀ, whatever C was; C + A·Bᵀ.
enum { EK_UPDATE_SUBTRACT, EK_UPDATE_SUBTRACT_LOWER, EK_UPDATE_SET, EK_UPDATE_ADD };
/// Whether the level has `ek_multiply_packed_f64` and its like: it needs a fused multiply-add.
int ek_has_packed_products(int level);
/// Updates C, m × n, column-major, by A·Bᵀ; A, m × k, and B, n × k, are packed (`ek_pack_panels`).
/// - `a_stride`, `b_stride`: elements from one panel to the next.
void ek_multiply_packed_f64(int level, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double *a, ptrdiff_t a_stride,
                            const double *b, ptrdiff_t b_stride, double *c, ptrdiff_t ldc, int update);
void ek_multiply_packed_f32(int level, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_stride,
                            const float *b, ptrdiff_t b_stride, float *c, ptrdiff_t ldc, int update);

// Questions to the loaded BLAS: functions by name, which may not be there; the answer is then 0 or
// the empty string. The file's path is valid until the next call on the same thread.

// blas.c: opens the system's BLAS, once; 0 when there is none. Then products of row-major matrices,
// C = A·B, by one call of it.
int ek_open_blas(void);
/// Sets the threads of one call of the BLAS in this process.
/// Returns what it was; 0 if it has no such setting.
int ek_set_blas_threads(int count);
/// - `type`: an element type as in echelon_lapack.h.
void ek_product(int type, int transpose_a, int transpose_b, int rows, int columns, int inner, const void *a,
                int leading_a, const void *b, int leading_b, void *c, int leading_c);

// openblas_core.c: core types, which are OpenBLAS's names for the processors whose kernels it has.

/// More than the longest name, with its end.
#define EK_CORE_TYPE_SIZE 32

/// What to tell an OpenBLAS that uses `core_type` on a processor of `level`: the name of a core type, or NULL to leave
/// it alone. `configuration` is what the library says of itself, `given` the value of OPENBLAS_CORETYPE or NULL.
const char *ek_better_core_type(const char *core_type, const char *configuration, int level, int is_amd,
                                const char *given);
/// What the OpenBLAS that `ek_open_blas` opened had chosen by itself before it was told a better one; "" when it was
/// left alone. To be asked after `ek_open_blas`.
const char *ek_own_core_type(void);
/// The value of OPENBLAS_CORETYPE, or NULL.
const char *ek_given_core_type(void);
/// What to tell the OpenBLAS that is loaded now, if it were loaded again and OPENBLAS_CORETYPE not set; "" when it is
/// to be left alone. Opens none.
const char *ek_missed_core_type(void);

int ek_has_function(const char *name);
const char *ek_ask_text(const char *name);
int ek_ask_int(const char *name);
long ek_ask_long(const char *name);
const char *ek_file_of_function(const char *name);

// LAPACK, in files of its own.
#include "echelon_lapack.h"
#include "sobol_directions.h"

#endif
