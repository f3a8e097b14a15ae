// Questions to whichever BLAS is loaded. C, because the answers come from functions that are only
// sometimes there, found with dlsym and called through a type.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // dladdr, RTLD_DEFAULT
#endif
#include "CEchelonKernels.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

int ek_has_function(const char *name) { return dlsym(RTLD_DEFAULT, name) != NULL; }

const char *ek_ask_text(const char *name) {
  const char *(*ask)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, name);
  const char *answer = ask ? ask() : NULL;
  return answer ? answer : "";
}

int ek_ask_int(const char *name) {
  int (*ask)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, name);
  return ask ? ask() : 0;
}

long ek_ask_long(const char *name) {
  long (*ask)(void) = (long (*)(void))dlsym(RTLD_DEFAULT, name);
  return ask ? ask() : 0;
}

const char *ek_file_of_function(const char *name) {
  static _Thread_local char path[PATH_MAX];
  void *function = dlsym(RTLD_DEFAULT, name);
  Dl_info info;
  if (!function || !dladdr(function, &info) || !info.dli_fname) return "";
  return realpath(info.dli_fname, path) ? path : "";
}
