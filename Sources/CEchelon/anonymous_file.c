#define _GNU_SOURCE  // asprintf, dup3, mkostemp, MFD_CLOEXEC, O_TMPFILE
#include "echelon_anonymous_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int32_t echelon_anonymous_file(void) {
  int descriptor = (int)syscall(SYS_memfd_create, "echelon-file", MFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

/// Where the file system knows no `O_TMPFILE`: a file that loses its name at once.
static int open_unlinked(const char *folder) {
  char *path;
  if (asprintf(&path, "%s/.echelon-XXXXXX", folder) < 0) return -1;
  int descriptor = mkostemp(path, O_CLOEXEC);
  if (descriptor >= 0) unlink(path);
  int error = errno;
  free(path);
  errno = error;
  return descriptor;
}

int32_t echelon_temporary_file(const char *folder) {
  int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) descriptor = open_unlinked(folder);
  if (descriptor < 0) return -errno;
  struct statfs status;
  if (fstatfs(descriptor, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC)) {
    close(descriptor);
    return -ENODEV;
  }
  return descriptor;
}

int32_t echelon_descriptor_replace(int32_t descriptor, int32_t number) {
  return dup3(descriptor, number, O_CLOEXEC) < 0 ? -errno : 0;
}
