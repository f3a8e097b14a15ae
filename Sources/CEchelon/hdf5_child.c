// In C because a child process calls a library that was found at run time, between fork and its end, where Swift must not
// run.
#include "hdf5_protocol.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/// The file as a copy of its bytes in memory, which the library makes.
static hid open_image(int descriptor) {
  if (!h5.file_access) return -1;
  struct stat status;
  hid file = -1;
  if (descriptor >= 0 && fstat(descriptor, &status) == 0 && status.st_size > 0) {
    size_t count = (size_t)status.st_size;
    void *bytes = mmap(NULL, count, PROT_READ, MAP_PRIVATE, descriptor, 0);
    hid list = bytes == MAP_FAILED ? -1 : h5.list_create(*h5.file_access);
    if (list >= 0 && h5.list_in_memory(list, 1 << 20, 0) >= 0 && h5.list_image(list, bytes, count) >= 0) {
      file = h5.file_open("image", READ_ONLY, list);
    }
    if (list >= 0) h5.list_close(list);
    if (bytes != MAP_FAILED) munmap(bytes, count);
  }
  return file;
}

typedef struct {
  void *context;
  void (*body)(void *, const echelon_hdf5_dataset *);
} visit_call;

/// How many axes a dataset has; -1 for one without a shape and elements, of which the library says that it has no axis, as of
/// one with a single element.
static int rank_of(hid space) { return h5.space_kind(space) == NO_ELEMENTS ? -1 : h5.space_rank(space); }

/// Whether what cannot be opened as a dataset is none: a group, a type, or a link to nothing.
static int is_no_dataset(hid root, const char *name, const void *info) {
  // The type of the link comes first in every version of what the library tells of it.
  if (*(const int *)info != HARD_LINK) return 1;
  hid group = h5.group_open(root, name, 0);
  if (group >= 0) return h5.group_close(group), 1;
  hid type = h5.type_open(root, name, 0);
  return type >= 0 ? h5.type_close(type), 1 : 0;
}

static int visit_link(hid root, const char *name, const void *info, void *context) {
  const visit_call *call = context;
  hid dataset = h5.dataset_open(root, name, 0);
  if (dataset < 0) {
    echelon_hdf5_dataset unreadable = {.name = name, .rank = -1, .rows = 1, .columns = 1};
    if (!is_no_dataset(root, name, info)) call->body(call->context, &unreadable);
    return 0;
  }
  hid space = h5.dataset_space(dataset), type = h5.dataset_type(dataset);
  echelon_hdf5_dataset found = {.name = name, .rank = -1, .rows = 1, .columns = 1, .is_readable = 1};
  if (space >= 0 && type >= 0) {
    int class = h5.type_class(type);
    found.is_numeric = class == CLASS_INTEGER || class == CLASS_FLOAT;
    if (class == CLASS_INTEGER && h5.type_size(type) == 8) {
      int sign = h5.type_sign(type);
      found.integers = sign == UNSIGNED ? ECHELON_HDF5_UNSIGNED : sign == SIGNED ? ECHELON_HDF5_SIGNED : 0;
    }
    found.rank = rank_of(space);
    if (found.rank >= 1 && found.rank <= 2) {
      uint64_t lengths[2] = {1, 1};
      h5.space_lengths(space, lengths, NULL);
      found.rows = lengths[0] < INT64_MAX ? (int64_t)lengths[0] : INT64_MAX;
      if (found.rank == 2) found.columns = lengths[1] < INT64_MAX ? (int64_t)lengths[1] : INT64_MAX;
    }
  }
  if (space >= 0) h5.space_close(space);
  if (type >= 0) h5.type_close(type);
  h5.dataset_close(dataset);
  call->body(call->context, &found);
  return 0;
}

static int ignore_link(hid root, const char *name, const void *info, void *context) {
  (void)root, (void)name, (void)info, (void)context;
  return 0;
}

static int visit_datasets(hid file, void *context, void (*body)(void *, const echelon_hdf5_dataset *)) {
  visit_call call = {.context = context, .body = body};
  int order = h5.visit(file, BY_CREATION, INCREASING, ignore_link, NULL) >= 0 ? BY_CREATION : BY_NAME;
  return h5.visit(file, order, INCREASING, visit_link, &call) >= 0;
}

/// Whether the chunks of a dataset are no larger than it can ever become. What is larger and packed is damaged: once
/// unpacked it ends before the library does, which takes elements from beyond (version 1.10.8).
static int chunks_fit(hid dataset, hid space, int rank) {
  uint64_t lengths[2], limits[2], chunk[2];
  hid settings = h5.dataset_settings(dataset);
  int fit = settings >= 0;
  if (fit && rank > 0 && h5.filter_count(settings) > 0 && h5.chunk(settings, rank, chunk) == rank) {
    fit = h5.space_lengths(space, lengths, limits) == rank;
    for (int i = 0; fit && i < rank; i++) fit = chunk[i] <= limits[i];
  }
  if (settings >= 0) h5.list_close(settings);
  return fit;
}

enum { BLOCK_BYTES = 64 << 20 };

/// How many rows are read at a time: whole chunks, each of which is unpacked once.
static uint64_t rows_of_block(hid dataset, int rank, const uint64_t *lengths) {
  if (rank == 0 || lengths[0] == 0) return 1;
  uint64_t rows = BLOCK_BYTES / sizeof(double) / (lengths[1] ? lengths[1] : 1), chunk[2] = {1, 1};
  hid settings = h5.dataset_settings(dataset);
  if (settings >= 0) {
    if (h5.chunk(settings, rank, chunk) == rank && chunk[0] > 0) rows = rows < chunk[0] ? chunk[0] : rows - rows % chunk[0];
    h5.list_close(settings);
  }
  return rows < 1 ? 1 : rows > lengths[0] ? lengths[0] : rows;
}

