// The way into libFuzzer, for a program with a main of its own.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs `test` on inputs until the options in `argv` say that it is enough.
int fuzzer_run(int argc, char **argv, int (*test)(const uint8_t *, size_t));
