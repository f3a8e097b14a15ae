// A LAPACK whose iterations give up on marked matrices, since nobody knows a matrix with which those of a good one do.
#ifndef ECHELON_REFERENCE_LAPACK_H
#define ECHELON_REFERENCE_LAPACK_H

/// From here on, in this process, routines of double precision that iterate (geev, syevd, gesdd, gesvd, gelsd) say of a
/// matrix whose first element is `mark` that two values were not found; gesdd alone does so for `divided_mark`. All
/// other matrices go to the system's LAPACK, which has been opened.
void reference_lapack_gives_up(double mark, double divided_mark);

#endif
