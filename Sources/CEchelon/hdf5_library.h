// Shared by the two files that speak to the HDF5 library. The interface is written out here, as the headers need not be
// installed: that of 1.10 and later, in which identifiers have 64 bits.
#ifndef ECHELON_HDF5_LIBRARY_H
#define ECHELON_HDF5_LIBRARY_H

#include "echelon_hdf5.h"

#include <stddef.h>

typedef int64_t hid;
typedef int (*visitor)(hid, const char *name, const void *info, void *context);

enum { READ_ONLY = 0, BY_NAME = 0, BY_CREATION = 1, INCREASING = 0, HARD_LINK = 0, CLASS_INTEGER = 0,
       CLASS_FLOAT = 1, REPLACE = 2, KEEP_ORDER = 3, UTF8 = 1, UNSIGNED = 0, SIGNED = 1,
       NO_ELEMENTS = 2, SELECT = 0 };

// What reading needs.
struct echelon_hdf5_functions {
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
  hid (*space_create)(int, const uint64_t *, const uint64_t *);
  int (*space_select)(hid, int, const uint64_t *, const uint64_t *, const uint64_t *, const uint64_t *);
  hid *native_double, *native_signed, *native_unsigned;
  int (*list_close)(hid);
  int (*chunk)(hid, int, uint64_t *);
  int (*filter_count)(hid);
  // Needed for files in memory alone.
  hid (*list_create)(hid);
  int (*list_in_memory)(hid, size_t, int);
  int (*list_image)(hid, void *, size_t);
  hid *file_access;
};

/// Null before the library has been opened.
extern struct echelon_hdf5_functions echelon_hdf5;
// What it is called in the two files.
#define h5 echelon_hdf5

/// Opens the library if that has not been done.
/// - Returns: whether it is there.
int echelon_hdf5_begin(void);

/// The library is not made for several threads: no other one is in it until `echelon_hdf5_leave`.
void echelon_hdf5_enter(void);
void echelon_hdf5_leave(void);

#endif
