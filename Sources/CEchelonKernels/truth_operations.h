// The part of operations.h and integer_operations.h whose results are 1 or 0. No include guard, as there.

OPERATION_2(LESS, truth(x < y))
OPERATION_2(LESS_OR_EQUAL, truth(x <= y))
OPERATION_2(EQUAL, truth(x == y))
OPERATION_2(NOT_EQUAL, truth(x != y))
OPERATION_2(AND, truth((x != 0) & (y != 0)))
OPERATION_2(OR, truth((x != 0) | (y != 0)))
