// The reductions of `echelon-compare` as plain loops with OpenMP: what a C programmer would write first. A library,
// so that gcc may compile it for this processor alone while the package is built for the baseline; `make bench` does,
// and gives its path to `echelon-compare` as ECHELON_OPENMP. Sources/CPeers/openmp.c loads it.
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <sys/mman.h>

static double *x, *y;
static long count;

static double *allocate(void) {
  void *p = mmap(NULL, (size_t)count * sizeof(double), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return NULL;
  madvise(p, (size_t)count * sizeof(double), MADV_HUGEPAGE);  // a wish: without it the pages are small
  return p;
}

void openmp_release(void) {
  if (x) munmap(x, (size_t)count * sizeof(double));
  if (y) munmap(y, (size_t)count * sizeof(double));
  x = y = NULL;
}

// What compiles this is what the figures are measured beside.
const char *openmp_compiler(void) { return __VERSION__; }

void openmp_set_threads(int thread_count) { omp_set_num_threads(thread_count); }

int openmp_prepare(long wanted, int thread_count) {
  omp_set_num_threads(thread_count);
  count = wanted;
  x = allocate();
  y = allocate();
  if (!x || !y) {
    openmp_release();
    return -1;
  }
#pragma omp parallel for
  for (long i = 0; i < count; i++) {
    x[i] = 1 / (1 + (double)i);
    y[i] = 1 - (double)i * 1e-9;
  }
  return 0;
}

double openmp_sum(void) {
  double sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (long i = 0; i < count; i++) sum += x[i];
  return sum;
}

double openmp_dot(void) {
  double sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (long i = 0; i < count; i++) sum += x[i] * y[i];
  return sum;
}

double openmp_minimum(void) {
  double least = x[0];
#pragma omp parallel for reduction(min : least)
  for (long i = 0; i < count; i++) least = x[i] < least ? x[i] : least;
  return least;
}

double openmp_maximum(void) {
  double most = x[0];
#pragma omp parallel for reduction(max : most)
  for (long i = 0; i < count; i++) most = x[i] > most ? x[i] : most;
  return most;
}

double openmp_variance(void) {
  double sum = 0, squares = 0;
#pragma omp parallel for reduction(+ : sum, squares)
  for (long i = 0; i < count; i++) sum += x[i], squares += x[i] * x[i];
  return (squares - sum * sum / (double)count) / (double)(count - 1);
}
