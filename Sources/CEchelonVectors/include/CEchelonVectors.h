// Arithmetic of vectors of eight doubles, in one operation each. C, because Swift's operators of SIMD vectors of floating
// point numbers are loops over the lanes: 244 instructions of its intermediate language for u·u + v·v < 1, which is too
// much to be inlined into the loop that calls it (0051). Everything here is inlined, and takes and gives values alone.
#ifndef ECHELON_VECTORS_H
#define ECHELON_VECTORS_H

#pragma clang diagnostic push
// Inlined, none of these has a calling convention to disagree about.
#pragma clang diagnostic ignored "-Wpsabi"

// A multiply followed by an add stays two roundings, as written in Swift.
#pragma STDC FP_CONTRACT OFF

typedef double ev_numbers __attribute__((ext_vector_type(8)));
typedef long long ev_bits __attribute__((ext_vector_type(8)));

#define EV_FUNCTION static inline __attribute__((always_inline, const))

EV_FUNCTION ev_numbers ev_add(ev_numbers a, ev_numbers b) { return a + b; }
EV_FUNCTION ev_numbers ev_subtract(ev_numbers a, ev_numbers b) { return a - b; }
EV_FUNCTION ev_numbers ev_multiply(ev_numbers a, ev_numbers b) { return a * b; }
EV_FUNCTION ev_numbers ev_divide(ev_numbers a, ev_numbers b) { return a / b; }
EV_FUNCTION ev_numbers ev_negate(ev_numbers a) { return -a; }
/// Lanes of `a` where the bits of `mask` are set, of `b` where they are not.
EV_FUNCTION ev_numbers ev_pick(ev_bits mask, ev_numbers a, ev_numbers b) {
  return (ev_numbers)((mask & (ev_bits)a) | (~mask & (ev_bits)b));
}

#pragma clang diagnostic pop
#endif
