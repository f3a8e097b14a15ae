#define _GNU_SOURCE
#include "echelon_main_queue.h"

#include <poll.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

// How libdispatch hands its main queue to another run loop; CoreFoundation uses the same two. Weak, so that
// a program without libdispatch links.
extern int _dispatch_get_main_queue_handle_4CF(void) __attribute__((weak));
extern void _dispatch_main_queue_callback_4CF(void *message) __attribute__((weak));
extern struct dispatch_queue_s _dispatch_main_q __attribute__((weak));
extern void dispatch_async_f(
    struct dispatch_queue_s *queue, void *context, void (*work)(void *)) __attribute__((weak));

int echelon_is_main_thread(void) { return syscall(SYS_gettid) == getpid(); }

int echelon_main_queue_serve(int milliseconds) {
  if (!_dispatch_get_main_queue_handle_4CF || !_dispatch_main_queue_callback_4CF) return -1;
  struct pollfd handle = {.fd = _dispatch_get_main_queue_handle_4CF(), .events = POLLIN};
  if (handle.fd < 0) return -1;
  if (poll(&handle, 1, milliseconds) <= 0) return 0;  // an interruption is a short wait
  eventfd_t count;
  eventfd_read(handle.fd, &count);
  _dispatch_main_queue_callback_4CF(NULL);
  return 1;
}

static void nothing(void *context) { (void)context; }

void echelon_main_queue_wake(void) {
  if (dispatch_async_f) dispatch_async_f(&_dispatch_main_q, NULL, nothing);
}
