// Chooses the instruction-set level once and forwards to its loops. C, because the choice is made
// with a compiler builtin (which also asks whether the system saves the wide registers).
#include "table.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

static const ek_table *const tables[EK_LEVEL_COUNT] = {
    [EK_LEVEL_BASELINE] = &ek_table_baseline,
#if defined(__x86_64__)
    [EK_LEVEL_AVX2] = &ek_table_avx2,
    [EK_LEVEL_AVX512] = &ek_table_avx512,
#endif
};

static const char *const names[EK_LEVEL_COUNT] = {
#if defined(__x86_64__)
    [EK_LEVEL_BASELINE] = "sse2",
#elif defined(__aarch64__)
    [EK_LEVEL_BASELINE] = "neon",
#else
    [EK_LEVEL_BASELINE] = "baseline",
#endif
    [EK_LEVEL_AVX2] = "avx2",
    [EK_LEVEL_AVX512] = "avx512",
};

const char *ek_level_name(int level) {
  return level >= 0 && level < EK_LEVEL_COUNT ? names[level] : "unknown";
}

int ek_level_is_available(int level) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (level) {
    case EK_LEVEL_BASELINE: return 1;
    case EK_LEVEL_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case EK_LEVEL_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("popcnt");
    default: return 0;
  }
#else
  return level == EK_LEVEL_BASELINE;
#endif
}

int ek_requested_level(void) {
  const char *wanted = getenv("ECHELON_ISA");
  if (!wanted || !*wanted) return EK_REQUEST_NONE;
  for (int level = 0; level < EK_LEVEL_COUNT; level++)
    if (strcmp(wanted, names[level]) == 0 && ek_level_is_available(level)) return level;
  return EK_REQUEST_UNAVAILABLE;
}

int ek_active_level(void) {
  // Two threads may both find -1; they store the same answer.
  static _Atomic int chosen = -1;
  int level = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (level >= 0) return level;
  level = ek_requested_level();
  if (level < 0) {
    level = EK_LEVEL_COUNT - 1;
    while (!ek_level_is_available(level)) level--;
  }
  atomic_store_explicit(&chosen, level, memory_order_relaxed);
  return level;
}

static const ek_table *table(int level) {
  return tables[level == EK_LEVEL_ACTIVE ? ek_active_level() : level];
}

ek_moments ek_merge_moments(ek_moments a, ek_moments b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  double count = a.count + b.count;
  if (!isfinite(a.mean) || !isfinite(b.mean))  // ∞ + finite = ∞, ∞ - ∞ and NaN = NaN
    return (ek_moments){count, a.mean + b.mean, NAN};
  double delta = b.mean - a.mean;
  double share = b.count / count;
  double mean = isfinite(delta) ? a.mean + delta * share : a.mean * (1 - share) + b.mean * share;
  return (ek_moments){count, mean, a.m2 + b.m2 + delta * delta * (a.count * share)};
}

ek_central_moments ek_merge_central_moments(ek_central_moments a, ek_central_moments b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  ek_moments both = ek_merge_moments((ek_moments){a.count, a.mean, a.m2},
                                     (ek_moments){b.count, b.mean, b.m2});
  // Shares of the whole instead of counts: products of counts would overflow what powers of the difference
  // have room for.
  double p = a.count / both.count, q = b.count / both.count, delta = b.mean - a.mean;
  double square = delta * delta;
  double m3 = a.m3 + b.m3 + delta * square * (a.count * q) * (p - q) +
              3 * delta * (p * b.m2 - q * a.m2);
  double m4 = a.m4 + b.m4 + square * square * (a.count * q) * (p * p - p * q + q * q) +
              6 * square * (p * p * b.m2 + q * q * a.m2) + 4 * delta * (p * b.m3 - q * a.m3);
  return (ek_central_moments){both.count, both.mean, both.m2, m3, m4};
}

ek_scaled ek_multiply_scaled(ek_scaled a, ek_scaled b) { return ek_times(a, b); }

