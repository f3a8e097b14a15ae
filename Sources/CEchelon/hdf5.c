// In C because the library's functions are found at run time, some under names of their versions, and called through types
// that Swift would need its headers for.
#include "echelon_hdf5.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// The interface is written out here, as the headers need not be installed: that of 1.10 and later, in which
// identifiers have 64 bits.

typedef int64_t hid;
typedef int (*visitor)(hid, const char *name, const void *info, void *context);

enum { READ_ONLY = 0, BY_NAME = 0, BY_CREATION = 1, INCREASING = 0, HARD_LINK = 0, CLASS_INTEGER = 0,
       CLASS_FLOAT = 1, REPLACE = 2, KEEP_ORDER = 3, UTF8 = 1, UNSIGNED = 0, SIGNED = 1,
       NO_ELEMENTS = 2 };

static struct {
  int (*open)(void);
  int (*version)(unsigned *, unsigned *, unsigned *);
  int (*silence)(hid, void *, void *);
  hid (*file_open)(const char *, unsigned, hid);
  int (*file_close)(hid);
  int (*visit)(hid, int, int, visitor, void *);
  hid (*dataset_open)(hid, const char *, hid);
  hid (*dataset_space)(hid);
  hid (*dataset_type)(hid);
  hid (*dataset_settings)(hid);
  int (*dataset_read)(hid, hid, hid, hid, hid, void *);
  int (*dataset_close)(hid);
  hid (*group_open)(hid, const char *, hid);
  int (*group_close)(hid);
  hid (*type_open)(hid, const char *, hid);
  int (*type_class)(hid);
  size_t (*type_size)(hid);
  int (*type_sign)(hid);
  int (*type_close)(hid);
  int (*space_rank)(hid);
  int (*space_kind)(hid);
  int (*space_lengths)(hid, uint64_t *, uint64_t *);
  int (*space_close)(hid);
  hid *native_double, *native_signed, *native_unsigned;
  int (*list_close)(hid);
  int (*chunk)(hid, int, uint64_t *);
  int (*filter_count)(hid);
  // Needed for files in memory alone.
  hid (*list_create)(hid);
  int (*list_in_memory)(hid, size_t, int);
  int (*list_image)(hid, void *, size_t);
  hid *file_access;
} h5;

// What only writing needs.
static struct {
  hid (*file_create)(const char *, unsigned, hid, hid);
  int (*flush)(hid, int);
  ptrdiff_t (*image)(hid, void *, size_t);
  int (*keep_order)(hid, unsigned);
  int (*make_groups)(hid, unsigned);
  int (*encode)(hid, int);
  int (*keep_times)(hid, int);
  hid (*space_create)(int, const uint64_t *, const uint64_t *);
  hid (*dataset_create)(hid, const char *, hid, hid, hid, hid, hid);
  int (*dataset_write)(hid, hid, hid, hid, hid, const void *);
  hid *files, *datasets, *links;
  hid *types[10];
} out;

static int is_open, can_write;
// The library is not made for several threads.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void open_library(void) {
  static const char *names[] = {"libhdf5.so.310", "libhdf5.so.200", "libhdf5_serial.so.310", "libhdf5.so.103",
                                "libhdf5_serial.so.103", "libhdf5.so", "libhdf5_serial.so"};
  void *library = NULL;
  for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++) {
    library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
  }
  if (!library) return;
