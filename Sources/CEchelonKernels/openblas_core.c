// Tells an OpenBLAS that does not know the processor which of its kernels to use. C, because its functions
// are found with dlsym and called through a type, and the processor is asked with a compiler builtin.
//
// An OpenBLAS built with DYNAMIC_ARCH has kernels for many processors ("core types") and looks its choice up by
// family and model, as it loads. A processor newer than the library is in no list and gets the oldest kernels,
// with SSE3. The variable OPENBLAS_CORETYPE overrides that, but is read only then: so it is loaded, asked, and if
// the answer is below what the processor has, closed and loaded again with the variable set.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // environ, RTLD_DEFAULT
#endif
#include "openblas_core.h"

#include "CEchelonKernels.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "OPENBLAS_CORETYPE"

/// The core types by the instruction set of their kernels, as `corename` in OpenBLAS's driver/others/dynamic.c has
/// them. Excavator has AVX2 by halves, and is chosen for the one processor that it was made for.
static const struct {
  const char *name;
  int level;
} core_types[] = {
    {"Katmai", EK_LEVEL_BASELINE},       {"Coppermine", EK_LEVEL_BASELINE},
    {"Northwood", EK_LEVEL_BASELINE},    {"Prescott", EK_LEVEL_BASELINE},
    {"Banias", EK_LEVEL_BASELINE},       {"Atom", EK_LEVEL_BASELINE},
    {"Core2", EK_LEVEL_BASELINE},        {"Penryn", EK_LEVEL_BASELINE},
    {"Dunnington", EK_LEVEL_BASELINE},   {"Nehalem", EK_LEVEL_BASELINE},
    {"Athlon", EK_LEVEL_BASELINE},       {"Opteron", EK_LEVEL_BASELINE},
    {"Opteron_SSE3", EK_LEVEL_BASELINE}, {"Barcelona", EK_LEVEL_BASELINE},
    {"Nano", EK_LEVEL_BASELINE},         {"Sandybridge", EK_LEVEL_BASELINE},
    {"Bobcat", EK_LEVEL_BASELINE},       {"Bulldozer", EK_LEVEL_BASELINE},
    {"Piledriver", EK_LEVEL_BASELINE},   {"Steamroller", EK_LEVEL_BASELINE},
    {"Excavator", EK_LEVEL_AVX2},        {"Haswell", EK_LEVEL_AVX2},
    {"Zen", EK_LEVEL_AVX2},              {"SkylakeX", EK_LEVEL_AVX512},
    {"Cooperlake", EK_LEVEL_AVX512},     {"SapphireRapids", EK_LEVEL_AVX512},
};

static int level_of(const char *core_type) {
  for (size_t i = 0; i < sizeof core_types / sizeof *core_types; i++)
    if (strcmp(core_type, core_types[i].name) == 0) return core_types[i].level;
  return -1;
}

const char *ek_better_core_type(const char *core_type, const char *configuration, int level, int is_amd,
                                const char *given) {
  if (given || !strstr(configuration, "DYNAMIC_ARCH")) return NULL;
  int own = level_of(core_type);
  if (own < 0 || own >= level) return NULL;
  return level == EK_LEVEL_AVX512 ? "SKYLAKEX" : is_amd ? "ZEN" : "HASWELL";
}

const char *ek_given_core_type(void) { return getenv(VARIABLE); }

/// The level of the processor, or less if ECHELON_ISA says so: who pins one for the same bits elsewhere means
/// products, too.
static int level_wanted(void) {
  int level = ek_active_level();
#if defined(__x86_64__)
  __builtin_cpu_init();
  // Of what SkylakeX kernels are compiled for, the level does not ask for this one.
  if (level == EK_LEVEL_AVX512 && !__builtin_cpu_supports("avx512cd")) level = EK_LEVEL_AVX2;
#endif
  return level;
}

/// What to tell the OpenBLAS that is found by `handle`, or NULL. Puts the core type that it uses into `core_type`.
static const char *better_core_type(void *handle, const char *given, char core_type[static EK_CORE_TYPE_SIZE]) {
  const char *(*name)(void) = (const char *(*)(void))dlsym(handle, "openblas_get_corename");
  const char *(*configuration)(void) = (const char *(*)(void))dlsym(handle, "openblas_get_config");
  if (!name || !configuration) return NULL;
  // A copy: the text goes with the library.
  snprintf(core_type, EK_CORE_TYPE_SIZE, "%s", name());
  int is_amd = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  is_amd = __builtin_cpu_is("amd");
#endif
  return ek_better_core_type(core_type, configuration(), level_wanted(), is_amd, given);
}

/// Loads `file` with VARIABLE set to `core_type`, which is gone again when this returns: what programs that this
/// one starts use is another OpenBLAS, perhaps one that knows better.
///
/// Not with setenv and unsetenv, which free the list of variables, or move entries in it, under another thread that
/// reads it. The variable comes last in a new list, and leaves by becoming its end: a reader finds every other
/// variable at any time. (One that sets variables meanwhile was never safe.) The list is used from then on.
static void *load_told(const char *file, const char *core_type) {
  static char entry[sizeof VARIABLE + EK_CORE_TYPE_SIZE];
  size_t count = 0;
  while (environ && environ[count]) count++;
  static char **list;  // which others may go on reading
  list = malloc((count + 2) * sizeof *list);
  if (!list) return NULL;
  if (count) memcpy(list, environ, count * sizeof *list);
  snprintf(entry, sizeof entry, VARIABLE "=%s", core_type);
  list[count] = entry;
  list[count + 1] = NULL;
  __atomic_store_n(&environ, list, __ATOMIC_RELEASE);

  void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);

  if (environ == list && list[count] == entry)
    __atomic_store_n(&list[count], NULL, __ATOMIC_RELEASE);
  else
    unsetenv(VARIABLE);  // another thread has set a variable, and with it made a list of its own
  return handle;
}

static char own[EK_CORE_TYPE_SIZE];

void ek_load_blas(const char *file) {
  // Local: other threads must not find functions that may be gone in a moment.
  void *handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
  if (!handle) return;
  char before[EK_CORE_TYPE_SIZE] = "", now[EK_CORE_TYPE_SIZE] = "";
  const char *better = better_core_type(handle, ek_given_core_type(), before);
  if (!better) return;
  dlclose(handle);
  handle = load_told(file, better);
  if (handle) better_core_type(handle, NULL, now);
  if (level_of(now) > level_of(before)) {
    memcpy(own, before, sizeof own);
    return;
  }
  // It has no such kernels, and may have taken the oldest for want of them; or it was not unloaded, since something
  // else in the program uses it, and is what it was.
  if (handle) dlclose(handle);
  dlopen(file, RTLD_LAZY | RTLD_LOCAL);
}

const char *ek_own_core_type(void) { return own; }

const char *ek_missed_core_type(void) {
  char now[EK_CORE_TYPE_SIZE];
  const char *better = better_core_type(RTLD_DEFAULT, NULL, now);
  return better ? better : "";
}
