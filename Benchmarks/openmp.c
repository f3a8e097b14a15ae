// The reductions of `echelon-compare` as plain loops with OpenMP: what a C programmer would write first. Measured by
// itself; not in one run with the rivals in Sources/CPeers yet.
//
//     cc -O3 -march=native -ffast-math -fopenmp Benchmarks/openmp.c -lm -o /tmp/openmp && OMP_NUM_THREADS=2 /tmp/openmp
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { COUNT = 100000000, TURNS = 15, KINDS = 6 };

static double *x, *y;

static double *allocate(void) {
  double *p = mmap(NULL, COUNT * sizeof(double), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  madvise(p, COUNT * sizeof(double), MADV_HUGEPAGE);
  return p;
}

static double reduce(int kind) {
  double a = 0, b = 0;
  switch (kind) {
    case 0:
#pragma omp parallel for reduction(+ : a)
      for (long i = 0; i < COUNT; i++) a += x[i];
      return a;
    case 1:
#pragma omp parallel for reduction(+ : a)
      for (long i = 0; i < COUNT; i++) a += x[i] * y[i];
      return a;
    case 2:
      a = INFINITY;
#pragma omp parallel for reduction(min : a)
      for (long i = 0; i < COUNT; i++) a = x[i] < a ? x[i] : a;
      return a;
    case 3:
      a = -INFINITY;
#pragma omp parallel for reduction(max : a)
      for (long i = 0; i < COUNT; i++) a = x[i] > a ? x[i] : a;
      return a;
    case 4:
#pragma omp parallel for reduction(+ : a, b)
      for (long i = 0; i < COUNT; i++) a += x[i], b += x[i] * x[i];
      return (b - a * a / COUNT) / (COUNT - 1);
    default:
#pragma omp parallel for
      for (long i = 0; i < COUNT; i++) y[i] = sqrt(x[i] * x[i] + y[i] * y[i]);
      return y[COUNT / 2];
  }
}

static int ascending(const void *a, const void *b) {
  double p = *(const double *)a, q = *(const double *)b;
  return (p > q) - (p < q);
}

int main(void) {
  static const char *const names[KINDS] = {"sum", "dot", "minimum", "maximum", "mean and variance", "root of squares"};
  x = allocate();
  y = allocate();
#pragma omp parallel for
  for (long i = 0; i < COUNT; i++) {
    x[i] = 1 / (1 + (double)i);
    y[i] = 1 - (double)i * 1e-9;
  }
  for (int kind = 0; kind < KINDS; kind++) {
    double times[TURNS], result = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      double start = omp_get_wtime();
      result = reduce(kind);
      times[turn] = omp_get_wtime() - start;
    }
    qsort(times, TURNS, sizeof *times, ascending);
    printf("%s: %.1f ms, the fastest %.1f ms (%.17g)\n", names[kind], 1e3 * times[TURNS / 2], 1e3 * times[0], result);
  }
  return 0;
}
