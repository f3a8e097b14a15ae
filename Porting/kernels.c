// Prints a digest of what every kernel gives on numbers of all kinds, at the level that ECHELON_ISA names. Kernels on
// processors with a fused multiply-add give the same bits, so two of them print the same lines.
//
// C, because it is compiled for processors for which there is no Swift here.
#include "operations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The numbers, too, are to be the same everywhere.
#pragma STDC FP_CONTRACT OFF

enum { COUNT = 4099, KINDS = 12 };  // a prime: the last block is not full

static uint64_t state;

static uint64_t next(void) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);  // SplitMix64: Steele, Lea, Flood, OOPSLA 2014
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// Bit patterns, the ranges in which functions are used, and special values.
static double number(int index) {
  static const double special[] = {0.0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 0x1p-1074, -0x1p-1022, 0x1p1023};
  double unit = (double)(next() >> 11) * 0x1p-53;
  uint64_t bits = next();
  double any;
  switch (index % KINDS) {
    case 0: memcpy(&any, &bits, sizeof any); return any;
    case 1: return special[bits % 10];
    case 2: return 2 * unit - 1;
    case 3: return 2 * unit;
    case 4: return 100 * unit - 50;
    case 5: return 1500 * unit - 750;
    case 6: return 2e6 * unit - 1e6;
    case 7: return 12 * unit - 6;
    case 8: return 60 * unit - 30;
    case 9: return 360 * unit - 180;
    case 10: return ldexp(unit, (int)(bits % 2000) - 1000);
    default: return 1 + (unit - 0.5) * 0x1p-20;
  }
}

static uint64_t digest;

static void take(uint64_t word) { digest = (digest ^ word) * 0x100000001B3u; }

/// Which NaN it is, is the processor's affair.
static void take_double(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  take(isnan(value) ? 1 : bits);
}

static void say(const char *what, const char *type, int number) {
  printf("%s %d %s %016llx\n", what, number, type, (unsigned long long)digest);
  digest = 0;
}

#define EVALUATE(suffix, element, takes)                                                              \
  static void evaluate_##suffix(const element *const *inputs, int from, int to) {                     \
    static element out[COUNT];                                                                        \
    for (int operation = from; operation < to; operation++) {                                         \
      int operands = operand_count(operation);                                                        \
      uint64_t code = instruction(operation);                                                         \
      ek_program program = {&code, NULL, 1, operands, 0, 0};                                          \
      if (!ek_program_is_sound(&program)) {                                                           \
        printf("operation %d is not sound with %d operands\n", operation, operands);                  \
        exit(1);                                                                                      \
      }                                                                                               \
      ek_evaluate_##suffix(EK_LEVEL_ACTIVE, &program, inputs, out, COUNT);                            \
      for (int i = 0; i < COUNT; i++) takes(out[i]);                                                  \
      say("operation", #suffix, operation);                                                           \
    }                                                                                                 \
  }
EVALUATE(f64, double, take_double)
EVALUATE(f32, float, take_double)
EVALUATE(i64, int64_t, take)
EVALUATE(i32, int32_t, take)
EVALUATE(u8, uint8_t, take)

