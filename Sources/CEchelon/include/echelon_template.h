// A template: a process with a single thread that workers are forked from.
//
// It talks with its front end over a SOCK_SEQPACKET socket, one message each way at a time. It speaks
// first: that it is ready, or why it is not.
#ifndef ECHELON_TEMPLATE_H
#define ECHELON_TEMPLATE_H

#include "echelon_process.h"
#include "echelon_start.h"

/// The front end asks. Followed, for a fork, by the variables to set: `NAME=value`, each with its
/// terminating zero; with it come the descriptors of the lifeline and, if there are three, of
/// standard output and error.
typedef struct {
  uint32_t is_fork;  // 0: asks for the status of `pid`, a worker that has ended
  int32_t pid;
  echelon_worker_ticket ticket;
} echelon_template_request;

/// The template answers. A fork's answer brings the pidfd of the worker; the first message is followed
/// by what the preload threw.
typedef struct {
  int32_t error;  // an errno; 0: done
  int32_t pid;
  echelon_exit_status status;
} echelon_template_answer;

/// A request is shorter than this, so that a zero can follow it; an answer may be as long.
enum { ECHELON_TEMPLATE_MESSAGE_LIMIT = 128 << 10 };

/// A pair of connected sockets, closed on exec, with numbers from 16 on. 0 or an errno.
int echelon_socket_pair(int32_t *first, int32_t *second);

/// Sends one message with up to three descriptors; never raises SIGPIPE. 0 or an errno.
int echelon_socket_send(int32_t socket, const void *bytes, size_t byte_count,
                        const int32_t *descriptors, size_t descriptor_count);

/// Receives one message and up to three descriptors, which are closed on exec. `descriptor_count` is
/// the room, then how many came. `timeout_milliseconds` < 0 waits for ever. Returns the bytes, 0 at
/// the end of the conversation, or a negative errno (-ETIMEDOUT; -EMSGSIZE for a message that is longer
/// than `capacity`, which is dropped with its descriptors).
int64_t echelon_socket_receive(int32_t socket, void *bytes, size_t capacity, int32_t *descriptors,
                               size_t *descriptor_count, int32_t timeout_milliseconds);

/// An unnamed file with these bytes, positioned at its start; a descriptor, or a negative errno.
int32_t echelon_message_file(const void *bytes, size_t byte_count);

/// Lets an OpenBLAS end its threads, as it does itself before a fork; the next use starts them again.
void echelon_rest_blas(void);

/// Forks a template from this process, which must run a single thread. The template never returns
/// from here: it sets up what `setup` says, takes `settings` (`NAME=value`, ends with NULL) into its
/// environment, and runs `echelon_start_enter`. Returns 0 or an errno.
int echelon_template_fork(const echelon_worker_ticket *ticket, const echelon_process_setup *setup,
                          char *const *settings, int32_t *pid);

/// In a template: answers requests. Returns in a worker, forked as asked; the template itself ends
/// here.
void echelon_template_serve(void);

/// Ends a forked worker: what it printed is flushed, but nothing runs that the program registered
/// with `atexit` in another process.
_Noreturn void echelon_forked_exit(int code);

#endif