#define FIND(member, name) ((h5.member = (__typeof__(h5.member))dlsym(library, name)) != NULL)
  is_open = FIND(open, "H5open") && FIND(version, "H5get_libversion") && FIND(silence, "H5Eset_auto2") &&
            FIND(file_open, "H5Fopen") && FIND(file_close, "H5Fclose") &&
            (FIND(visit, "H5Lvisit") || FIND(visit, "H5Lvisit1")) && FIND(dataset_open, "H5Dopen2") &&
            FIND(dataset_space, "H5Dget_space") &&
            FIND(dataset_type, "H5Dget_type") && FIND(dataset_settings, "H5Dget_create_plist") &&
            FIND(chunk, "H5Pget_chunk") && FIND(filter_count, "H5Pget_nfilters") &&
            FIND(list_close, "H5Pclose") && FIND(dataset_read, "H5Dread") && FIND(dataset_close, "H5Dclose") &&
            FIND(group_open, "H5Gopen2") && FIND(group_close, "H5Gclose") && FIND(type_open, "H5Topen2") &&
            FIND(type_class, "H5Tget_class") && FIND(type_size, "H5Tget_size") &&
            FIND(type_sign, "H5Tget_sign") && FIND(type_close, "H5Tclose") &&
            FIND(space_rank, "H5Sget_simple_extent_ndims") && FIND(space_kind, "H5Sget_simple_extent_type") &&
            FIND(space_lengths, "H5Sget_simple_extent_dims") && FIND(space_close, "H5Sclose") &&
            FIND(native_double, "H5T_NATIVE_DOUBLE_g") && FIND(native_signed, "H5T_NATIVE_INT64_g") &&
            FIND(native_unsigned, "H5T_NATIVE_UINT64_g");
  int has_memory = FIND(list_create, "H5Pcreate") && FIND(list_in_memory, "H5Pset_fapl_core") &&
                   FIND(list_image, "H5Pset_file_image") &&
                   FIND(file_access, "H5P_CLS_FILE_ACCESS_ID_g");
#undef FIND
#define FIND(member, name) ((out.member = (__typeof__(out.member))dlsym(library, name)) != NULL)
  can_write = has_memory && FIND(file_create, "H5Fcreate") && FIND(flush, "H5Fflush") &&
              FIND(image, "H5Fget_file_image") && FIND(keep_order, "H5Pset_link_creation_order") &&
              FIND(make_groups, "H5Pset_create_intermediate_group") && FIND(encode, "H5Pset_char_encoding") &&
              FIND(keep_times, "H5Pset_obj_track_times") && FIND(space_create, "H5Screate_simple") &&
              FIND(dataset_create, "H5Dcreate2") && FIND(dataset_write, "H5Dwrite") &&
              FIND(files, "H5P_CLS_FILE_CREATE_ID_g") && FIND(datasets, "H5P_CLS_DATASET_CREATE_ID_g") &&
              FIND(links, "H5P_CLS_LINK_CREATE_ID_g");
  // In the order of ECHELON_HDF5_INT8 and those behind it.
  static const char *types[] = {"H5T_STD_I8LE_g",  "H5T_STD_I16LE_g", "H5T_STD_I32LE_g",  "H5T_STD_I64LE_g",
                                "H5T_STD_U8LE_g",  "H5T_STD_U16LE_g", "H5T_STD_U32LE_g",  "H5T_STD_U64LE_g",
                                "H5T_IEEE_F32LE_g", "H5T_IEEE_F64LE_g"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) can_write = can_write && FIND(types[i], types[i]);
#undef FIND
  unsigned major = 0, minor = 0, release = 0;
  // Files on read-only and network file systems cannot be locked; a reader here sees files that nobody writes.
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  is_open = is_open && h5.open() >= 0 && h5.version(&major, &minor, &release) >= 0 &&
            (major > 1 || minor >= 10);
}

