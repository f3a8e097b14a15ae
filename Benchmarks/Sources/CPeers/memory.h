// Memory for the peers' arrays, inside this target only.
#pragma once
#include <stddef.h>

/// `byte_count` bytes, touched, on huge pages where the system gives them on request; NULL if none.
void *peer_allocate(size_t byte_count);
void peer_free(void *memory, size_t byte_count);
