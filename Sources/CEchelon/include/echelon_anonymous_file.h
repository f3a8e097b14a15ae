// Files without a name, on Linux, in memory and on a disk. C, because Swift imports neither `memfd_create`, `dup3` and
// `fstatfs` nor `O_TMPFILE`.
#ifndef ECHELON_ANONYMOUS_FILE_H
#define ECHELON_ANONYMOUS_FILE_H

#include <stdint.h>

/// The descriptor of a file in memory, or -errno.
int32_t echelon_anonymous_file(void);

/// The descriptor of a file on the disk of a folder, or -errno: -ENODEV for a folder that is in memory itself.
int32_t echelon_temporary_file(const char *folder);

/// Gives the file that `descriptor` is open for another number, whose own file is closed: 0 or -errno.
int32_t echelon_descriptor_replace(int32_t descriptor, int32_t number);

#endif
