// Counts what a stretch of a program does: instructions, system calls, allocations.
#pragma once
#include <stdint.h>

/// Calls of malloc and its kin by all threads of this process since it began.
uint64_t counting_allocations(void);

/// What is counted between `counting_begin` and `counting_end`.
typedef enum {
  counting_instructions,  // of the calling thread, in user space, one at a time: some 200,000 a second
  counting_system_calls,  // of the threads given and of the calling one
} counting_subject;

/// Starts a process that counts. `threads` are `count` threads or processes to be watched beside the calling thread; what
/// they start later is not watched. Returns 0, or what `errno` says: EPERM where processes must not be traced.
int counting_begin(counting_subject subject, const int32_t *threads, int count);
/// Ends it and returns the count.
uint64_t counting_end(void);
