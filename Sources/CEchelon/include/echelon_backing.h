// Where an arena's pages come from. Each function returns a descriptor, or a negative errno.
#ifndef ECHELON_BACKING_H
#define ECHELON_BACKING_H

#include <stddef.h>
#include <stdint.h>

/// An unlinked file in a detached tmpfs with `huge=always`, of at most `byte_limit` bytes. Needs no
/// root, no mount point and no space in /dev/shm.
int32_t echelon_backing_huge_tmpfs(uint64_t byte_limit);

/// An unlinked POSIX shared-memory object.
int32_t echelon_backing_shared_memory(void);

/// An anonymous file outside every file system.
int32_t echelon_backing_memfd(void);

/// Commits the pages of a range of the file; 0 or an errno (ENOSPC, ENOMEM: there are no more).
int echelon_backing_commit(int32_t descriptor, uint64_t offset, uint64_t byte_count);

/// Gives the pages of a range back to the system; their contents read as zero afterwards.
int echelon_backing_release(int32_t descriptor, uint64_t offset, uint64_t byte_count);

/// Bytes free in the file system of /dev/shm, 0 if there is none.
uint64_t echelon_backing_shared_memory_free(void);

/// Maps `byte_count` bytes of the file, aligned to 2 MiB, so that huge pages can be mapped as such;
/// the file may be shorter and grow later. NULL on failure, with errno.
void *echelon_backing_map(int32_t descriptor, uint64_t byte_count);

#endif
