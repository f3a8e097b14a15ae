// Why C: `dl_iterate_phdr` and `dladdr` are hidden from Swift behind _GNU_SOURCE, ELF notes are
// pointer walks over someone else's layout, and the Swift runtime's own entry points use the Swift
// calling convention on raw words, which Swift itself cannot spell.
//
// Declarations follow swift/include/swift/Runtime/{Metadata,Casting,HeapObject}.h (Swift 5 ABI and
// up).

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "echelon_image.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// MARK: Images

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  for (; count > 0; count--) hash = (hash ^ *next++) * 0x100000001B3u;
  return hash;
}

/// The GNU build-id of an image; NULL when the linker wrote none.
static const unsigned char *build_id(const struct dl_phdr_info *info, size_t *count) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_NOTE) continue;
    size_t align = segment->p_align == 8 ? 8 : 4;
    const char *next = (const char *)(info->dlpi_addr + segment->p_vaddr);
    const char *end = next + segment->p_memsz;
    while ((size_t)(end - next) >= sizeof(ElfW(Nhdr))) {
      const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)next;
      const char *name = next + sizeof *note;
      size_t name_size = (note->n_namesz + 3u) & ~(size_t)3;
      size_t description_offset = (sizeof *note + name_size + align - 1) & ~(align - 1);
      size_t size = (description_offset + note->n_descsz + align - 1) & ~(align - 1);
      if (size > (size_t)(end - next)) break;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
        *count = note->n_descsz;
        return (const unsigned char *)next + description_offset;
      }
      next += size;
    }
  }
  return NULL;
}

static uint64_t identity(const struct dl_phdr_info *info, const char *path) {
  size_t count = 0;
  const unsigned char *id = build_id(info, &count);
  if (id) return hash_bytes(0x45434845u, id, count);
  // Without a build-id: the file's name, its program headers, and the table of all its functions'
  // addresses (.eh_frame_hdr), which moves whenever code is added, removed or grows.
  const char *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  uint64_t hash = hash_bytes(0x4C4F4Eu, name, strlen(name));
  hash = hash_bytes(hash, info->dlpi_phdr, info->dlpi_phnum * sizeof *info->dlpi_phdr);
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type == PT_GNU_EH_FRAME)
      hash = hash_bytes(hash, (const void *)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz);
  }
  return hash;
}

static char executable_path[4096] = "the executable";

static void find_executable(void) {
  ssize_t count = readlink("/proc/self/exe", executable_path, sizeof executable_path - 1);
  if (count > 0) executable_path[count] = 0;
}

typedef struct {
  echelon_segment *segments;
  size_t capacity, count;
} segment_list;

static int add_image(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  segment_list *list = context;
  const char *path = info->dlpi_name && *info->dlpi_name ? info->dlpi_name : executable_path;
  uint64_t id = identity(info, path);
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_R)) continue;
    if (list->count < list->capacity) {
      uintptr_t low = info->dlpi_addr + segment->p_vaddr;
      list->segments[list->count] = (echelon_segment){
        // What the file holds, and not the zeros after it: the runtime makes conformances there, and
        // what lies in them is another process's own.
        .low = low, .high = low + segment->p_filesz, .base = info->dlpi_addr,
        .identity = id, .path = path, .is_executable = (segment->p_flags & PF_X) != 0,
      };
    }
    list->count++;
  }
  return 0;
}

size_t echelon_image_segments(echelon_segment *segments, size_t capacity) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_executable);
  segment_list list = {segments, capacity, 0};
  dl_iterate_phdr(add_image, &list);
  return list.count;
}

static int read_generation(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  *(uint64_t *)context = info->dlpi_adds + info->dlpi_subs;
  return 1;  // the counters are the same for every image
}

uint64_t echelon_image_generation(void) {
  uint64_t generation = 0;
  dl_iterate_phdr(read_generation, &generation);
  return generation;
}

typedef struct {
  uintptr_t address, base;
  const char *path;
} image_of_address;

static int find_image(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  image_of_address *image = context;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD) continue;
    if (image->address - info->dlpi_addr - segment->p_vaddr >= segment->p_filesz) continue;
    image->base = info->dlpi_addr;
    image->path = info->dlpi_name && *info->dlpi_name ? info->dlpi_name : "/proc/self/exe";
    return 1;
  }
  return 0;
}

