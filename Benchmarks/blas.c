// The products and factorizations of `echelon-compare` as one call of the BLAS or LAPACK, with threads of its own. A
// program, so that its threads, which look for work for a while after each call, are those of a process that can be
// told to wait; `make bench` builds it and gives its path to `echelon-compare` as ECHELON_BLAS.
//
// usage: blas THREADS OPERATION ORDER, then a line on standard input for each call; answers seconds, and a number that
// depends on all of the result, for who computes the same (Sources/Compare/Agreement.swift). The matrix of
// `tall-qr` has ORDER columns and 2000 times as many rows. A factorization overwrites its matrix; `cholesky-kept`,
// `lu-kept` and `qr-kept` copy it first, in the time that is measured.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef void gemm(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
typedef void potrf(const char *, const int *, double *, const int *, int *, size_t);
typedef void getrf(const int *, const int *, double *, const int *, int *, int *);
typedef void geqrf(const int *, const int *, double *, const int *, double *, double *, const int *, int *);

static void *library_of(const char *name) {
  void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) fprintf(stderr, "blas: %s\n", dlerror()), exit(1);
  return library;
}

static void *function_of(void *library, const char *name) {
  void *function = dlsym(library, name);
  if (function == NULL) fprintf(stderr, "blas: no %s\n", name), exit(1);
  return function;
}

static double seconds_of(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double now(void) { return seconds_of(CLOCK_MONOTONIC); }

// Waits until the BLAS's threads sleep. They look for work after a call, OpenBLAS's for 26 to 100 ms as seen, by the
// rate of the processor's clock; the other side's turn must not meet them.
static void rest(void) {
  double used = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  for (int count = 0; count < 100; count++) {
    usleep(10000);
    const double before = used;
    used = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    if (used - before < 0.001) return;
  }
  fprintf(stderr, "blas: its threads were still at work a second after a call\n");
}

// From 0 to below 1, the same as in Agreement.swift.
static double mixed(uint64_t index) {
  uint64_t z = (index + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

// Numbers in the order of rows, from `first` on. LAPACK's matrices lie column by column, those of the product row by row.
static double *matrix(int rows, int n, uint64_t first, int is_product) {
  double *a = malloc(sizeof(double) * (size_t)rows * (size_t)n);
  if (a == NULL) fprintf(stderr, "blas: no memory for %d x %d\n", rows, n), exit(1);
  for (size_t i = 0; i < (size_t)rows; i++)
    for (size_t j = 0; j < (size_t)n; j++)
      a[is_product ? i * (size_t)n + j : i + j * (size_t)rows] = mixed(first + i * (size_t)n + j) - 0.5;
  return a;
}

// Of all elements, or of the diagonal: its last elements depend on the whole of a factorization.
static double digest(const double *c, int rows, int n, int is_product) {
  const size_t count = is_product ? (size_t)n * (size_t)n : (size_t)n, step = is_product ? 1 : (size_t)rows + 1;
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += fabs(c[i * step]) * (double)(i + 1);
  return sum / (double)count;
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: blas THREADS OPERATION ORDER\n"), 2;
  char *operation = arguments[2], *suffix = strstr(operation, "-kept");
  const int keeps = suffix != NULL;
  if (keeps) *suffix = 0;
  const int threads = atoi(arguments[1]), n = atoi(arguments[3]);
  void *blas = library_of("libblas.so.3"), *lapack = library_of("liblapack.so.3");
  void (*set_threads)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  if (set_threads != NULL) set_threads(threads);
  void (*set_blis_threads)(long) = (void (*)(long))dlsym(RTLD_DEFAULT, "bli_thread_set_num_threads");
  if (set_blis_threads != NULL) set_blis_threads(threads);

  gemm *dgemm = (gemm *)function_of(blas, "cblas_dgemm");
  potrf *dpotrf = (potrf *)function_of(lapack, "dpotrf_");
  getrf *dgetrf = (getrf *)function_of(lapack, "dgetrf_");
  geqrf *dgeqrf = (geqrf *)function_of(lapack, "dgeqrf_");

  const int is_tall = strcmp(operation, "tall-qr") == 0, rows = is_tall ? 2000 * n : n;
  const int is_product = strcmp(operation, "product") == 0;
  double *a = matrix(rows, n, 0, is_product), *c = matrix(rows, n, 0, is_product);
  double *b = is_product ? matrix(n, n, (uint64_t)n * (uint64_t)n, 1) : NULL;
  const int work_count = n * 128;
  double *tau = malloc(sizeof(double) * (size_t)n), *work = malloc(sizeof(double) * (size_t)work_count);
  int *pivots = malloc(sizeof(int) * (size_t)n), info = 0;
  if (tau == NULL || work == NULL || pivots == NULL) return 1;
  if (strcmp(operation, "cholesky") == 0)
    for (int i = 0; i < n; i++) a[(size_t)i * (size_t)n + (size_t)i] = n;
  // As many calls as make the clock's grain nothing.
  const int repetitions = n < 1000 && !is_tall ? 100 : 1;
  while (getchar() != EOF) {
    double seconds = 0;
    for (int repetition = 0; repetition < repetitions; repetition++) {
      double start = now();
      if (!is_product) memcpy(c, a, sizeof(double) * (size_t)rows * (size_t)n);
      if (!keeps) start = now();
      if (is_product)
        dgemm(101, 111, 111, n, n, n, 1, a, n, b, n, 0, c, n);
      else if (strcmp(operation, "cholesky") == 0)
        dpotrf("L", &n, c, &n, &info, 1);
      else if (strcmp(operation, "lu") == 0)
        dgetrf(&n, &n, c, &n, pivots, &info);
      else if (strcmp(operation, "qr") == 0 || is_tall)
        dgeqrf(&rows, &n, c, &rows, tau, work, &work_count, &info);
      else
        return fprintf(stderr, "blas: no %s\n", operation), 2;
      seconds += now() - start;
    }
    if (info != 0) return fprintf(stderr, "blas: info %d\n", info), 1;
    rest();
    printf("%.9f %.17g\n", seconds / repetitions, digest(c, rows, n, is_product));
    fflush(stdout);
  }
  return 0;
}