double ek_sum_f64(int level, const double *x, ptrdiff_t n) { return table(level)->sum_f64(x, n); }
double ek_sum_f32(int level, const float *x, ptrdiff_t n) { return table(level)->sum_f32(x, n); }
double ek_dot_f64(int level, const double *x, const double *y, ptrdiff_t n) {
  return table(level)->dot_f64(x, y, n);
}
double ek_dot_f32(int level, const float *x, const float *y, ptrdiff_t n) {
  return table(level)->dot_f32(x, y, n);
}
double ek_minimum_f64(int level, const double *x, ptrdiff_t n) {
  return table(level)->minimum_f64(x, n);
}
float ek_minimum_f32(int level, const float *x, ptrdiff_t n) {
  return table(level)->minimum_f32(x, n);
}
double ek_maximum_f64(int level, const double *x, ptrdiff_t n) {
  return table(level)->maximum_f64(x, n);
}
float ek_maximum_f32(int level, const float *x, ptrdiff_t n) {
  return table(level)->maximum_f32(x, n);
}
ek_moments ek_moments_f64(int level, const double *x, ptrdiff_t n) {
  return table(level)->moments_f64(x, n);
}
ek_moments ek_moments_f32(int level, const float *x, ptrdiff_t n) {
  return table(level)->moments_f32(x, n);
}
ek_central_moments ek_central_moments_f64(int level, const double *x, ptrdiff_t n) {
  return table(level)->central_moments_f64(x, n);
}
ek_central_moments ek_central_moments_f32(int level, const float *x, ptrdiff_t n) {
  return table(level)->central_moments_f32(x, n);
}
ek_scaled ek_product_f64(int level, const double *x, ptrdiff_t n) {
  return table(level)->product_f64(x, n);
}
ek_scaled ek_product_f32(int level, const float *x, ptrdiff_t n) {
  return table(level)->product_f32(x, n);
}
int ek_sort_u64(int level, uint64_t *keys, ptrdiff_t n, int depth) {
  const ek_table *chosen = table(level);
  if (!chosen->sort_u64) return 0;
  if (depth < 0) {
    depth = 0;
    for (ptrdiff_t left = n; left > 0; left /= 2) depth += 2;
  }
  chosen->sort_u64(keys, n, depth);
  return 1;
}

int ek_part_u64(int level, uint64_t *keys, ptrdiff_t n, const uint64_t *pivots, ptrdiff_t count) {
  const ek_table *chosen = table(level);
  if (!chosen->part_u64) return 0;
  chosen->part_u64(keys, n, pivots, count);
  return 1;
}

ek_range ek_finite_range(int level, const double *x, ptrdiff_t n) { return table(level)->finite_range(x, n); }
int ek_sample_sums(int level, const double *x, ptrdiff_t n, ek_central_moments *moments, ek_range *range) {
  return table(level)->sample_sums(x, n, moments, range);
}

void ek_first_draws(int level, uint64_t seed, uint64_t first, uint32_t stream, uint64_t *low, uint64_t *high,
                    double *u, double *v, ptrdiff_t n) {
  table(level)->first_draws(seed, first, stream, low, high, u, v, n);
}
void ek_first_uniforms(int level, uint64_t seed, uint64_t first, uint32_t stream, double *u, double *v, ptrdiff_t n) {
  table(level)->first_uniforms(seed, first, stream, u, v, n);
}
void ek_philox64_fill(int level, uint64_t seed, uint64_t stream, uint64_t first, uint64_t *out, ptrdiff_t n) {
  table(level)->philox64_fill(seed, stream, first, out, n);
}
void ek_uniform_fill(int level, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n) {
  table(level)->uniform_fill(seed, stream, first, out, n);
}
void ek_normal_fill(int level, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n) {
  table(level)->normal_fill(seed, stream, first, out, n);
}
void ek_payoff_fill(int level, uint64_t seed, uint32_t stream, uint64_t first, double *out, ptrdiff_t n,
                    const ek_payoff *payoff) {
  table(level)->payoff_fill(seed, stream, first, out, n, payoff);
}
uint64_t ek_count_in_circle(int level, uint64_t seed, uint32_t stream, uint64_t first, uint64_t n) {
  return table(level)->count_in_circle(seed, stream, first, n);
}

