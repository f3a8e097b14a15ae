// The standard C interface of whichever BLAS the system's alternatives chose.
#include <cblas.h>
