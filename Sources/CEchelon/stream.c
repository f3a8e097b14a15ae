// The standard streams as the C library buffers them.
//
// Why C: `stdout` is a variable that Swift does not let two threads see, and the look into a stream's
// buffer has no Swift-importable form.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>

void echelon_stream_write(bool is_error, const void *bytes, size_t count) {
  FILE *stream = is_error ? stderr : stdout;
  flockfile(stream);
  // What does not arrive has nowhere to be reported.
  fwrite_unlocked(bytes, 1, count, stream);
  fflush_unlocked(stream);
  funlockfile(stream);
}

void echelon_stream_buffer_by_line(void) { setvbuf(stdout, NULL, _IOLBF, 1 << 16); }

void echelon_stream_flush_if_pending(void) {
  if (__fpending(stdout) > 0) fflush(stdout);
}

void echelon_stream_block_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}
