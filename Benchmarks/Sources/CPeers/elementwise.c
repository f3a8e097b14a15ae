// What element-wise expressions stand for: the whole computation in one loop, in registers. Compiled for the
// widest instruction set that the processor has, chosen by the target attribute; the sine and exponential are
// SLEEF's, 1.0 ulp, when libsleef is installed.
#include "CPeers.h"
#include "memory.h"
#include "team.h"

#include <dlfcn.h>
#include <math.h>
#include <stddef.h>

static double *x, *y, *z;
static long count;
// Of them the first that are computed.
static long used;

typedef double lanes2 __attribute__((vector_size(16), aligned(8)));
typedef double lanes4 __attribute__((vector_size(32), aligned(8)));
typedef double lanes8 __attribute__((vector_size(64), aligned(8)));

#define DEFINE_HYPOTENUSE(name, lanes, attributes)                                        \
  attributes static void name(int thread, long first, long last) {                        \
    (void)thread;                                                                         \
    enum { width = sizeof(lanes) / sizeof(double) };                                      \
    long i = first;                                                                       \
    for (; i + width <= last; i += width) {                                               \
      lanes a = *(const lanes *)(x + i), b = *(const lanes *)(y + i);                     \
      *(lanes *)(z + i) = __builtin_elementwise_sqrt(a * a + b * b);                      \
    }                                                                                     \
    for (; i < last; i++) z[i] = sqrt(x[i] * x[i] + y[i] * y[i]);                         \
  }

DEFINE_HYPOTENUSE(hypotenuse_baseline, lanes2, )
#if defined(__x86_64__)
DEFINE_HYPOTENUSE(hypotenuse_avx2, lanes4, __attribute__((target("avx2"))))
DEFINE_HYPOTENUSE(hypotenuse_avx512, lanes8, __attribute__((target("avx512f"))))

// SLEEF's functions take and give vectors in registers.
static lanes4 (*sine4)(lanes4), (*exponential4)(lanes4);
static lanes8 (*sine8)(lanes8), (*exponential8)(lanes8);

#define DEFINE_WAVE(name, lanes, sine, exponential, attributes)                                   \
  attributes static void name(int thread, long first, long last) {                                \
    (void)thread;                                                                                 \
    enum { width = sizeof(lanes) / sizeof(double) };                                              \
    long i = first;                                                                               \
    for (; i + width <= last; i += width) {                                                       \
      lanes a = *(const lanes *)(x + i);                                                          \
      *(lanes *)(z + i) = sine(a) * exponential(-a);                                              \
    }                                                                                             \
    for (; i < last; i++) z[i] = sin(x[i]) * exp(-x[i]);                                          \
  }
DEFINE_WAVE(wave_avx2, lanes4, sine4, exponential4, __attribute__((target("avx2"))))
DEFINE_WAVE(wave_avx512, lanes8, sine8, exponential8, __attribute__((target("avx512f"))))
#endif

static int has_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f");
#else
  return 0;
#endif
}

static int has_avx2(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return 0;
#endif
}

int peer_has_sleef(void) {
#if defined(__x86_64__)
  void *library = dlopen("libsleef.so.3", RTLD_NOW);
  if (library == NULL) return 0;
  if (has_avx512()) {
    sine8 = dlsym(library, "Sleef_sind8_u10avx512f");
    exponential8 = dlsym(library, "Sleef_expd8_u10avx512f");
    return sine8 != NULL && exponential8 != NULL;
  }
  if (!has_avx2()) return 0;
  sine4 = dlsym(library, "Sleef_sind4_u10avx2");
  exponential4 = dlsym(library, "Sleef_expd4_u10avx2");
  return sine4 != NULL && exponential4 != NULL;
#else
  return 0;
#endif
}

int peer_elementwise_prepare(long wanted) {
  count = used = wanted;
  x = peer_allocate((size_t)count * sizeof(double));
  y = peer_allocate((size_t)count * sizeof(double));
  z = peer_allocate((size_t)count * sizeof(double));
  if (x == NULL || y == NULL || z == NULL) return -1;
  for (long i = 0; i < count; i++) x[i] = (double)i * 1e-6, y[i] = 1 - (double)i * 1e-7;
  return 0;
}

int peer_elementwise_use(long wanted) {
  if (wanted < 1 || wanted > count) return -1;
  used = wanted;
  return 0;
}

void peer_elementwise_release(void) {
  peer_free(x, (size_t)count * sizeof(double));
  peer_free(y, (size_t)count * sizeof(double));
  peer_free(z, (size_t)count * sizeof(double));
  x = y = z = NULL;
}

void peer_hypotenuse(void) {
  void (*body)(int, long, long) = hypotenuse_baseline;
#if defined(__x86_64__)
  if (has_avx512()) body = hypotenuse_avx512;
  else if (has_avx2()) body = hypotenuse_avx2;
#endif
  peer_team_run(used, body);
}

void peer_wave(void) {
#if defined(__x86_64__)
  peer_team_run(used, has_avx512() ? wave_avx512 : wave_avx2);
#endif
}

double peer_elementwise_element(long index) { return index >= 0 && index < count ? z[index] : NAN; }