// Sums and extremes of whole numbers, all of them and those that count.
#define WHOLE(suffix, type)                                                                           \
  static void whole_##suffix(const type *x, const type *mask, int n) {                                \
    for (int is_masked = 0; is_masked < 2; is_masked++) {                                             \
      const type *counts = is_masked ? mask : NULL;                                                   \
      ek_wide sum = ek_sum_##suffix(EK_LEVEL_ACTIVE, x, counts, n);                                   \
      take((uint64_t)(sum.high + (sum.low >> 32))), take((uint64_t)sum.low & 0xffffffff);             \
      take((uint64_t)ek_least_##suffix(EK_LEVEL_ACTIVE, x, counts, n));                               \
      take((uint64_t)ek_most_##suffix(EK_LEVEL_ACTIVE, x, counts, n));                                \
    }                                                                                                 \
    take((uint64_t)ek_count_##suffix(EK_LEVEL_ACTIVE, x, n));                                         \
    say("sum extremes count", #suffix, n);                                                            \
  }
WHOLE(i64, int64_t)
WHOLE(i32, int32_t)
WHOLE(u8, uint8_t)

// Elements of every type as those of one, with several strides.
#define GATHER(suffix, type, takes)                                                                   \
  static void gather_##suffix(const void *const *sources) {                                           \
    static type out[COUNT / 3];                                                                       \
    for (int from = EK_FLOAT64; from <= EK_BOOL; from++)                                              \
      for (int stride = 0; stride < 4; stride++) {                                                    \
        ek_layout layout = {COUNT / 3, 0, stride};                                                    \
        ek_gather_##suffix(EK_LEVEL_ACTIVE, from, sources[from], &layout, 0, out, COUNT / 3);         \
        for (int i = 0; i < COUNT / 3; i++) takes(out[i]);                                            \
        say("gather", #suffix, 10 * from + stride);                                                   \
      }                                                                                               \
  }
GATHER(f64, double, take_double)
GATHER(f32, float, take_double)
GATHER(i64, int64_t, take)
GATHER(i32, int32_t, take)
GATHER(u8, uint8_t, take)

int main(int count, char **arguments) {
  state = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
  fprintf(stderr, "%s\n", ek_level_name(ek_active_level()));
  static double d[3][COUNT];
  static float f[3][COUNT];
  static int64_t l[3][COUNT];
  static int32_t w[3][COUNT];
  static uint8_t b[3][COUNT];
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < COUNT; i++) {
      // The second of a pair is of another kind now and then.
      d[k][i] = number(k == 0 ? i : (int)(next() % KINDS));
      f[k][i] = (float)number(k == 0 ? i : (int)(next() % KINDS));
      l[k][i] = (int64_t)(next() >> next() % 64);
      if (i % 17 == k) l[k][i] = i % 2 ? INT64_MIN : -1;
      w[k][i] = i % 17 == k ? (i % 2 ? INT32_MIN : -1) : (int32_t)(next() >> 32) >> next() % 32;
      b[k][i] = (uint8_t)next();
    }
  const double *const doubles[] = {d[0], d[1], d[2]};
  const float *const floats[] = {f[0], f[1], f[2]};
  const int64_t *const longs[] = {l[0], l[1], l[2]};
  const int32_t *const words[] = {w[0], w[1], w[2]};
  const uint8_t *const bytes[] = {b[0], b[1], b[2]};
  evaluate_f64(doubles, 0, EK_BIT_AND);
  evaluate_f32(floats, 0, EK_BIT_AND);
  evaluate_i64(longs, 0, EK_OPERATION_COUNT);
  evaluate_i32(words, 0, EK_OPERATION_COUNT);
  evaluate_u8(bytes, 0, EK_OPERATION_COUNT);

  const void *const sources[] = {d[0], f[0], l[0], w[0], b[0], b[1]};
  gather_f64(sources);
  gather_f32(sources);
  gather_i64(sources);
  gather_i32(sources);
  gather_u8(sources);

  // Reductions of finite numbers, around a step and a block of them.
  static double x[COUNT], y[COUNT];
  static float u[COUNT], v[COUNT];
  for (int i = 0; i < COUNT; i++) {
    x[i] = ldexp((double)(int64_t)next() * 0x1p-63, (int)(next() % 40));
    y[i] = ldexp((double)(int64_t)next() * 0x1p-63, (int)(next() % 40));
    u[i] = (float)x[i];
    v[i] = (float)y[i];
  }
  static const int counts[] = {0, 1, 2, 15, 16, 17, 127, 128, 129, 2047, 2048, 2049, COUNT};
  for (int k = 0; k < (int)(sizeof counts / sizeof *counts); k++) {
    int n = counts[k], level = EK_LEVEL_ACTIVE;
    take_double(ek_sum_f64(level, x, n));
    take_double(ek_dot_f64(level, x, y, n));
    take_double(ek_minimum_f64(level, x, n));
    take_double(ek_maximum_f64(level, x, n));
    say("sum dot extremes", "f64", n);
    take_double(ek_sum_f32(level, u, n));
    take_double(ek_dot_f32(level, u, v, n));
    take_double(ek_minimum_f32(level, u, n));
    take_double(ek_maximum_f32(level, u, n));
    say("sum dot extremes", "f32", n);
    ek_moments m = ek_moments_f64(level, x, n);
    take_double(m.count), take_double(m.mean), take_double(m.m2);
    ek_central_moments c = ek_central_moments_f64(level, x, n);
    take_double(c.mean), take_double(c.m2), take_double(c.m3), take_double(c.m4);
    ek_scaled p = ek_product_f64(level, x, n);
    take_double(p.mantissa), take_double(p.exponent);
    say("moments product", "f64", n);
    static double products[COUNT];
    ek_running_product_f64(level, x, products, n, p);
    for (int i = 0; i < n; i++) take_double(products[i]);
    say("running product", "f64", n);
    whole_i64(l[0], l[1], n);
    whole_i32(w[0], w[1], n);
    whole_u8(b[0], b[1], n);
  }
  static uint64_t low[COUNT], high[COUNT];
  static double u[COUNT], v[COUNT];
  ek_first_draws(EK_LEVEL_ACTIVE, 42, 7, 3, low, high, u, v, COUNT);
  for (int i = 0; i < COUNT; i++) take(low[i]), take(high[i]), take_double(u[i]), take_double(v[i]);
  say("philox", "u64", COUNT);
  return 0;
}
