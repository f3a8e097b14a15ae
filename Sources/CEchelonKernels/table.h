// What one instruction-set level offers. Each level_*.c defines one such table.
#ifndef ECHELON_KERNELS_TABLE_H
#define ECHELON_KERNELS_TABLE_H

#include "CEchelonKernels.h"

#include <math.h>

/// `ek_multiply_scaled` where it is done for every element.
static inline ek_scaled ek_times(ek_scaled a, ek_scaled b) {
  double mantissa = a.mantissa * b.mantissa, exponent = a.exponent + b.exponent;
  if (mantissa == 0 || !isfinite(mantissa)) return (ek_scaled){mantissa, 0};
  return fabs(mantissa) < 2 ? (ek_scaled){mantissa, exponent} : (ek_scaled){mantissa / 2, exponent + 1};
}

/// How many operands an operation has, one that there is.
static inline unsigned ek_arity(unsigned operation) {
  static const unsigned char arity[EK_OPERATION_COUNT] = {
#define OPERATION_1(name, value) [EK_##name] = 1,
#define OPERATION_2(name, value) [EK_##name] = 2,
#define OPERATION_3(name, value) [EK_##name] = 3,
#include "operations.h"
// Those that only integers have; the others have as many operands as for numbers.
      [EK_BIT_AND] = 2,
      [EK_BIT_OR] = 2,
      [EK_BIT_XOR] = 2,
      [EK_SHIFT_LEFT] = 2,
      [EK_SHIFT_RIGHT] = 2,
#undef OPERATION_1
#undef OPERATION_2
#undef OPERATION_3
  };
  return arity[operation];
}

/// The `k`-th byte of an instruction: operation, target, then its operands.
#define EK_FIELD(code, k) ((unsigned)((code) >> (8 * (k)) & 0xff))