static int begin(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

static void enter(void) {
  pthread_mutex_lock(&lock);
  // Errors are reported by who calls, not on standard error; each thread has a setting of its own.
  h5.silence(0, NULL, NULL);
}

/// The file as a copy of its bytes in memory, which the library makes.
static hid open_image(const char *path) {
  if (!h5.file_access) return -1;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
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
  if (descriptor >= 0) close(descriptor);
  return file;
}

/// Standard input and what was compressed lie in files without names, by which the library would look for them.
static hid open_file(const char *path) {
  return strncmp(path, "/proc/", 6) == 0 ? open_image(path) : h5.file_open(path, READ_ONLY, 0);
}

int echelon_hdf5_is_available(void) { return begin(); }

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

int echelon_hdf5_visit(int64_t file, void *context,
                       void (*body)(void *context, const echelon_hdf5_dataset *dataset)) {
  enter();
  int is_whole = visit_datasets(file, context, body);
  pthread_mutex_unlock(&lock);
  return is_whole ? ECHELON_HDF5_OK : ECHELON_HDF5_DAMAGED;
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

static int read_elements(hid element, int64_t file, const char *name, void *values, int64_t count) {
  int result = ECHELON_HDF5_DAMAGED;
  hid dataset = h5.dataset_open(file, name, 0);
  hid space = dataset < 0 ? -1 : h5.dataset_space(dataset);
  if (space >= 0) {
    // The file may have changed since it was visited.
    uint64_t lengths[2] = {1, 1}, product = 0;
    int rank = rank_of(space);
    if (rank >= 0 && rank <= 2 && (rank == 0 || h5.space_lengths(space, lengths, NULL) >= 0) &&
        !__builtin_mul_overflow(lengths[0], lengths[1], &product) && product == (uint64_t)count &&
        chunks_fit(dataset, space, rank) && (count == 0 || h5.dataset_read(dataset, element, 0, 0, 0, values) >= 0)) {
      result = ECHELON_HDF5_OK;
    }
    h5.space_close(space);
  }
  if (dataset >= 0) h5.dataset_close(dataset);
  return result;
}

static int read_as(hid element, int64_t file, const char *name, void *values, int64_t count) {
  enter();
  int result = read_elements(element, file, name, values, count);
  pthread_mutex_unlock(&lock);
  return result;
}

static hid integers_of(int kind) { return kind == ECHELON_HDF5_SIGNED ? *h5.native_signed : *h5.native_unsigned; }

int echelon_hdf5_read(int64_t file, const char *name, double *values, int64_t count) {
  return read_as(*h5.native_double, file, name, values, count);
}

int echelon_hdf5_read_integers(int64_t file, const char *name, int kind, uint64_t *values, int64_t count) {
  return read_as(integers_of(kind), file, name, values, count);
}

typedef struct {
  hid file;
  const char *group;
  uint64_t limit;
} trial;

/// Reads a dataset to its end, if it is the one or one of the group that is meant and all of them together are within the
/// limit, and forgets it.
static void try_dataset(void *context, const echelon_hdf5_dataset *dataset) {
  trial *trial = context;
  uint64_t count;
  size_t length = strlen(trial->group);
  if (length && (strncmp(dataset->name, trial->group, length) != 0 ||
                 (dataset->name[length] != 0 && dataset->name[length] != '/')))
    return;
  if (!dataset->is_numeric || dataset->rank < 0 || dataset->rank > 2 ||
      __builtin_mul_overflow((uint64_t)dataset->rows, (uint64_t)dataset->columns, &count) || count > trial->limit)
    return;
  trial->limit -= count;
  void *values = calloc(count, sizeof(double));
  if (!values) return;
  read_elements(*h5.native_double, trial->file, dataset->name, values, (int64_t)count);
  if (dataset->integers)
    read_elements(integers_of(dataset->integers), trial->file, dataset->name, values, (int64_t)count);
  free(values);
}

/// What the child does to itself, so that its end is its own: a fault ends it without a word and a core, what somebody
/// sends to the program does not, and nobody waits for what it has open, or for it.
static void become_trial(unsigned seconds) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU, SIGALRM};
  for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) signal(faults[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
  alarm(10 * seconds);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  syscall(SYS_close_range, 3, ~0U, 0);
  // Whoever runs out of memory over a damaged file, it is this process that goes.
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    ssize_t written = write(score, "1000", 4);
    (void)written;
    close(score);
  }
#endif
}

