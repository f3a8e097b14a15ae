// In C because it forks: what the child runs is beside it, in hdf5_child.c.
#include "hdf5_protocol.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct echelon_hdf5_reader {
  pid_t child;
  int socket;
};

void echelon_hdf5_finish(echelon_hdf5_reader *reader) {
  // Heard by the child whoever else has the socket, by a fork of another thread.
  shutdown(reader->socket, SHUT_RDWR);
  close(reader->socket);
  // The program may have all children waited for, or none.
  while (waitpid(reader->child, NULL, 0) < 0 && errno == EINTR) {}
  free(reader);
}

int echelon_hdf5_open(const char *path, echelon_hdf5_reader **opened) {
  *opened = NULL;
  if (!echelon_hdf5_begin()) return ECHELON_HDF5_NO_LIBRARY;
  struct stat status = {0};
  // What is read here in a second or two; more for what is large.
  unsigned seconds = 60 + (stat(path, &status) == 0 ? (unsigned)(status.st_size >> 22) : 0);
  int sockets[2];
  echelon_hdf5_reader *reader = malloc(sizeof *reader);
#ifdef SOCK_CLOEXEC
  // At once, so that no program that another thread starts meanwhile has them.
  int kind = SOCK_STREAM | SOCK_CLOEXEC;
#else
  int kind = SOCK_STREAM;
#endif
  if (!reader || socketpair(AF_UNIX, kind, 0, sockets) != 0) {
    free(reader);
    return ECHELON_HDF5_NO_PROCESS;
  }
  for (int i = 0; i < 2; i++) {
    fcntl(sockets[i], F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
    setsockopt(sockets[i], SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
  }
  echelon_hdf5_enter();
  pid_t child = fork();
  if (child == 0) {
    close(sockets[0]);
    echelon_hdf5_serve(sockets[1], path, seconds);
  }
  echelon_hdf5_leave();
  close(sockets[1]);
  if (child < 0) {
    close(sockets[0]);
    free(reader);
    return ECHELON_HDF5_NO_PROCESS;
  }
  *reader = (echelon_hdf5_reader){.child = child, .socket = sockets[0]};
  int32_t result;
  if (receive_all(reader->socket, &result, sizeof result) && result == ECHELON_HDF5_OK) {
    *opened = reader;
    return ECHELON_HDF5_OK;
  }
  echelon_hdf5_finish(reader);
  return ECHELON_HDF5_DAMAGED;
}

int echelon_hdf5_visit(echelon_hdf5_reader *reader, void *context,
                       void (*body)(void *context, const echelon_hdf5_dataset *dataset)) {
  request request = {.kind = VISIT};
  if (!send_all(reader->socket, &request, sizeof request)) return ECHELON_HDF5_DAMAGED;
  visited found;
  while (receive_all(reader->socket, &found, sizeof found)) {
    if (found.name_length == END) return found.rank == ECHELON_HDF5_OK ? ECHELON_HDF5_OK : ECHELON_HDF5_DAMAGED;
    // What no child says that is in its right mind.
    if (found.name_length > 1 << 20 || found.rank < -1 || found.rows < 0 || found.columns < 0) break;
    char *name = calloc(1, (size_t)found.name_length + 1);
    int is_there = name && receive_all(reader->socket, name, found.name_length);
    if (is_there) {
      echelon_hdf5_dataset dataset = {.name = name, .rank = found.rank, .rows = found.rows, .columns = found.columns,
                                      .is_readable = found.is_readable, .is_numeric = found.is_numeric,
                                      .integers = found.integers};
      body(context, &dataset);
    }
    free(name);
    if (!is_there) break;
  }
  return ECHELON_HDF5_DAMAGED;
}

/// How many numbers of a block are taken at a time: they go to their columns while they are in the cache.
enum { PIECE = 1 << 15 };

int echelon_hdf5_read(echelon_hdf5_reader *reader, const char *name, int integers, int64_t count, void *context,
                      void (*body)(void *context, const void *numbers, int64_t first, int64_t count)) {
  request request = {.kind = READ, .integers = integers, .count = count, .name_length = (uint32_t)strlen(name)};
  uint64_t *numbers = malloc(PIECE * sizeof *numbers);
  if (!numbers) return ECHELON_HDF5_NO_PROCESS;
  int result = ECHELON_HDF5_DAMAGED;
  int is_whole = send_all(reader->socket, &request, sizeof request) &&
                 send_all(reader->socket, name, request.name_length);
  // Blocks behind their lengths, and a result behind the last: whatever a child says, it ends with one that is not above 0.
  int64_t bytes, done = 0;
  while (is_whole && receive_all(reader->socket, &bytes, sizeof bytes)) {
    if (bytes <= 0) {
      if (bytes == ECHELON_HDF5_OK && done == count) result = ECHELON_HDF5_OK;
      break;
    }
    int64_t left = bytes / (int64_t)sizeof *numbers;
    is_whole = bytes % (int64_t)sizeof *numbers == 0 && left <= count - done;
    while (is_whole && left > 0) {
      int64_t some = left < PIECE ? left : PIECE;
      is_whole = receive_all(reader->socket, numbers, (size_t)some * sizeof *numbers);
      if (is_whole) body(context, numbers, done, some);
      done += some;
      left -= some;
    }
  }
  free(numbers);
  return result;
}