typedef struct {
  double (*sum_f64)(const double *, ptrdiff_t);
  double (*sum_f32)(const float *, ptrdiff_t);
  double (*dot_f64)(const double *, const double *, ptrdiff_t);
  double (*dot_f32)(const float *, const float *, ptrdiff_t);
  double (*minimum_f64)(const double *, ptrdiff_t);
  float (*minimum_f32)(const float *, ptrdiff_t);
  double (*maximum_f64)(const double *, ptrdiff_t);
  float (*maximum_f32)(const float *, ptrdiff_t);
  ek_moments (*moments_f64)(const double *, ptrdiff_t);
  ek_moments (*moments_f32)(const float *, ptrdiff_t);
  ek_central_moments (*central_moments_f64)(const double *, ptrdiff_t);
  ek_central_moments (*central_moments_f32)(const float *, ptrdiff_t);
  ek_scaled (*product_f64)(const double *, ptrdiff_t);
  ek_scaled (*product_f32)(const float *, ptrdiff_t);
  // Absent where the portable sort by digits is as fast.
  void (*sort_u64)(uint64_t *, ptrdiff_t, int);
  void (*part_u64)(uint64_t *, ptrdiff_t, const uint64_t *, ptrdiff_t);
  ek_range (*finite_range)(const double *, ptrdiff_t);
  int (*sample_sums)(const double *, ptrdiff_t, ek_central_moments *, ek_range *);
  void (*first_draws)(uint64_t, uint64_t, uint32_t, uint64_t *, uint64_t *, double *, double *, ptrdiff_t);
  void (*first_uniforms)(uint64_t, uint64_t, uint32_t, double *, double *, ptrdiff_t);
  void (*philox64_fill)(uint64_t, uint64_t, uint64_t, uint64_t *, ptrdiff_t);
  void (*uniform_fill)(uint64_t, uint32_t, uint64_t, double *, ptrdiff_t);
  void (*normal_fill)(uint64_t, uint32_t, uint64_t, double *, ptrdiff_t);
  void (*payoff_fill)(uint64_t, uint32_t, uint64_t, double *, ptrdiff_t, const ek_payoff *);
  uint64_t (*count_in_circle)(uint64_t, uint32_t, uint64_t, uint64_t);
  void (*apply_f64)(unsigned, const double *, const double *, const double *, double *, ptrdiff_t);
  void (*apply_f32)(unsigned, const float *, const float *, const float *, float *, ptrdiff_t);
  void (*evaluate_f64)(const ek_program *, const double *const *, double *, ptrdiff_t);
  void (*evaluate_f32)(const ek_program *, const float *const *, float *, ptrdiff_t);
  void (*evaluate_i64)(const ek_program *, const int64_t *const *, int64_t *, ptrdiff_t);
  void (*evaluate_i32)(const ek_program *, const int32_t *const *, int32_t *, ptrdiff_t);
  void (*evaluate_u8)(const ek_program *, const uint8_t *const *, uint8_t *, ptrdiff_t);
  ptrdiff_t (*count_f64)(const double *, ptrdiff_t);
  ptrdiff_t (*count_f32)(const float *, ptrdiff_t);
  ptrdiff_t (*count_i64)(const int64_t *, ptrdiff_t);
  ptrdiff_t (*count_i32)(const int32_t *, ptrdiff_t);
  ptrdiff_t (*count_u8)(const uint8_t *, ptrdiff_t);
  ek_wide (*sum_i64)(const int64_t *, const int64_t *, ptrdiff_t);
  ptrdiff_t (*least_i64)(const int64_t *, const int64_t *, ptrdiff_t);
  ptrdiff_t (*most_i64)(const int64_t *, const int64_t *, ptrdiff_t);
  ek_wide (*sum_i32)(const int32_t *, const int32_t *, ptrdiff_t);
  ptrdiff_t (*least_i32)(const int32_t *, const int32_t *, ptrdiff_t);
  ptrdiff_t (*most_i32)(const int32_t *, const int32_t *, ptrdiff_t);
  ek_wide (*sum_u8)(const uint8_t *, const uint8_t *, ptrdiff_t);
  ptrdiff_t (*least_u8)(const uint8_t *, const uint8_t *, ptrdiff_t);
  ptrdiff_t (*most_u8)(const uint8_t *, const uint8_t *, ptrdiff_t);
  void (*gather_f64)(int, const void *, const ek_layout *, ptrdiff_t, double *, ptrdiff_t);
  void (*gather_f32)(int, const void *, const ek_layout *, ptrdiff_t, float *, ptrdiff_t);
  void (*gather_i64)(int, const void *, const ek_layout *, ptrdiff_t, int64_t *, ptrdiff_t);
  void (*gather_i32)(int, const void *, const ek_layout *, ptrdiff_t, int32_t *, ptrdiff_t);
  void (*gather_u8)(int, const void *, const ek_layout *, ptrdiff_t, uint8_t *, ptrdiff_t);
  void (*running_product_f64)(const double *, double *, ptrdiff_t, ek_scaled);
  void (*running_product_f32)(const float *, float *, ptrdiff_t, ek_scaled);
  ptrdiff_t (*solve_scratch_f64)(ptrdiff_t, ptrdiff_t);
  ptrdiff_t (*solve_scratch_f32)(ptrdiff_t, ptrdiff_t);
  ptrdiff_t (*solve_f64)(ptrdiff_t, ptrdiff_t, int, const double *, ek_layout, const double *, const double *,
                         ek_layout, double *, ek_layout, double *);
  ptrdiff_t (*solve_f32)(ptrdiff_t, ptrdiff_t, int, const float *, ek_layout, const float *, const float *, ek_layout,
                         float *, ek_layout, float *);
  ek_scaled (*determinant_f64)(ptrdiff_t, const double *, ek_layout, double *);
  ek_scaled (*determinant_f32)(ptrdiff_t, const float *, ek_layout, float *);
  // Absent without a fused multiply-add.
  void (*multiply_packed_f64)(ptrdiff_t, ptrdiff_t, ptrdiff_t, const double *, ptrdiff_t, const double *, ptrdiff_t,
                              double *, ptrdiff_t, int);
  void (*multiply_packed_f32)(ptrdiff_t, ptrdiff_t, ptrdiff_t, const float *, ptrdiff_t, const float *, ptrdiff_t,
                              float *, ptrdiff_t, int);
} ek_table;

extern const ek_table ek_table_baseline;
#if defined(__x86_64__)
extern const ek_table ek_table_avx2;
extern const ek_table ek_table_avx512;
#endif

#endif
