#include "CFuzzer.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *, size_t));

int fuzzer_run(int argc, char **argv, int (*test)(const uint8_t *, size_t)) {
  return LLVMFuzzerRunDriver(&argc, &argv, test);
}

/// Traps of the Swift runtime and of `precondition` are findings as they are; the runtime's own
/// metadata is kept for good and is no leak.
const char *__asan_default_options(void) { return "detect_leaks=0:allocator_may_return_null=1"; }
