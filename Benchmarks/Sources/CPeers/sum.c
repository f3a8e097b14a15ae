// A sum as fast as the memory allows: eight independent vector accumulators, which no rounding error
// bound of a pairwise sum restrains, at the widest instruction set that the processor has. The
// instruction set is chosen by the target attribute, since the package is built for the baseline.
#include "CPeers.h"
#include "memory.h"
#include "team.h"

#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static double *x;
static long count;

/// One result per cache line, so that the threads do not write on each other's.
static struct {
  double total;
  char padding[56];
} parts[PEER_TEAM_LIMIT];

int peer_sum_prepare(long wanted) {
  count = wanted;
  x = peer_allocate((size_t)count * sizeof(double));
  if (x == NULL) return -1;
  for (long i = 0; i < count; i++) x[i] = 1 / (1 + (double)i);
  return 0;
}

void peer_sum_release(void) {
  peer_free(x, (size_t)count * sizeof(double));
  x = NULL;
}

typedef double lanes2 __attribute__((vector_size(16), aligned(8)));
typedef double lanes4 __attribute__((vector_size(32), aligned(8)));
typedef double lanes8 __attribute__((vector_size(64), aligned(8)));

#define DEFINE_SUM(name, lanes, attributes)                              \
  attributes static void name(int thread, long first, long last) {       \
    enum { width = sizeof(lanes) / sizeof(double) };                     \
    const double *from = x;                                              \
    lanes total[8] = {0};                                                \
    long i = first;                                                      \
    for (; i + 8 * width <= last; i += 8 * width)                        \
      for (int k = 0; k < 8; k++) total[k] += *(const lanes *)(from + i + k * width); \
    double sum = 0;                                                      \
    for (; i < last; i++) sum += from[i];                                \
    for (int k = 0; k < 8; k++)                                          \
      for (int lane = 0; lane < width; lane++) sum += total[k][lane];    \
    parts[thread].total = sum;                                           \
  }

DEFINE_SUM(sum_baseline, lanes2, )
#if defined(__x86_64__)
DEFINE_SUM(sum_avx2, lanes4, __attribute__((target("avx2"))))
DEFINE_SUM(sum_avx512, lanes8, __attribute__((target("avx512f"))))
#endif

typedef struct {
  const char *name;
  void (*body)(int, long, long);
} version;

static version best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return (version){"avx512", sum_avx512};
  if (__builtin_cpu_supports("avx2")) return (version){"avx2", sum_avx2};
  return (version){"sse2", sum_baseline};
#elif defined(__aarch64__)
  return (version){"neon", sum_baseline};
#else
  return (version){"baseline", sum_baseline};
#endif
}

const char *peer_sum_instruction_set(void) { return best().name; }

double peer_sum(void) { return peer_sum_first(count); }

double peer_sum_first(long wanted) {
  if (wanted > count) return NAN;
  for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) parts[thread].total = 0;
  peer_team_run(wanted, best().body);
  double total = 0;
  for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) total += parts[thread].total;
  return total;
}

double peer_sum_mapped(const char *path, long offset) {
  const double *before = x;
  double total = NAN;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size > offset) {
    size_t byte_count = (size_t)status.st_size;
    char *bytes = mmap(NULL, byte_count, PROT_READ, MAP_SHARED, descriptor, 0);
    if (bytes != MAP_FAILED) {
      x = (double *)(bytes + offset);
      for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) parts[thread].total = 0;
      peer_team_run((status.st_size - offset) / (long)sizeof(double), best().body);
      total = 0;
      for (int thread = 0; thread < PEER_TEAM_LIMIT; thread++) total += parts[thread].total;
      munmap(bytes, byte_count);
    }
  }
  if (descriptor >= 0) close(descriptor);
  x = (double *)before;
  return total;
}
