// The loops of ../../openmp.c, from a library that another compiler has made.
#define _GNU_SOURCE
#include "CPeers.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>

static int (*prepare)(long, int);
static void (*release)(void);
static double (*loops[PEER_OPENMP_LOOPS])(void);

static void *library;

static int load(void) {
  static const char *const names[PEER_OPENMP_LOOPS] = {
      [PEER_OPENMP_SUM] = "openmp_sum",         [PEER_OPENMP_DOT] = "openmp_dot",
      [PEER_OPENMP_MINIMUM] = "openmp_minimum", [PEER_OPENMP_MAXIMUM] = "openmp_maximum",
      [PEER_OPENMP_VARIANCE] = "openmp_variance",
  };
  if (prepare != NULL) return 0;
  // The run-time library reads this as it is loaded. Its threads look for the next loop for milliseconds otherwise,
  // on the cores that Echelon's workers have their turn on.
  setenv("OMP_WAIT_POLICY", "passive", 1);
  library = dlopen(getenv("ECHELON_OPENMP"), RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return -1;
  for (int loop = 0; loop < PEER_OPENMP_LOOPS; loop++)
    if ((loops[loop] = (double (*)(void))dlsym(library, names[loop])) == NULL) return -1;
  release = (void (*)(void))dlsym(library, "openmp_release");
  int (*found)(long, int) = (int (*)(long, int))dlsym(library, "openmp_prepare");
  if (release == NULL || found == NULL) return -1;
  prepare = found;
  return 0;
}

int peer_has_openmp(void) { return getenv("ECHELON_OPENMP") != NULL && load() == 0; }

void *peer_openmp_library(int thread_count) {
  if (load() != 0) return NULL;
  void (*set_threads)(int) = (void (*)(int))dlsym(library, "openmp_set_threads");
  if (set_threads == NULL) return NULL;
  set_threads(thread_count);
  return library;
}

const char *peer_openmp_compiler(void) {
  if (!peer_has_openmp()) return NULL;
  const char *(*compiler)(void) = (const char *(*)(void))dlsym(library, "openmp_compiler");
  return compiler != NULL ? compiler() : NULL;
}

int peer_openmp_prepare(long count, int thread_count) {
  return load() == 0 ? prepare(count, thread_count) : -1;
}

double peer_openmp(int loop) { return prepare != NULL ? loops[loop]() : NAN; }

void peer_openmp_release(void) {
  if (prepare != NULL) release();
}