/// Reads some rows of a dataset; all of one that has no axis.
static int read_rows(hid dataset, hid space, hid element, int rank, uint64_t first, uint64_t rows, uint64_t columns,
                     void *values) {
  if (rank == 0) return h5.dataset_read(dataset, element, 0, 0, 0, values) >= 0;
  uint64_t start[2] = {first, 0}, extent[2] = {rows, columns};
  hid memory = h5.space_create(rank, extent, NULL);
  int is_read = memory >= 0 && h5.space_select(space, SELECT, start, NULL, extent, NULL) >= 0 &&
                h5.dataset_read(dataset, element, memory, space, 0, values) >= 0;
  if (memory >= 0) h5.space_close(memory);
  return is_read;
}

/// Answers with the numbers of a dataset, block by block; each comes behind its length in bytes, which is above 0, and behind
/// the last one stands a result: 0, or a negative number.
/// - Returns: whether there is somebody who reads it.
static int answer_read(int socket, hid element, hid file, const char *name, int64_t count) {
  int64_t result = -ECHELON_HDF5_DAMAGED;
  int is_heard = 1;
  hid dataset = h5.dataset_open(file, name, 0);
  hid space = dataset < 0 ? -1 : h5.dataset_space(dataset);
  if (space >= 0) {
    // The file may have changed since it was visited.
    uint64_t lengths[2] = {1, 1}, product = 0;
    int rank = rank_of(space);
    if (rank >= 0 && rank <= 2 && (rank == 0 || h5.space_lengths(space, lengths, NULL) >= 0) &&
        !__builtin_mul_overflow(lengths[0], lengths[1], &product) && product == (uint64_t)count &&
        chunks_fit(dataset, space, rank)) {
      uint64_t block = rows_of_block(dataset, rank, lengths), rows = count == 0 ? 0 : lengths[0], row = 0;
      size_t row_bytes = sizeof(double) * lengths[1];
      void *values = calloc(block, row_bytes ? row_bytes : 1);
      while (values && row < rows && is_heard) {
        uint64_t length = rows - row < block ? rows - row : block;
        if (!read_rows(dataset, space, element, rank, row, length, lengths[1], values)) break;
        int64_t byte_count = (int64_t)(length * row_bytes);
        is_heard = send_all(socket, &byte_count, sizeof byte_count) && send_all(socket, values, (size_t)byte_count);
        row += length;
      }
      if (values && row == rows) result = ECHELON_HDF5_OK;
      free(values);
    }
    h5.space_close(space);
  }
  if (dataset >= 0) h5.dataset_close(dataset);
  return is_heard && send_all(socket, &result, sizeof result);
}

static void send_visited(void *context, const echelon_hdf5_dataset *dataset) {
  visited found = {.name_length = (uint32_t)strlen(dataset->name), .rank = dataset->rank, .rows = dataset->rows,
                   .columns = dataset->columns, .is_readable = dataset->is_readable != 0,
                   .is_numeric = dataset->is_numeric != 0, .integers = (uint8_t)dataset->integers};
  if (send_all(*(int *)context, &found, sizeof found)) send_all(*(int *)context, dataset->name, found.name_length);
}

/// What the child does to itself, so that its end is its own: a fault ends it without a word and a core, what somebody
/// sends to the program does not, and nobody waits for what it has open, or for it.
static void become_reader(unsigned seconds) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU};
  for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) signal(faults[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Whoever runs out of memory over a damaged file, it is this process that goes.
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    ssize_t written = write(score, "1000", 4);
    (void)written;
    close(score);
  }
#endif
}

/// Closes what the child has of the program, so that nobody waits for it.
/// - Parameter more: -1 for none.
static void close_others(int socket, int more) {
#ifdef __linux__
  unsigned low = (unsigned)(more < 0 || socket < more ? socket : more), high = (unsigned)(more > socket ? more : socket);
  if (low > 3) syscall(SYS_close_range, 3, low - 1, 0);
  if (high > low + 1) syscall(SYS_close_range, low + 1, high - 1, 0);
  syscall(SYS_close_range, high + 1, ~0U, 0);
#else
  (void)socket, (void)more;
#endif
}

_Noreturn void echelon_hdf5_serve(int socket, const char *path, unsigned seconds) {
  become_reader(seconds);
  // Standard input and what was compressed lie in files without names, by which the library would look for them.
  int image = strncmp(path, "/proc/", 6) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  close_others(socket, image);
  hid file = image >= 0 ? open_image(image) : h5.file_open(path, READ_ONLY, 0);
  int32_t result = file >= 0 ? ECHELON_HDF5_OK : ECHELON_HDF5_DAMAGED;
  int is_heard = send_all(socket, &result, sizeof result) && file >= 0;
  request request;
  while (is_heard && receive_all(socket, &request, sizeof request)) {
    char *name = calloc(1, (size_t)request.name_length + 1);
    if (!name || !receive_all(socket, name, request.name_length)) break;
    if (request.kind == VISIT) {
      int is_whole = visit_datasets(file, &socket, send_visited);
      visited end = {.name_length = END, .rank = is_whole ? ECHELON_HDF5_OK : ECHELON_HDF5_DAMAGED};
      is_heard = send_all(socket, &end, sizeof end);
    } else {
      hid element = request.integers == ECHELON_HDF5_SIGNED     ? *h5.native_signed
                    : request.integers == ECHELON_HDF5_UNSIGNED ? *h5.native_unsigned
                                                                : *h5.native_double;
      is_heard = answer_read(socket, element, file, name, request.count);
    }
    free(name);
  }
  _exit(0);
}
