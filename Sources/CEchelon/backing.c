// Pages for an arena, on Linux.
//
// Why C: the mount calls have no wrapper in this C library, `clone` wants a C function and a stack
// of its own, and the rest is variadic.
#define _GNU_SOURCE
#include "CEchelon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { huge_page = 2 << 20 };

/// Descriptors stay clear of the numbers that a worker uses for its own.
static int32_t move_up(int descriptor) {
  if (descriptor < 0) return -errno;
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
  int error = errno;
  close(descriptor);
  return moved < 0 ? -error : moved;
}

/// Makes the file system and one unlinked file in it. Only system calls: it also runs in a child
/// that shares this process's memory.
static int open_in_huge_tmpfs(const char *size) {
  int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return -errno;
  int result = 0, mount = -1;
  if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "huge", "always", 0) ||
      syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "size", size, 0) ||
      syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
    result = -errno;
  } else if ((mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0)) < 0) {
    result = -errno;
  } else {
    result = openat(mount, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (result < 0) result = -errno;
  }
  if (mount >= 0) close(mount);
  close(context);
  return result;
}

typedef struct {
  char size[32];
  char user_map[48];
  char group_map[48];
  int result;
} tmpfs_request;

static int write_file(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  ssize_t written = write(descriptor, text, strlen(text));
  int result = written < 0 ? -errno : 0;
  close(descriptor);
  return result;
}

/// In the new user namespace this process is root, which is all that the mount calls ask for.
static int make_in_user_namespace(void *argument) {
  tmpfs_request *request = argument;
  write_file("/proc/self/setgroups", "deny");
  int error = write_file("/proc/self/uid_map", request->user_map);
  if (!error) error = write_file("/proc/self/gid_map", request->group_map);
  request->result = error ? error : open_in_huge_tmpfs(request->size);
  return 0;
}

int32_t echelon_backing_huge_tmpfs(uint64_t byte_limit) {
  tmpfs_request request;
  snprintf(request.size, sizeof request.size, "%llu", (unsigned long long)byte_limit);
  int direct = open_in_huge_tmpfs(request.size);
  if (direct >= 0) return move_up(direct);
  if (direct != -EPERM && direct != -EACCES) return direct;

  // Without the privilege: a child in a user namespace of its own does it. It shares our memory and
  // our descriptor table and we sleep until it is done, so nothing is copied however large this
  // program is, and the descriptor it opens is ours at once.
  snprintf(request.user_map, sizeof request.user_map, "0 %u 1\n", (unsigned)geteuid());
  snprintf(request.group_map, sizeof request.group_map, "0 %u 1\n", (unsigned)getegid());
  request.result = -EPERM;
  size_t stack_bytes = 64 << 10;
  char *stack = mmap(NULL, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  // No exit signal: a host's SIGCHLD handler must not see a child that is not its own.
  int child = clone(make_in_user_namespace, stack + stack_bytes,
                    CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWUSER | CLONE_NEWNS,
                    &request);
  int error = errno;
  if (child > 0) waitpid(child, NULL, __WALL);
  munmap(stack, stack_bytes);
  if (child < 0) return -error;
  return request.result < 0 ? request.result : move_up(request.result);
}

int32_t echelon_backing_shared_memory(void) {
  // A file without a name cannot be left behind, whatever happens to us; a named one can, in the
  // instant between open and unlink.
  int descriptor = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) return move_up(descriptor);
  static _Atomic(uint32_t) serial;
  for (int attempt = 0; attempt < 16; attempt++) {
    char name[64];
    snprintf(name, sizeof name, "/echelon-%d-%llu-%u", (int)getpid(),
             (unsigned long long)echelon_now_nanoseconds(), atomic_fetch_add(&serial, 1));
    descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor >= 0) {
      shm_unlink(name);
      return move_up(descriptor);
    }
    if (errno != EEXIST) break;
  }
  return -errno;
}

int32_t echelon_backing_memfd(void) {
  return move_up((int)syscall(SYS_memfd_create, "echelon-arena", MFD_CLOEXEC));
}

int echelon_backing_commit(int32_t descriptor, uint64_t offset, uint64_t byte_count) {
  int result;
  do {
    result = fallocate(descriptor, 0, (off_t)offset, (off_t)byte_count);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int echelon_backing_release(int32_t descriptor, uint64_t offset, uint64_t byte_count) {
  int result = fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                         (off_t)byte_count);
  return result == 0 ? 0 : errno;
}

uint64_t echelon_backing_shared_memory_free(void) {
  struct statvfs info;
  if (statvfs("/dev/shm", &info) != 0) return 0;
  return (uint64_t)info.f_bavail * info.f_frsize;
}

void *echelon_backing_map(int32_t descriptor, uint64_t byte_count) {
  // Reserve more than is needed, then map over the aligned part of the reservation.
  char *reserved = mmap(NULL, byte_count + huge_page, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return NULL;
  char *aligned = (char *)(((uintptr_t)reserved + huge_page - 1) & ~(uintptr_t)(huge_page - 1));
  void *mapped = mmap(aligned, byte_count, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_FIXED | MAP_NORESERVE, descriptor, 0);
  if (mapped == MAP_FAILED) {
    int error = errno;
    munmap(reserved, byte_count + huge_page);
    errno = error;
    return NULL;
  }
  if (aligned > reserved) munmap(reserved, (size_t)(aligned - reserved));
  char *end = aligned + byte_count;
  size_t tail = (size_t)(reserved + byte_count + huge_page - end);
  if (tail > 0) munmap(end, tail);
  madvise(mapped, byte_count, MADV_HUGEPAGE);  // helps where the system allows it, harmless elsewhere
  return mapped;
}
