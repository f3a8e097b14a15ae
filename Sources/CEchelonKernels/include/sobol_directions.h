// The direction numbers of Sobol's sequence, as bits.
//
// One dimension after the other, from the second on, and each field from its lowest bit on: the degree s of its primitive
// polynomial (5 bits), the coefficients of the polynomial between the first and the last (s - 1 bits), and of the numbers
// m₂ … mₛ, of which mᵢ is odd and below 2ⁱ, the bits above the lowest (i - 1 bits). m₁ is 1.
#ifndef ECHELON_SOBOL_DIRECTIONS_H
#define ECHELON_SOBOL_DIRECTIONS_H

#include <stddef.h>
#include <stdint.h>

/// How many bytes there are.
size_t ek_sobol_byte_count(void);
/// One of them; 0 beyond the end.
uint8_t ek_sobol_byte(size_t index);

#endif