int ek_program_is_sound(const ek_program *program) {
  int fixed = program->input_count + program->constant_count;
  int count = fixed + program->temporary_count;
  if (program->input_count < 0 || program->constant_count < 0 || program->temporary_count < 0 ||
      program->instruction_count < 1 || count > EK_OPERAND_LIMIT)
    return 0;
  unsigned char is_written[EK_OPERAND_LIMIT] = {0};
  memset(is_written, 1, (size_t)fixed);
  for (int k = 0; k < program->instruction_count; k++) {
    uint64_t code = program->instructions[k];
    unsigned operation = EK_FIELD(code, 0), target = EK_FIELD(code, 1);
    if (operation >= EK_OPERATION_COUNT || code >> 40) return 0;
    for (unsigned i = 0; i < ek_arity(operation); i++) {
      unsigned operand = EK_FIELD(code, 2 + i);
      if (operand >= (unsigned)count || !is_written[operand]) return 0;
    }
    if (k + 1 == program->instruction_count) break;
    if ((int)target < fixed || (int)target >= count) return 0;
    is_written[target] = 1;
  }
  return 1;
}

void ek_apply_f64(int level, int operation, const double *x, const double *y, const double *z, double *out,
                  ptrdiff_t n) {
  table(level)->apply_f64((unsigned)operation, x, y, z, out, n);
}
void ek_apply_f32(int level, int operation, const float *x, const float *y, const float *z, float *out,
                  ptrdiff_t n) {
  table(level)->apply_f32((unsigned)operation, x, y, z, out, n);
}

void ek_evaluate_f64(int level, const ek_program *program, const double *const *inputs, double *out,
                     ptrdiff_t n) {
  table(level)->evaluate_f64(program, inputs, out, n);
}
void ek_evaluate_f32(int level, const ek_program *program, const float *const *inputs, float *out,
                     ptrdiff_t n) {
  table(level)->evaluate_f32(program, inputs, out, n);
}
void ek_evaluate_i64(int level, const ek_program *program, const int64_t *const *inputs, int64_t *out,
                     ptrdiff_t n) {
  table(level)->evaluate_i64(program, inputs, out, n);
}
void ek_evaluate_i32(int level, const ek_program *program, const int32_t *const *inputs, int32_t *out,
                     ptrdiff_t n) {
  table(level)->evaluate_i32(program, inputs, out, n);
}
void ek_evaluate_u8(int level, const ek_program *program, const uint8_t *const *inputs, uint8_t *out,
                    ptrdiff_t n) {
  table(level)->evaluate_u8(program, inputs, out, n);
}

