// A template: a process with a single thread that workers are forked from.
//
// Why C: Swift imports neither `fork` nor the macros of control messages, and between `fork` and the
// worker's main nothing may run that relies on threads.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { descriptor_limit = 3 };

static int32_t move_up(int descriptor) {
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
  int error = errno;
  close(descriptor);
  errno = error;
  return moved;
}

int echelon_socket_pair(int32_t *first, int32_t *second) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  *first = move_up(ends[0]);
  if (*first < 0) {
    int error = errno;
    close(ends[1]);
    return error;
  }
  *second = move_up(ends[1]);
  if (*second < 0) {
    int error = errno;
    close(*first);
    return error;
  }
  return 0;
}

int echelon_socket_send(int32_t socket, const void *bytes, size_t byte_count,
                        const int32_t *descriptors, size_t descriptor_count) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(descriptor_limit * sizeof(int))];
  } control = {0};
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = byte_count};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (descriptor_count > descriptor_limit) return EINVAL;
  if (descriptor_count > 0) {
    message.msg_control = control.room;
    message.msg_controllen = CMSG_SPACE(descriptor_count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptor_count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, descriptor_count * sizeof(int));
  }
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

int64_t echelon_socket_receive(int32_t socket, void *bytes, size_t capacity, int32_t *descriptors,
                               size_t *descriptor_count, int32_t timeout_milliseconds) {
  size_t room = *descriptor_count;
  *descriptor_count = 0;
  if (timeout_milliseconds >= 0) {
    struct pollfd entry = {.fd = socket, .events = POLLIN};
    int ready;
    do {
      ready = poll(&entry, 1, timeout_milliseconds);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) return -ETIMEDOUT;
    if (ready < 0) return -errno;
  }
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(descriptor_limit * sizeof(int))];
  } control = {0};
  struct iovec piece = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {.msg_iov = &piece,
                           .msg_iovlen = 1,
                           .msg_control = control.room,
                           .msg_controllen = sizeof control.room};
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      if (*descriptor_count < room) {
        descriptors[(*descriptor_count)++] = descriptor;
      } else {
        close(descriptor);
      }
    }
  }
  if (message.msg_flags & MSG_TRUNC) {
    while (*descriptor_count > 0) close(descriptors[--*descriptor_count]);
    return -EMSGSIZE;
  }
  return got;
}

int32_t echelon_message_file(const void *bytes, size_t byte_count) {
  int descriptor = (int)syscall(SYS_memfd_create, "echelon-message", MFD_CLOEXEC);
  if (descriptor < 0) return -errno;
  for (size_t done = 0; done < byte_count;) {
    ssize_t written = pwrite(descriptor, (const char *)bytes + done, byte_count - done, (off_t)done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      int error = written < 0 ? errno : EIO;
      close(descriptor);
      return -error;
    }
    done += (size_t)written;
  }
  int32_t moved = move_up(descriptor);
  return moved < 0 ? -errno : moved;
}

/// What `posix_spawn` would have done: the same process under every start method.
static void begin_anew(const echelon_process_setup *setup) {
  setpgid(0, 0);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int null = open("/dev/null", O_RDONLY);
  if (null >= 0) {
    dup2(null, STDIN_FILENO);
    if (null != STDIN_FILENO) close(null);
  }
  if (setup->output >= 0) dup2(setup->output, STDOUT_FILENO);
  if (setup->error >= 0) dup2(setup->error, STDERR_FILENO);
  int next = STDERR_FILENO + 1;
  for (size_t i = 0; i < setup->descriptor_count; i++) dup2(setup->descriptors[i], next++);
  syscall(SYS_close_range, next, ~0U, 0);
  if (setup->directory && chdir(setup->directory) != 0) _exit(72);
}

void echelon_rest_blas(void) {
  typedef int (*shutdown_function)(void);
  shutdown_function rest = (shutdown_function)dlsym(RTLD_DEFAULT, "blas_thread_shutdown_");
  if (rest) rest();
}

int echelon_template_fork(const echelon_worker_ticket *ticket, const echelon_process_setup *setup,
                          char *const *settings, int32_t *pid) {
  fflush(NULL);  // or both processes would write what is in the buffers
  pid_t child = fork();
  if (child < 0) return errno;
  *pid = child;
  if (child > 0) return 0;
  begin_anew(setup);
  echelon_start_become(ticket);
  for (; *settings; settings++) putenv(strdup(*settings));
  echelon_forked_exit(echelon_start_enter());
}

/// In a new child of the template: makes it the worker of `request`.
static void become_worker(const echelon_template_request *request, const char *variables,
                          const char *end, const int32_t *descriptors, size_t descriptor_count) {
  dup2(descriptors[0], ECHELON_WORKER_LIFELINE_DESCRIPTOR);
  close(descriptors[0]);
  echelon_start_become(&request->ticket);
  setpgid(0, 0);
  close(ECHELON_TEMPLATE_SOCKET_DESCRIPTOR);
  if (descriptor_count == 3) {
    dup2(descriptors[1], STDOUT_FILENO);
    dup2(descriptors[2], STDERR_FILENO);
    close(descriptors[1]);
    close(descriptors[2]);
  }
  while (variables < end) {
    putenv(strdup(variables));
    variables += strlen(variables) + 1;
  }
}

void echelon_template_serve(void) {
  static char message[ECHELON_TEMPLATE_MESSAGE_LIMIT];
  const int32_t socket = ECHELON_TEMPLATE_SOCKET_DESCRIPTOR;
  for (;;) {
    int32_t descriptors[descriptor_limit];
    size_t count = descriptor_limit;
    int64_t got = echelon_socket_receive(socket, message, sizeof message - 1, descriptors, &count, -1);
    const int is_whole = got >= (int64_t)sizeof(echelon_template_request);
    if (!is_whole && got != -EMSGSIZE) _exit(0);  // the front end has closed
    echelon_template_request request = {0};
    if (is_whole) {
      message[got] = 0;
      memcpy(&request, message, sizeof request);
    }
    echelon_template_answer answer = {.pid = request.pid};
    int32_t pidfd = -1;
    if (!is_whole) {
      answer.error = EMSGSIZE;
    } else if (!request.is_fork) {
      int status = 0;
      answer.error = waitpid(request.pid, &status, WNOHANG) == request.pid ? 0 : ESRCH;
      answer.status = (echelon_exit_status){
          .known = answer.error == 0,
          .was_signalled = WIFSIGNALED(status),
          .code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)};
    } else if (count == 0) {
      answer.error = EBADF;
    } else {
      fflush(NULL);
      pid_t child = fork();
      if (child == 0) {
        become_worker(&request, message + sizeof request, message + got, descriptors, count);
        return;
      }
      if (child < 0) {
        answer.error = errno;
      } else {
        answer.pid = child;
        pidfd = echelon_pidfd_open(child);
        if (pidfd < 0) {
          // Nobody could watch it.
          answer.error = -pidfd;
          kill(child, SIGKILL);
          while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        }
      }
    }
    for (size_t i = 0; i < count; i++) close(descriptors[i]);
    int error = echelon_socket_send(socket, &answer, sizeof answer, &pidfd, pidfd >= 0 ? 1 : 0);
    if (pidfd >= 0) close(pidfd);
    if (error) _exit(0);
  }
}

_Noreturn void echelon_forked_exit(int code) {
  fflush(NULL);
  _exit(code);
}