/// Whether the library gets through a file. It follows what a damaged one says, some of it out of its memory or round and
/// round, so that a child does all that is to be done before it is done here.
static int survives(const char *path, const char *group, int64_t limit) {
  struct stat status = {0};
  // What is read here in a second or two; more for what is large.
  unsigned seconds = 60 + (stat(path, &status) == 0 ? (unsigned)(status.st_size >> 22) : 0);
  // Not the child's status: the program may have all children waited for, or none.
  volatile char *is_done = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (is_done == MAP_FAILED) return 1;
  pid_t child = fork();
  if (child == 0) {
    become_trial(seconds);
    trial trial = {.file = open_file(path), .group = group, .limit = (uint64_t)limit};
    if (trial.file >= 0) visit_datasets(trial.file, &trial, try_dataset);
    *is_done = 1;
    _exit(0);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
  // No process to be had: what is not damaged can be read all the same.
  int result = child < 0 || *is_done;
  munmap((void *)is_done, 1);
  return result;
}

int64_t echelon_hdf5_open(const char *path, const char *group, int64_t limit) {
  if (!begin()) return -ECHELON_HDF5_NO_LIBRARY;
  enter();
  hid file = survives(path, group, limit) ? open_file(path) : -1;
  pthread_mutex_unlock(&lock);
  return file >= 0 ? file : -ECHELON_HDF5_DAMAGED;
}

int64_t echelon_hdf5_create(void) {
  if (!begin() || !can_write) return -ECHELON_HDF5_NO_LIBRARY;
  enter();
  hid settings = h5.list_create(*out.files), access = h5.list_create(*h5.file_access), file = -1;
  // Nothing of that name is made: the file grows by MiB in memory.
  if (settings >= 0 && access >= 0 && out.keep_order(settings, KEEP_ORDER) >= 0 &&
      h5.list_in_memory(access, 1 << 20, 0) >= 0)
    file = out.file_create("echelon", REPLACE, settings, access);
  if (access >= 0) h5.list_close(access);
  if (settings >= 0) h5.list_close(settings);
  pthread_mutex_unlock(&lock);
  return file >= 0 ? file : -ECHELON_HDF5_DAMAGED;
}

int echelon_hdf5_add(int64_t file, const char *name, int type, const void *elements, int64_t count) {
  enter();
  uint64_t length = (uint64_t)count;
  hid space = out.space_create(1, &length, NULL), link = h5.list_create(*out.links),
      settings = h5.list_create(*out.datasets), dataset = -1, element = *out.types[type];
  int is_written = 0;
  if (space >= 0 && link >= 0 && settings >= 0) {
    out.make_groups(link, 1);
    out.encode(link, UTF8);
    // The same numbers are the same bytes at any time.
    out.keep_times(settings, 0);
    dataset = out.dataset_create(file, name, element, space, link, settings, 0);
    // The elements lie as they will in the file, least significant byte first.
    is_written = dataset >= 0 && (count == 0 || out.dataset_write(dataset, element, 0, 0, 0, elements) >= 0);
  }
  if (dataset >= 0) is_written &= h5.dataset_close(dataset) >= 0;
  if (settings >= 0) h5.list_close(settings);
  if (link >= 0) h5.list_close(link);
  if (space >= 0) h5.space_close(space);
  pthread_mutex_unlock(&lock);
  return is_written ? ECHELON_HDF5_OK : ECHELON_HDF5_DAMAGED;
}

int64_t echelon_hdf5_image(int64_t file, void *bytes, int64_t count) {
  enter();
  int64_t size = bytes || out.flush(file, 1) >= 0 ? out.image(file, bytes, (size_t)count) : -1;
  pthread_mutex_unlock(&lock);
  return size;
}

void echelon_hdf5_close(int64_t file) {
  enter();
  h5.file_close(file);
  pthread_mutex_unlock(&lock);
}
