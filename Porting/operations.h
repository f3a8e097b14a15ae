// What both programs of this folder know of the operations of element-wise programs.
#ifndef PORTING_OPERATIONS_H
#define PORTING_OPERATIONS_H

#include "CEchelonKernels.h"

static inline int operand_count(int operation) {
  int two = (operation >= EK_ADD && operation <= EK_OR) || (operation >= EK_ATAN2 && operation <= EK_COPYSIGN) ||
            operation >= EK_ROOT_OF_SQUARES;
  return operation == EK_SELECT ? 3 : two ? 2 : 1;
}

// The program that is one operation on its inputs; its target, number 0, is the output.
static inline uint64_t instruction(int operation) {
  uint64_t code = (uint64_t)operation;
  for (int k = 0; k < operand_count(operation); k++) code |= (uint64_t)k << (16 + 8 * k);
  return code;
}

#endif
