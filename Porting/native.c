// Times every kernel of two builds of the kernels, a portable one and one for this processor alone, in pairs. A kernel
// is as fast in the portable one unless the whole 95 % interval of the median ratio lies above 1.1.
//
//     native portable.so native.so
//
// C, because it loads the same functions twice.
#define _GNU_SOURCE
#include "operations.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// An even number of pairs: either build is the first one as often. The interval of a median of 30 goes from the 10th to
// the 21st, with a probability of 95.7 %.
enum { COUNT = 4099, PAIRS = 30, LOW = 9, HIGH = 20 };

static struct build {
  __typeof__(&ek_sum_f64) sum_f64, minimum_f64, maximum_f64;
  __typeof__(&ek_sum_f32) sum_f32;
  __typeof__(&ek_minimum_f32) minimum_f32, maximum_f32;
  __typeof__(&ek_dot_f64) dot_f64;
  __typeof__(&ek_dot_f32) dot_f32;
  __typeof__(&ek_moments_f64) moments_f64;
  __typeof__(&ek_moments_f32) moments_f32;
  __typeof__(&ek_central_moments_f64) central_moments_f64;
  __typeof__(&ek_central_moments_f32) central_moments_f32;
  __typeof__(&ek_product_f64) product_f64;
  __typeof__(&ek_product_f32) product_f32;
  __typeof__(&ek_first_draws) first_draws;
  __typeof__(&ek_sort_u64) sort_u64;
  __typeof__(&ek_part_u64) part_u64;
  __typeof__(&ek_apply_f64) apply_f64;
  __typeof__(&ek_apply_f32) apply_f32;
  __typeof__(&ek_evaluate_f64) evaluate_f64;
  __typeof__(&ek_evaluate_f32) evaluate_f32;
  __typeof__(&ek_evaluate_i64) evaluate_i64;
  __typeof__(&ek_evaluate_i32) evaluate_i32;
  __typeof__(&ek_evaluate_u8) evaluate_u8;
} builds[2];

static void *find(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) {
    fprintf(stderr, "native: no %s in the library\n", name);
    exit(2);
  }
  return found;
}

static void load(struct build *build, const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "native: %s\n", dlerror());
    exit(2);
  }
#define LOAD(name) build->name = (__typeof__(build->name))find(library, "ek_" #name)
  LOAD(sum_f64), LOAD(sum_f32), LOAD(minimum_f64), LOAD(minimum_f32), LOAD(maximum_f64), LOAD(maximum_f32);
  LOAD(dot_f64), LOAD(dot_f32), LOAD(moments_f64), LOAD(moments_f32), LOAD(central_moments_f64);
  LOAD(central_moments_f32), LOAD(product_f64), LOAD(product_f32), LOAD(first_draws), LOAD(sort_u64);
  LOAD(part_u64), LOAD(apply_f64), LOAD(apply_f32);
  LOAD(evaluate_f64), LOAD(evaluate_f32), LOAD(evaluate_i64), LOAD(evaluate_i32), LOAD(evaluate_u8);
#undef LOAD
}

// Aligned, so that both builds read from the same places.
#define NUMBERS(type, name) static type name[3][COUNT] __attribute__((aligned(64))), name##_out[COUNT]
NUMBERS(double, f64);
NUMBERS(float, f32);
NUMBERS(int64_t, i64);
NUMBERS(int32_t, i32);
NUMBERS(uint8_t, u8);
static uint64_t keys[COUNT], low[COUNT], high[COUNT];
static volatile double sink;

// One run of kernel number `kernel` of a type.
enum { REDUCTIONS = 7, OTHERS = 3 };

#define RUN(suffix)                                                                                      \
  static void run_##suffix(const struct build *b, int kernel) {                                          \
    uint64_t code = instruction(kernel);                                                                 \
    ek_program program = {&code, NULL, 1, operand_count(kernel), 0, 0};                                  \
    const __typeof__(suffix[0][0]) *const inputs[] = {suffix[0], suffix[1], suffix[2]};                  \
    b->evaluate_##suffix(EK_LEVEL_ACTIVE, &program, inputs, suffix##_out, COUNT);                        \
  }
RUN(f64)
RUN(f32)
RUN(i64)
RUN(i32)
RUN(u8)

// One operation alone, as closures call them on vectors of their own.
#define APPLY(suffix)                                                                                 \
  static void apply_##suffix(const struct build *b, int kernel) {                                     \
    const __typeof__(suffix[0][0]) *y = operand_count(kernel) > 1 ? suffix[1] : NULL;                 \
    const __typeof__(suffix[0][0]) *z = operand_count(kernel) > 2 ? suffix[2] : NULL;                 \
    b->apply_##suffix(EK_LEVEL_ACTIVE, kernel, suffix[0], y, z, suffix##_out, COUNT);                 \
  }
APPLY(f64)
APPLY(f32)

#define REDUCE(suffix)                                                                          \
  static void reduce_##suffix(const struct build *b, int kernel) {                              \
    int level = EK_LEVEL_ACTIVE;                                                                \
    switch (kernel) {                                                                           \
      case 0: sink = b->sum_##suffix(level, suffix[0], COUNT); break;                           \
      case 1: sink = b->dot_##suffix(level, suffix[0], suffix[1], COUNT); break;                \
      case 2: sink = b->minimum_##suffix(level, suffix[0], COUNT); break;                       \
      case 3: sink = b->maximum_##suffix(level, suffix[0], COUNT); break;                       \
      case 4: sink = b->moments_##suffix(level, suffix[0], COUNT).m2; break;                    \
      case 5: sink = b->central_moments_##suffix(level, suffix[0], COUNT).m4; break;            \
      default: sink = b->product_##suffix(level, suffix[0], COUNT).mantissa;                    \
    }                                                                                           \
  }
