// LAPACK as the system's alternatives chose it, opened when it is first needed; see blas.c.
// C, because its routines are Fortran's: found with dlopen, and called with addresses and hidden lengths of texts.
//
// Functions of Fortran's that return a number are left out: a float comes back as a double from some libraries.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // RTLD_DEFAULT, dladdr
#endif
#include "lapack.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

void *ek_routines[EK_ROUTINE_COUNT][EK_SCALAR_COUNT];
static int is_open;

#define EK_ROUTINE_NAMES(number, real, complex) {real, complex},
static const char *const names[EK_ROUTINE_COUNT][2] = {EK_ROUTINES(EK_ROUTINE_NAMES)};

/// Routines of one library only: a mixture of two would share no more than their names.
static int find_routines(void *library) {
  for (int routine = 0; routine < EK_ROUTINE_COUNT; routine++)
    for (int type = 0; type < EK_SCALAR_COUNT; type++) {
      char name[24];
      snprintf(name, sizeof name, "%c%s_", "dszc"[type], names[routine][is_complex(type)]);
      void *address = dlsym(library, name);
      // A LAPACK may come without the BLAS below it, which is open already.
      if (!address) address = dlsym(RTLD_DEFAULT, name);
      if (!address) return 0;
      ek_routines[routine][type] = address;
    }
  return 1;
}

static void open_lapack(void) {
  static const char *const libraries[] = {
#ifdef __APPLE__
      "/System/Library/Frameworks/Accelerate.framework/Accelerate",
#else
      "liblapack.so.3", "libopenblas.so.0", "libflame.so.2",
#endif
  };
  if (!ek_open_blas()) return;
  // The program may have one linked in, or the BLAS is a whole OpenBLAS.
  if ((is_open = find_routines(RTLD_DEFAULT))) return;
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries && !is_open; i++) {
    void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_GLOBAL);
    if (library) is_open = find_routines(library);
  }
}

int ek_open_lapack(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_lapack);
  return is_open;
}

const char *ek_lapack_path(void) {
  Dl_info info;
  if (!ek_open_lapack() || !dladdr(ek_routines[EK_GETRF][EK_DOUBLE], &info) || !info.dli_fname) return "";
  return info.dli_fname;
}
