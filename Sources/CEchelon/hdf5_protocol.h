// A child process reads each file, and hands over what it has read through a socket. The library follows what a damaged file
// says, out of its memory or round and round, and nothing of that is done to who asked: a child that ends early, or says what
// cannot be, has met a damaged file. Requests and answers are of one program, in its own byte order.
#ifndef ECHELON_HDF5_PROTOCOL_H
#define ECHELON_HDF5_PROTOCOL_H

#include "hdf5_library.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

enum { VISIT, READ };
#define END UINT32_MAX

/// A request; the bytes of the name follow it.
typedef struct {
  int32_t kind;
  /// ECHELON_HDF5_SIGNED or _UNSIGNED for integers of 64 bits, else 0.
  int32_t integers;
  int64_t count;
  uint32_t name_length;
} request;

/// A dataset that was visited; the bytes of the name follow it. `END` stands behind the last one in place of a length, with
/// the result in place of the rank.
typedef struct {
  uint32_t name_length;
  int32_t rank;
  int64_t rows, columns;
  uint8_t is_readable, is_numeric, integers;
} visited;

/// - Returns: whether all of it was sent; there may be nobody left to read it.
static inline int send_all(int socket, const void *bytes, size_t count) {
  while (count > 0) {
#ifdef MSG_NOSIGNAL
    ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
#else
    ssize_t sent = send(socket, bytes, count, 0);
#endif
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return 0;
    bytes = (const char *)bytes + sent;
    count -= (size_t)sent;
  }
  return 1;
}

static inline int receive_all(int socket, void *bytes, size_t count) {
  while (count > 0) {
    ssize_t received = recv(socket, bytes, count, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return 0;
    bytes = (char *)bytes + received;
    count -= (size_t)received;
  }
  return 1;
}

/// What the child does: answers until nobody asks.
/// - Parameter seconds: of processor time that it may take.
_Noreturn void echelon_hdf5_serve(int socket, const char *path, unsigned seconds);

#endif
