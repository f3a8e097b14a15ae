// Reductions as a C compiler makes them fast when it may reorder additions (-O3 -ffast-math), at the widest
// instruction set that the processor has: chosen by the target attribute, since the package is built for the
// baseline. Two arrays, allocated and filled once.
#include "CPeers.h"
#include "memory.h"
#include "team.h"

#include <math.h>
#include <stddef.h>

static double *x, *y;
static long count;
// Of them the first that are looked at.
static long used;

static struct {
  double value[2];
  char padding[48];
} parts[PEER_TEAM_LIMIT];

int peer_reductions_prepare(long wanted) {
  count = used = wanted;
  x = peer_allocate((size_t)count * sizeof(double));
  y = peer_allocate((size_t)count * sizeof(double));
  if (x == NULL || y == NULL) return -1;
  for (long i = 0; i < count; i++) {
    x[i] = 1 / (1 + (double)i);
    y[i] = 1 - (double)i * 1e-9;
  }
  return 0;
}

int peer_reductions_use(long wanted) {
  if (wanted < 1 || wanted > count) return -1;
  used = wanted;
  return 0;
}

void peer_reductions_release(void) {
  peer_free(x, (size_t)count * sizeof(double));
  peer_free(y, (size_t)count * sizeof(double));
}

#define FAST _Pragma("clang fp reassociate(on) contract(fast)")

// Accumulators of the loop, one vector each, so that the compiler needs no permission to reorder them.
#define DEFINE(suffix, width, attributes)                                                   \
  typedef double v##suffix __attribute__((vector_size(width * 8), aligned(8)));             \
  attributes static void dot_##suffix(int thread, long first, long last) {                  \
    FAST v##suffix s[4] = {0};                                                              \
    long i = first;                                                                         \
    for (; i + 4 * width <= last; i += 4 * width)                                           \
      for (int k = 0; k < 4; k++)                                                           \
        s[k] += *(const v##suffix *)(x + i + k * width) * *(const v##suffix *)(y + i + k * width); \
    double sum = 0;                                                                         \
    for (; i < last; i++) sum += x[i] * y[i];                                               \
    for (int k = 0; k < 4; k++)                                                             \
      for (int l = 0; l < width; l++) sum += s[k][l];                                       \
    parts[thread].value[0] = sum;                                                           \
  }                                                                                         \
  attributes static void minimum_##suffix(int thread, long first, long last) {              \
    v##suffix best[4];                                                                      \
    for (int k = 0; k < 4; k++) best[k] = INFINITY - (v##suffix){0};                        \
    long i = first;                                                                         \
    for (; i + 4 * width <= last; i += 4 * width)                                           \
      for (int k = 0; k < 4; k++) {                                                         \
        v##suffix row = *(const v##suffix *)(x + i + k * width);                            \
        best[k] = __builtin_elementwise_min(row, best[k]);                                  \
      }                                                                                     \
    double least = INFINITY;                                                                \
    for (; i < last; i++) least = x[i] < least ? x[i] : least;                              \
    for (int k = 0; k < 4; k++)                                                             \
      for (int l = 0; l < width; l++) least = best[k][l] < least ? best[k][l] : least;      \
    parts[thread].value[0] = least;                                                         \
  }                                                                                         \
  attributes static void maximum_##suffix(int thread, long first, long last) {              \
    v##suffix best[4];                                                                      \
    for (int k = 0; k < 4; k++) best[k] = -INFINITY + (v##suffix){0};                       \
    long i = first;                                                                         \
    for (; i + 4 * width <= last; i += 4 * width)                                           \
      for (int k = 0; k < 4; k++) {                                                         \
        v##suffix row = *(const v##suffix *)(x + i + k * width);                            \
        best[k] = __builtin_elementwise_max(row, best[k]);                                  \
      }                                                                                     \
    double most = -INFINITY;                                                                \
    for (; i < last; i++) most = x[i] > most ? x[i] : most;                                 \
    for (int k = 0; k < 4; k++)                                                             \
      for (int l = 0; l < width; l++) most = best[k][l] > most ? best[k][l] : most;         \
    parts[thread].value[0] = most;                                                          \
  }                                                                                         \
  attributes static void moments_##suffix(int thread, long first, long last) {              \
    FAST v##suffix s[4] = {0}, q[4] = {0};                                                  \
    long i = first;                                                                         \
    for (; i + 4 * width <= last; i += 4 * width)                                           \
      for (int k = 0; k < 4; k++) {                                                         \
        v##suffix row = *(const v##suffix *)(x + i + k * width);                            \
        s[k] += row;                                                                        \
        q[k] += row * row;                                                                  \
      }                                                                                     \
    double sum = 0, squares = 0;                                                            \
    for (; i < last; i++) sum += x[i], squares += x[i] * x[i];                              \
    for (int k = 0; k < 4; k++)                                                             \
      for (int l = 0; l < width; l++) sum += s[k][l], squares += q[k][l];                   \
    parts[thread].value[0] = sum;                                                           \
    parts[thread].value[1] = squares;                                                       \
  }

DEFINE(baseline, 2, )
#if defined(__x86_64__)
DEFINE(avx2, 4, __attribute__((target("avx2,fma"))))
DEFINE(avx512, 8, __attribute__((target("avx512f"))))
#define BEST(name)                                                                  \
  (__builtin_cpu_init(), __builtin_cpu_supports("avx512f") ? name##_avx512          \
                         : __builtin_cpu_supports("avx2")  ? name##_avx2            \
                                                           : name##_baseline)
#else
#define BEST(name) name##_baseline
#endif

static void run(void (*body)(int, long, long), double nothing) {
  for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++)
    parts[thread].value[0] = parts[thread].value[1] = nothing;
  peer_team_run(used, body);
}

static double total(int which) {
  double sum = 0;
  for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) sum += parts[thread].value[which];
  return sum;
}

double peer_dot(void) {
  run(BEST(dot), 0);
  return total(0);
}

double peer_minimum(void) {
  run(BEST(minimum), INFINITY);
  double least = INFINITY;
  for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) least = fmin(least, parts[thread].value[0]);
  return least;
}

double peer_maximum(void) {
  run(BEST(maximum), -INFINITY);
  double most = -INFINITY;
  for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) most = fmax(most, parts[thread].value[0]);
  return most;
}

double peer_variance(void) {
  run(BEST(moments), 0);
  double sum = total(0);
  return (total(1) - sum * sum / (double)used) / (double)(used - 1);
}
