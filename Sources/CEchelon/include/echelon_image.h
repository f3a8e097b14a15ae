#ifndef ECHELON_IMAGE_H
#define ECHELON_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/// One mapped segment of a loaded image.
typedef struct {
  uintptr_t low;      ///< first mapped byte
  uintptr_t high;     ///< one past the last mapped byte
  uintptr_t base;     ///< load base of the image: what offsets are counted from
  uint64_t identity;  ///< the same in every process that loaded the same file
  const char *path;   ///< as the loader knows it; the executable's own path is resolved
  uint32_t is_executable;
} echelon_segment;

/// Writes at most `capacity` segments of all loaded images and returns how many there are.
size_t echelon_image_segments(echelon_segment *segments, size_t capacity);

/// Changes whenever a library is loaded or unloaded.
uint64_t echelon_image_generation(void);

/// The symbol that holds `address`, or NULL. The string lives as long as the image.
const char *echelon_symbol_name(uintptr_t address);

/// The demangled form of a Swift symbol, or NULL; to be given to `echelon_free`.
char *echelon_demangle(const char *symbol);
void echelon_free(char *text);

/// Calls a type's metadata access function. Up to three arguments go in registers, more as an
/// array.
uintptr_t echelon_type_access(uintptr_t accessor, const uintptr_t *arguments, size_t count);

/// The metadata of the tuple of `elements`; `labels` is NULL or a space after each label.
uintptr_t echelon_type_tuple(const uintptr_t *elements, size_t count, const char *labels);

/// Unique copies of packs; the result carries the runtime's "on the heap" flag.
uintptr_t echelon_type_pack(const uintptr_t *elements, size_t count);
uintptr_t echelon_witness_pack(const uintptr_t *elements, size_t count);

/// The type that a mangled name (which may hold symbolic references) means, or 0.
uintptr_t echelon_type_by_name(
    uintptr_t name, size_t length, uintptr_t context, uintptr_t arguments);

/// The same, where a generic environment descriptor says which parameters `arguments` binds.
uintptr_t echelon_type_in_environment(
    uintptr_t name, size_t length, uintptr_t environment, uintptr_t arguments);

/// The witness table of `type` for `protocol`, or 0.
uintptr_t echelon_type_conformance(uintptr_t type, uintptr_t protocol);

/// Storage for a closure context; it starts with one reference, which the caller owns.
uintptr_t echelon_context_allocate(uintptr_t metadata, size_t byte_count, size_t alignment);
/// Frees a context that was allocated with the same numbers and of which nothing is initialised.
void echelon_context_discard(uintptr_t context, size_t byte_count, size_t alignment);
void echelon_context_retain(uintptr_t context);
void echelon_context_release(uintptr_t context);

/// The value witness `getEnumTagSinglePayload`: 0 when `value` holds a payload.
unsigned echelon_enum_tag(uintptr_t witness, const void *value, unsigned empty_cases, uintptr_t type);

/// The value witness `initializeWithCopy`.
void echelon_value_copy(uintptr_t witness, void *destination, const void *source, uintptr_t type);
/// The witnesses of enums: which case it is; its payload in place of it; and the reverse.
unsigned echelon_enum_case(uintptr_t witness, const void *value, uintptr_t type);
void echelon_enum_project(uintptr_t witness, void *value, uintptr_t type);
void echelon_enum_inject(uintptr_t witness, void *value, unsigned tag, uintptr_t type);

/// Reads the word at an address that need not be one; 0 when there is nothing to read.
int echelon_peek(uintptr_t address, uintptr_t *word);

#endif
