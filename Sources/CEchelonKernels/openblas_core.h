// What blas.c asks of openblas_core.c.
#ifndef ECHELON_OPENBLAS_CORE_H
#define ECHELON_OPENBLAS_CORE_H

/// Loads a BLAS whose functions nobody finds by name yet. If it is an OpenBLAS that does not know the
/// processor, it is closed and loaded again, told which kernels to use. It stays loaded for the caller
/// to open; nothing happens when there is no such file.
///
/// For one thread at a time, and before anything else opens a library of OpenBLAS's, which would keep it loaded.
void ek_load_blas(const char *file);

#endif
