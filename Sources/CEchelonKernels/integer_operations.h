// What a program can do with integers, as operations.h: x, y and z are vectors, U(x) the same bits without a
// sign, whose arithmetic wraps around. `truth` is 1 or 0 of a comparison.

OPERATION_1(COPY, x)
OPERATION_1(NEGATE, 0 - U(x))
OPERATION_1(ABS, PICK(x < 0, (FIELDS)(0 - U(x)), x))
OPERATION_1(SIGN, (FIELDS)(x < 0) | truth(x > 0))
OPERATION_1(NOT, truth(x == 0))

OPERATION_2(ADD, U(x) + U(y))
OPERATION_2(SUBTRACT, U(x) - U(y))
OPERATION_2(MULTIPLY, U(x) * U(y))
OPERATION_2(DIVIDE, QUOTIENT(x, y))
OPERATION_2(REMAINDER, U(x) - U(QUOTIENT(x, y)) * U(y))
OPERATION_2(MINIMUM, PICK(y < x, y, x))
OPERATION_2(MAXIMUM, PICK(x < y, y, x))
#include "truth_operations.h"
OPERATION_2(BIT_AND, x & y)
OPERATION_2(BIT_OR, x | y)
OPERATION_2(BIT_XOR, x ^ y)
OPERATION_2(SHIFT_LEFT, U(x) << (U(y) & (8 * sizeof(ELEMENT) - 1)))
OPERATION_2(SHIFT_RIGHT, x >> (y & (ELEMENT)(8 * sizeof(ELEMENT) - 1)))

OPERATION_3(SELECT, PICK(x != 0, y, z))