ptrdiff_t ek_count_f64(int level, const double *x, ptrdiff_t n) { return table(level)->count_f64(x, n); }
ptrdiff_t ek_count_f32(int level, const float *x, ptrdiff_t n) { return table(level)->count_f32(x, n); }
ptrdiff_t ek_count_i64(int level, const int64_t *x, ptrdiff_t n) { return table(level)->count_i64(x, n); }
ptrdiff_t ek_count_i32(int level, const int32_t *x, ptrdiff_t n) { return table(level)->count_i32(x, n); }
ptrdiff_t ek_count_u8(int level, const uint8_t *x, ptrdiff_t n) { return table(level)->count_u8(x, n); }
ek_wide ek_sum_i64(int level, const int64_t *x, const int64_t *mask, ptrdiff_t n) {
  return table(level)->sum_i64(x, mask, n);
}
ptrdiff_t ek_least_i64(int level, const int64_t *x, const int64_t *mask, ptrdiff_t n) {
  return table(level)->least_i64(x, mask, n);
}
ptrdiff_t ek_most_i64(int level, const int64_t *x, const int64_t *mask, ptrdiff_t n) {
  return table(level)->most_i64(x, mask, n);
}
ek_wide ek_sum_i32(int level, const int32_t *x, const int32_t *mask, ptrdiff_t n) {
  return table(level)->sum_i32(x, mask, n);
}
ptrdiff_t ek_least_i32(int level, const int32_t *x, const int32_t *mask, ptrdiff_t n) {
  return table(level)->least_i32(x, mask, n);
}
ptrdiff_t ek_most_i32(int level, const int32_t *x, const int32_t *mask, ptrdiff_t n) {
  return table(level)->most_i32(x, mask, n);
}
ek_wide ek_sum_u8(int level, const uint8_t *x, const uint8_t *mask, ptrdiff_t n) {
  return table(level)->sum_u8(x, mask, n);
}
ptrdiff_t ek_least_u8(int level, const uint8_t *x, const uint8_t *mask, ptrdiff_t n) {
  return table(level)->least_u8(x, mask, n);
}
ptrdiff_t ek_most_u8(int level, const uint8_t *x, const uint8_t *mask, ptrdiff_t n) {
  return table(level)->most_u8(x, mask, n);
}
void ek_gather_f64(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, double *out,
                   ptrdiff_t n) {
  table(level)->gather_f64(type, x, layout, start, out, n);
}
void ek_gather_f32(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, float *out,
                   ptrdiff_t n) {
  table(level)->gather_f32(type, x, layout, start, out, n);
}
void ek_gather_i64(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, int64_t *out,
                   ptrdiff_t n) {
  table(level)->gather_i64(type, x, layout, start, out, n);
}
void ek_gather_i32(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, int32_t *out,
                   ptrdiff_t n) {
  table(level)->gather_i32(type, x, layout, start, out, n);
}
void ek_gather_u8(int level, int type, const void *x, const ek_layout *layout, ptrdiff_t start, uint8_t *out,
                   ptrdiff_t n) {
  table(level)->gather_u8(type, x, layout, start, out, n);
}
void ek_running_product_f64(int level, const double *x, double *out, ptrdiff_t n, ek_scaled before) {
  table(level)->running_product_f64(x, out, n, before);
}
void ek_running_product_f32(int level, const float *x, float *out, ptrdiff_t n, ek_scaled before) {
  table(level)->running_product_f32(x, out, n, before);
}
ptrdiff_t ek_solve_scratch_f64(int level, ptrdiff_t n, ptrdiff_t m) { return table(level)->solve_scratch_f64(n, m); }
ptrdiff_t ek_solve_scratch_f32(int level, ptrdiff_t n, ptrdiff_t m) { return table(level)->solve_scratch_f32(n, m); }
ptrdiff_t ek_solve_f64(int level, ptrdiff_t n, ptrdiff_t m, int is_positive, const double *a, ek_layout a_layout,
                       const double *next, const double *b, ek_layout b_layout, double *x, ek_layout x_layout,
                       double *scratch) {
  return table(level)->solve_f64(n, m, is_positive, a, a_layout, next, b, b_layout, x, x_layout, scratch);
}
ptrdiff_t ek_solve_f32(int level, ptrdiff_t n, ptrdiff_t m, int is_positive, const float *a, ek_layout a_layout,
                       const float *next, const float *b, ek_layout b_layout, float *x, ek_layout x_layout,
                       float *scratch) {
  return table(level)->solve_f32(n, m, is_positive, a, a_layout, next, b, b_layout, x, x_layout, scratch);
}
int ek_has_packed_products(int level) { return table(level)->multiply_packed_f64 != NULL; }
void ek_multiply_packed_f64(int level, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const double *a, ptrdiff_t a_stride,
                            const double *b, ptrdiff_t b_stride, double *c, ptrdiff_t ldc, int update) {
  table(level)->multiply_packed_f64(m, n, k, a, a_stride, b, b_stride, c, ldc, update);
}
void ek_multiply_packed_f32(int level, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, ptrdiff_t a_stride,
                            const float *b, ptrdiff_t b_stride, float *c, ptrdiff_t ldc, int update) {
  table(level)->multiply_packed_f32(m, n, k, a, a_stride, b, b_stride, c, ldc, update);
}
ek_scaled ek_determinant_f64(int level, ptrdiff_t n, const double *a, ek_layout layout, double *scratch) {
  return table(level)->determinant_f64(n, a, layout, scratch);
}
ek_scaled ek_determinant_f32(int level, ptrdiff_t n, const float *a, ek_layout layout, float *scratch) {
  return table(level)->determinant_f32(n, a, layout, scratch);
}
