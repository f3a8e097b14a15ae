// HDF5 files by the system's library, which is opened when it is first needed: a program that meets no HDF5 file needs it
// not.
#ifndef ECHELON_HDF5_H
#define ECHELON_HDF5_H

#include <stdint.h>

/// What a call has found; all but `ECHELON_HDF5_OK` are failures.
enum {
  ECHELON_HDF5_OK = 0,
  ECHELON_HDF5_NO_LIBRARY = 1,
  /// The library cannot open the file: damaged, cut short, or none of its format.
  ECHELON_HDF5_DAMAGED = 2,
  /// There is no process to be had that would read it, or no memory.
  ECHELON_HDF5_NO_PROCESS = 3,
};

/// Of what kind integers of 64 bits are.
enum { ECHELON_HDF5_SIGNED = 1, ECHELON_HDF5_UNSIGNED = 2 };

/// A dataset as it is met.
typedef struct {
  /// The path from the root, without a slash before it.
  const char *name;
  /// How many axes it has; -1 for what is too many to say.
  int rank;
  int64_t rows, columns;
  /// Whether the library can open it: 0 for one that is damaged, or as only newer libraries write it.
  int is_readable;
  /// Whether its values are numbers.
  int is_numeric;
  /// `ECHELON_HDF5_SIGNED` or `ECHELON_HDF5_UNSIGNED` if they are integers of 64 bits, else 0.
  int integers;
} echelon_hdf5_dataset;

/// A file that is read, by a process of its own.
typedef struct echelon_hdf5_reader echelon_hdf5_reader;

/// Opens a file to read it. `echelon_hdf5_finish` lets go of it, on the same thread: with that the process ends.
int echelon_hdf5_open(const char *path, echelon_hdf5_reader **opened);

/// Calls `body` for every dataset of a file, in the order in which they were made if the file has kept it, else by name.
int echelon_hdf5_visit(echelon_hdf5_reader *reader, void *context,
                       void (*body)(void *context, const echelon_hdf5_dataset *dataset));

/// Reads a dataset of `count` numbers, the last axis running fastest: calls `body` with some at a time, of which `first` is the
/// place of the first, so that they never lie together but where they are to be.
/// @param integers 0 for numbers of type `double`, else the kind of integers of 64 bits that the dataset said.
int echelon_hdf5_read(echelon_hdf5_reader *reader, const char *name, int integers, int64_t count, void *context,
                      void (*body)(void *context, const void *numbers, int64_t first, int64_t count));

void echelon_hdf5_finish(echelon_hdf5_reader *reader);

/// Types of elements that are written.
enum {
  ECHELON_HDF5_INT8,
  ECHELON_HDF5_INT16,
  ECHELON_HDF5_INT32,
  ECHELON_HDF5_INT64,
  ECHELON_HDF5_UINT8,
  ECHELON_HDF5_UINT16,
  ECHELON_HDF5_UINT32,
  ECHELON_HDF5_UINT64,
  ECHELON_HDF5_FLOAT32,
  ECHELON_HDF5_FLOAT64,
};

/// Makes a file in memory that keeps the order of its datasets; a failure is negative.
int64_t echelon_hdf5_create(void);

/// Adds a dataset of one axis to a file that was made; the least significant byte of an element comes first.
int echelon_hdf5_add(int64_t file, const char *name, int type, const void *elements, int64_t count);

/// Copies a file that was made, `count` bytes of it; how many it has if `bytes` is NULL. A failure is negative.
int64_t echelon_hdf5_image(int64_t file, void *bytes, int64_t count);

/// Lets go of a file that was made.
void echelon_hdf5_close(int64_t file);

/// Whether the library is there.
int echelon_hdf5_is_available(void);

#endif
