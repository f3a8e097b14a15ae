// In C because the library's functions are found at run time, some under names of their versions, and called through types
// that Swift would need its headers for.
#include "hdf5_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

struct echelon_hdf5_functions echelon_hdf5;

// What only writing needs.
static struct {
  hid (*file_create)(const char *, unsigned, hid, hid);
  int (*flush)(hid, int);
  ptrdiff_t (*image)(hid, void *, size_t);
  int (*keep_order)(hid, unsigned);
  int (*make_groups)(hid, unsigned);
  int (*encode)(hid, int);
  int (*keep_times)(hid, int);
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
            FIND(space_create, "H5Screate_simple") && FIND(space_select, "H5Sselect_hyperslab") &&
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
              FIND(keep_times, "H5Pset_obj_track_times") &&
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

int echelon_hdf5_begin(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

void echelon_hdf5_enter(void) {
  pthread_mutex_lock(&lock);
  // Errors are reported by who calls, not on standard error; each thread has a setting of its own.
  h5.silence(0, NULL, NULL);
}

void echelon_hdf5_leave(void) { pthread_mutex_unlock(&lock); }

int echelon_hdf5_is_available(void) { return echelon_hdf5_begin(); }

int64_t echelon_hdf5_create(void) {
  if (!echelon_hdf5_begin() || !can_write) return -ECHELON_HDF5_NO_LIBRARY;
  echelon_hdf5_enter();
  hid settings = h5.list_create(*out.files), access = h5.list_create(*h5.file_access), file = -1;
  // Nothing of that name is made: the file grows by MiB in memory.
  if (settings >= 0 && access >= 0 && out.keep_order(settings, KEEP_ORDER) >= 0 &&
      h5.list_in_memory(access, 1 << 20, 0) >= 0)
    file = out.file_create("echelon", REPLACE, settings, access);
  if (access >= 0) h5.list_close(access);
  if (settings >= 0) h5.list_close(settings);
  echelon_hdf5_leave();
  return file >= 0 ? file : -ECHELON_HDF5_DAMAGED;
}

int echelon_hdf5_add(int64_t file, const char *name, int type, const void *elements, int64_t count) {
  echelon_hdf5_enter();
  uint64_t length = (uint64_t)count;
  hid space = h5.space_create(1, &length, NULL), link = h5.list_create(*out.links),
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
  echelon_hdf5_leave();
  return is_written ? ECHELON_HDF5_OK : ECHELON_HDF5_DAMAGED;
}

int64_t echelon_hdf5_image(int64_t file, void *bytes, int64_t count) {
  echelon_hdf5_enter();
  int64_t size = bytes || out.flush(file, 1) >= 0 ? out.image(file, bytes, (size_t)count) : -1;
  echelon_hdf5_leave();
  return size;
}

void echelon_hdf5_close(int64_t file) {
  echelon_hdf5_enter();
  h5.file_close(file);
  echelon_hdf5_leave();
}
