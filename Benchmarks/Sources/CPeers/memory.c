// What a C program does to get memory as good as the arena's: anonymous pages, huge if possible.
#define _GNU_SOURCE
#include "memory.h"
#include "CPeers.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *peer_allocate(size_t byte_count) {
  void *memory =
      mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  madvise(memory, byte_count, MADV_HUGEPAGE);  // a wish: without it the pages are small
  memset(memory, 1, byte_count);
  return memory;
}

void peer_free(void *memory, size_t byte_count) {
  if (memory != NULL) munmap(memory, byte_count);
}

long peer_resident_bytes(void) {
  malloc_trim(0);
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL) return -1;
  long pages = -1;
  if (fscanf(file, "%*d %ld", &pages) != 1) pages = -1;
  fclose(file);
  return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

int peer_warm_machine(long byte_count) {
  void *memory = peer_allocate((size_t)byte_count);
  if (memory == NULL) return -1;
  peer_free(memory, (size_t)byte_count);
  return 0;
}

double peer_first_fill(long byte_count) {
  int descriptor = memfd_create("peer", MFD_CLOEXEC);
  if (descriptor < 0) return NAN;
  double last = NAN;
  if (ftruncate(descriptor, byte_count) == 0) {
    double *memory =
        mmap(NULL, (size_t)byte_count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory != MAP_FAILED) {
      long count = byte_count / (long)sizeof(double);
      for (long i = 0; i < count; i++) memory[i] = 1;
      last = memory[count - 1];
      munmap(memory, (size_t)byte_count);
    }
  }
  close(descriptor);
  return last;
}
