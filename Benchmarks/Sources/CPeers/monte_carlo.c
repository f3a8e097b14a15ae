// The runs of ../../monte_carlo.c, from the library that openmp.c is in.
#define _GNU_SOURCE
#include "CPeers.h"
#include "memory.h"

#include <dlfcn.h>
#include <stdlib.h>

static double (*run_pi)(long), (*run_call)(long);
static void (*fill_normals)(double *, long);
static double *numbers;
static long number_count;

static int load(int thread_count) {
  void *library = peer_openmp_library(thread_count);
  if (library == NULL) return -1;
  run_pi = (double (*)(long))dlsym(library, "monte_carlo_pi");
  run_call = (double (*)(long))dlsym(library, "monte_carlo_call");
  fill_normals = (void (*)(double *, long))dlsym(library, "monte_carlo_normals");
  return run_pi == NULL || run_call == NULL || fill_normals == NULL ? -1 : 0;
}

int peer_has_monte_carlo(void) { return peer_has_openmp() && load(1) == 0; }

int peer_monte_carlo_prepare(long count, int thread_count) {
  if (load(thread_count) != 0) return -1;
  number_count = count;
  numbers = peer_allocate((size_t)count * sizeof(double));
  return numbers == NULL ? -1 : 0;
}

double peer_monte_carlo_pi(long count) { return run_pi(count); }
double peer_monte_carlo_call(long count) { return run_call(count); }
void peer_monte_carlo_normals(void) { fill_normals(numbers, number_count); }
void peer_monte_carlo_release(void) { peer_free(numbers, (size_t)number_count * sizeof(double)); }