REDUCE(f64)
REDUCE(f32)
static const char *const reductions[REDUCTIONS] = {"sum", "dot", "minimum", "maximum",
                                                  "moments", "central moments", "product"};

static void other(const struct build *b, int kernel) {
  if (kernel == 0) {
    b->first_draws(EK_LEVEL_ACTIVE, 42, 7, 3, low, high, f64[0], f64[1], COUNT);
  } else {
    static const uint64_t pivots[] = {1ull << 61, 1ull << 62, 3ull << 61, 1ull << 63, 5ull << 61, 3ull << 62, 7ull << 61};
    for (int i = 0; i < COUNT; i++) keys[i] = (uint64_t)i * 0x9E3779B97F4A7C15u;
    sink = kernel == 1 ? b->sort_u64(EK_LEVEL_ACTIVE, keys, COUNT, -1)
                       : b->part_u64(EK_LEVEL_ACTIVE, keys, COUNT, pivots, 7);
  }
}
static const char *const others[OTHERS] = {"random numbers", "sort", "parting"};

// Integers have those of integer_operations.h.
static int has_integers(int operation) {
  return operation < EK_SQRT || operation == EK_SIGN || operation == EK_REMAINDER || operation >= EK_BIT_AND ||
         (operation >= EK_NOT && operation <= EK_SELECT && operation != EK_POW);
}

static double seconds(void (*run)(const struct build *, int), const struct build *build, int kernel, int turns) {
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int k = 0; k < turns; k++) run(build, kernel);
  clock_gettime(CLOCK_MONOTONIC, &to);
  return (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int measured, slower;

static void measure(const char *type, const char *name, int number, void (*run)(const struct build *, int),
                    int kernel) {
  int turns = 1;
  while (seconds(run, &builds[0], kernel, turns) < 1e-4) turns *= 2;
  double ratios[PAIRS], portable = 1;
  for (int pair = 0; pair < PAIRS; pair++) {
    double time[2];
    for (int k = 0; k < 2; k++) time[(k + pair) % 2] = seconds(run, &builds[(k + pair) % 2], kernel, turns);
    ratios[pair] = time[0] / time[1];
    if (time[0] / turns < portable) portable = time[0] / turns;
  }
  qsort(ratios, PAIRS, sizeof *ratios, ascending);
  double median = (ratios[PAIRS / 2 - 1] + ratios[PAIRS / 2]) / 2;
  int isSlower = ratios[LOW] > 1.1;
  measured++;
  slower += isSlower;
  printf("%s %s", type, name);
  if (number >= 0) printf(" %d", number);
  printf(": %.2f ns, %.3f [%.3f, %.3f]%s\n", 1e9 * portable / COUNT, median, ratios[LOW], ratios[HIGH],
         isSlower ? ", slower than for this processor alone" : "");
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: native PORTABLE NATIVE\n");
    return 2;
  }
  for (int k = 0; k < 2; k++) load(&builds[k], arguments[1 + k]);
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < COUNT; i++) {
      // In the domain of every function; acosh has numbers of its own.
      f64[k][i] = 0.1 + 0.8 * (((unsigned)i * 2654435761u + (unsigned)k) % 4093) / 4093;
      f32[k][i] = (float)f64[k][i];
      i64[k][i] = 1 + (i * 31 + k) % 37;
      i32[k][i] = (int32_t)i64[k][i];
      u8[k][i] = (uint8_t)i64[k][i];
    }
  // The inverse of cosh begins at 1.
#define ABOVE_1(suffix, by) for (int i = 0; i < COUNT; i++) suffix[0][i] += (by)
#define MEASURE(suffix)                                                    \
  for (int k = 0; k < EK_BIT_AND; k++) {                                   \
    if (k == EK_ACOSH) ABOVE_1(suffix, 1);                                 \
    measure(#suffix, "operation", k, run_##suffix, k);                     \
    measure(#suffix, "operation alone", k, apply_##suffix, k);             \
    if (k == EK_ACOSH) ABOVE_1(suffix, -1);                                \
  }
  MEASURE(f64)
  MEASURE(f32)
#define MEASURE_INTEGERS(suffix)                  \
  for (int k = 0; k < EK_OPERATION_COUNT; k++)    \
    if (has_integers(k)) measure(#suffix, "operation", k, run_##suffix, k);
  MEASURE_INTEGERS(i64)
  MEASURE_INTEGERS(i32)
  MEASURE_INTEGERS(u8)
  for (int k = 0; k < REDUCTIONS; k++) measure("f64", reductions[k], -1, reduce_f64, k);
  for (int k = 0; k < REDUCTIONS; k++) measure("f32", reductions[k], -1, reduce_f32, k);
  for (int k = 0; k < OTHERS; k++) measure("u64", others[k], -1, other, k);
  printf("%d kernels, %d of them slower than for this processor alone\n", measured, slower);
  return slower > 0;
}
