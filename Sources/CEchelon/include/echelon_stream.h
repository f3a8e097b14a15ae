// The standard streams as the C library buffers them.
#ifndef ECHELON_STREAM_H
#define ECHELON_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/// Writes to standard output or error under the stream's lock, and flushes it.
void echelon_stream_write(bool is_error, const void *bytes, size_t count);

/// Lets standard output go line by line, whatever it is connected to. Before anything is printed.
void echelon_stream_buffer_by_line(void);

/// Flushes standard output if something is in its buffer. For the only thread that prints.
void echelon_stream_flush_if_pending(void);

/// Blocks SIGPIPE in the calling thread.
void echelon_stream_block_sigpipe(void);

#endif