/// Whether `count` things of `size` bytes lie in the file from `offset` on.
static int lies_in(size_t file, uint64_t offset, uint64_t count, uint64_t size) {
  return offset <= file && (size == 0 || count <= (file - offset) / size);
}

/// Copies the name of the function at `address` in an image, by the table of all its symbols.
static int find_symbol(const char *file, size_t bytes, uintptr_t address, char *name, size_t room) {
  const ElfW(Ehdr) *header = (const void *)file;
  if (bytes < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return 0;
  if (!lies_in(bytes, header->e_shoff, header->e_shnum, sizeof(ElfW(Shdr)))) return 0;
  const ElfW(Shdr) *sections = (const void *)(file + header->e_shoff);
  for (int i = 0; i < header->e_shnum; i++) {
    const ElfW(Shdr) *table = &sections[i];
    if (table->sh_type != SHT_SYMTAB || table->sh_link >= header->e_shnum) continue;
    const ElfW(Shdr) *names = &sections[table->sh_link];
    if (!lies_in(bytes, table->sh_offset, table->sh_size, 1)) continue;
    if (!lies_in(bytes, names->sh_offset, names->sh_size, 1)) continue;
    const ElfW(Sym) *symbols = (const void *)(file + table->sh_offset);
    for (size_t j = 0; j < table->sh_size / sizeof *symbols; j++) {
      const ElfW(Sym) *symbol = &symbols[j];
      if ((symbol->st_info & 15) != STT_FUNC || address - symbol->st_value >= symbol->st_size) continue;
      if (symbol->st_name >= names->sh_size) continue;
      const char *found = file + names->sh_offset + symbol->st_name;
      size_t length = strnlen(found, names->sh_size - symbol->st_name);
      if (length == 0 || length >= room) continue;
      memcpy(name, found, length);
      name[length] = 0;
      return 1;
    }
  }
  return 0;
}

const char *echelon_symbol_name(uintptr_t address) {
  Dl_info info;
  if (dladdr((void *)address, &info) && info.dli_sname) return info.dli_sname;
  // What an executable does not export, the loader does not know; its file does, unless it was stripped.
  static _Thread_local char name[4096];
  image_of_address image = {.address = address};
  if (!dl_iterate_phdr(find_image, &image)) return NULL;
  int descriptor = open(image.path, O_RDONLY | O_CLOEXEC), found = 0;
  struct stat status;
  if (descriptor < 0) return NULL;
  if (fstat(descriptor, &status) == 0 && status.st_size > 0) {
    size_t bytes = (size_t)status.st_size;
    void *file = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (file != MAP_FAILED) {
      found = find_symbol(file, bytes, address - image.base, name, sizeof name);
      munmap(file, bytes);
    }
  }
  close(descriptor);
  return found ? name : NULL;
}

// MARK: The Swift runtime

#define SWIFTCALL __attribute__((swiftcall))

typedef struct {
  uintptr_t metadata;
  uintptr_t state;
} metadata_response;

char *swift_demangle(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags);
SWIFTCALL metadata_response swift_getTupleTypeMetadata(
    uintptr_t request, uintptr_t flags, const uintptr_t *elements, const char *labels,
    const void *witnesses);
SWIFTCALL uintptr_t swift_allocateMetadataPack(const uintptr_t *elements, size_t count);
SWIFTCALL uintptr_t swift_allocateWitnessTablePack(const uintptr_t *elements, size_t count);
SWIFTCALL uintptr_t swift_getTypeByMangledNameInContext(
    uintptr_t name, size_t length, uintptr_t context, uintptr_t arguments);
SWIFTCALL uintptr_t swift_getTypeByMangledNameInEnvironment(
    uintptr_t name, size_t length, uintptr_t environment, uintptr_t arguments);
uintptr_t swift_conformsToProtocol(uintptr_t type, uintptr_t protocol);
uintptr_t swift_allocObject(uintptr_t metadata, size_t size, size_t align_mask);
uintptr_t swift_retain(uintptr_t object);
void swift_release(uintptr_t object);
void swift_deallocUninitializedObject(uintptr_t object, size_t size, size_t align_mask);

char *echelon_demangle(const char *symbol) {
  return swift_demangle(symbol, strlen(symbol), NULL, NULL, 0);
}

void echelon_free(char *text) { free(text); }

typedef SWIFTCALL metadata_response (*access_0)(uintptr_t);
typedef SWIFTCALL metadata_response (*access_1)(uintptr_t, uintptr_t);
typedef SWIFTCALL metadata_response (*access_2)(uintptr_t, uintptr_t, uintptr_t);
typedef SWIFTCALL metadata_response (*access_3)(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
typedef SWIFTCALL metadata_response (*access_n)(uintptr_t, const uintptr_t *);

uintptr_t echelon_type_access(uintptr_t accessor, const uintptr_t *a, size_t count) {
  const uintptr_t complete = 0;  // MetadataRequest: block until the type is complete
  switch (count) {
    case 0: return ((access_0)accessor)(complete).metadata;
    case 1: return ((access_1)accessor)(complete, a[0]).metadata;
    case 2: return ((access_2)accessor)(complete, a[0], a[1]).metadata;
    case 3: return ((access_3)accessor)(complete, a[0], a[1], a[2]).metadata;
    default: return ((access_n)accessor)(complete, a).metadata;
  }
}

uintptr_t echelon_type_tuple(const uintptr_t *elements, size_t count, const char *labels) {
  const uintptr_t non_constant_labels = 0x10000;  // TupleTypeFlags: the runtime copies them
  uintptr_t flags = count | (labels ? non_constant_labels : 0);
  return swift_getTupleTypeMetadata(0, flags, elements, labels, NULL).metadata;
}

uintptr_t echelon_type_pack(const uintptr_t *elements, size_t count) {
  return swift_allocateMetadataPack(elements, count);
}

uintptr_t echelon_witness_pack(const uintptr_t *elements, size_t count) {
  return swift_allocateWitnessTablePack(elements, count);
}

uintptr_t echelon_type_by_name(
    uintptr_t name, size_t length, uintptr_t context, uintptr_t arguments) {
  return swift_getTypeByMangledNameInContext(name, length, context, arguments);
}

uintptr_t echelon_type_in_environment(
    uintptr_t name, size_t length, uintptr_t environment, uintptr_t arguments) {
  return swift_getTypeByMangledNameInEnvironment(name, length, environment, arguments);
}

uintptr_t echelon_type_conformance(uintptr_t type, uintptr_t protocol) {
  return swift_conformsToProtocol(type, protocol);
}

uintptr_t echelon_context_allocate(uintptr_t metadata, size_t byte_count, size_t alignment) {
  return swift_allocObject(metadata, byte_count, alignment - 1);
}

void echelon_context_discard(uintptr_t context, size_t byte_count, size_t alignment) {
  swift_deallocUninitializedObject(context, byte_count, alignment - 1);
}

void echelon_context_retain(uintptr_t context) { swift_retain(context); }
void echelon_context_release(uintptr_t context) { swift_release(context); }

unsigned echelon_enum_tag(
    uintptr_t witness, const void *value, unsigned empty_cases, uintptr_t type) {
  return ((unsigned (*)(const void *, unsigned, uintptr_t))witness)(value, empty_cases, type);
}

void echelon_value_copy(uintptr_t witness, void *destination, const void *source, uintptr_t type) {
  ((void *(*)(void *, const void *, uintptr_t))witness)(destination, source, type);
}

unsigned echelon_enum_case(uintptr_t witness, const void *value, uintptr_t type) {
  return ((unsigned (*)(const void *, uintptr_t))witness)(value, type);
}

void echelon_enum_project(uintptr_t witness, void *value, uintptr_t type) {
  ((void (*)(void *, uintptr_t))witness)(value, type);
}

void echelon_enum_inject(uintptr_t witness, void *value, unsigned tag, uintptr_t type) {
  ((void (*)(void *, unsigned, uintptr_t))witness)(value, tag, type);
}

int echelon_peek(uintptr_t address, uintptr_t *word) {
  struct iovec here = {word, sizeof *word}, there = {(void *)address, sizeof *word};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)sizeof *word;
}
