// Why C: see echelon_fiber.h. A fiber begins with `setcontext`; after that `_setjmp` and `_longjmp`
// switch, which save no signal mask and so make no system call.
#define _GNU_SOURCE
// The checked `longjmp` takes a jump to another stack for a fault.
#undef _FORTIFY_SOURCE
#include "CEchelon.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

_Thread_local void *echelon_simulated_machine_word = NULL;

struct echelon_fiber {
  char *stack;  // the guard page comes first
  size_t bytes;
  bool has_begun;
  void (*entry)(void *);
  void *argument;
  jmp_buf inside, outside;
};

echelon_fiber *echelon_fiber_create(size_t stack_bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t bytes = (stack_bytes + page - 1) / page * page + page;
  echelon_fiber *fiber = calloc(1, sizeof *fiber);
  if (fiber == NULL) return NULL;
  char *stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) {
    free(fiber);
    return NULL;
  }
  mprotect(stack, page, PROT_NONE);
  fiber->stack = stack;
  fiber->bytes = bytes;
  return fiber;
}

void echelon_fiber_destroy(echelon_fiber *fiber) {
  munmap(fiber->stack, fiber->bytes);
  free(fiber);
}

void echelon_fiber_begin(echelon_fiber *fiber, void (*entry)(void *), void *argument) {
  fiber->has_begun = false;
  fiber->entry = entry;
  fiber->argument = argument;
}

static void trampoline(unsigned high, unsigned low) {
  echelon_fiber *fiber = (echelon_fiber *)((uintptr_t)high << 32 | (uintptr_t)low);
  fiber->entry(fiber->argument);
  abort();
}

void echelon_fiber_enter(echelon_fiber *fiber) {
  if (_setjmp(fiber->outside) != 0) return;
  if (fiber->has_begun) _longjmp(fiber->inside, 1);
  fiber->has_begun = true;
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = fiber->stack;
  context.uc_stack.ss_size = fiber->bytes;
  context.uc_link = NULL;
  uintptr_t address = (uintptr_t)fiber;
  makecontext(&context, (void (*)(void))trampoline, 2, (unsigned)(address >> 32),
              (unsigned)address);
  setcontext(&context);
}

void echelon_fiber_leave(echelon_fiber *fiber) {
  if (_setjmp(fiber->inside) == 0) _longjmp(fiber->outside, 1);
}
