// The evaluator of element-wise programs for one element type. No include guard: a template over ELEMENT and
// SUFFIX, which it undefines at its end; part of level.h.
//
// A program runs over blocks that stay in the first-level cache, one operation after the other: that costs
// little beside the memory, and no operation needs to know of any other. Every operation is computed in
// double and rounded to ELEMENT, which for float gives the same as float arithmetic does for + - × ÷ √.

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)

typedef ELEMENT NAME(fields)
    __attribute__((vector_size(FLANES * sizeof(ELEMENT)), aligned(sizeof(ELEMENT)), may_alias));
#define LOAD(p) __builtin_convertvector(*(const NAME(fields) *)(p), fv)
#define STORE(p, v) (*(NAME(fields) *)(p) = __builtin_convertvector((v), NAME(fields)))

// What an operation inside of another is rounded to; of a double it is that.
#define ROUNDED(v) __builtin_convertvector(__builtin_convertvector((v), NAME(fields)), fv)

/// One operation on `n` elements, a multiple of FLANES. `out` may be one of the operands.
static void NAME(apply)(unsigned operation, const ELEMENT *a, const ELEMENT *b, const ELEMENT *c,
                        ELEMENT *out, ptrdiff_t n) {
  switch (operation) {
#define OPERATION_1(name, value)                   \
  case EK_##name:                                  \
    for (ptrdiff_t i = 0; i < n; i += FLANES) {    \
      fv x = LOAD(a + i);                          \
      STORE(out + i, value);                       \
    }                                              \
    break;
#define OPERATION_2(name, value)                   \
  case EK_##name:                                  \
    for (ptrdiff_t i = 0; i < n; i += FLANES) {    \
      fv x = LOAD(a + i), y = LOAD(b + i);         \
      STORE(out + i, value);                       \
    }                                              \
    break;
#define OPERATION_3(name, value)                             \
  case EK_##name:                                            \
    for (ptrdiff_t i = 0; i < n; i += FLANES) {              \
      fv x = LOAD(a + i), y = LOAD(b + i), z = LOAD(c + i);  \
      STORE(out + i, value);                                 \
    }                                                        \
    break;
#include "operations.h"
#undef OPERATION_1
#undef OPERATION_2
#undef OPERATION_3
  }
}

/// The same on fewer than FLANES elements.
static void NAME(apply_rest)(unsigned operation, const ELEMENT *a, const ELEMENT *b,
                             const ELEMENT *c, ELEMENT *out, ptrdiff_t n) {
  ELEMENT padded[3][FLANES] = {{0}}, result[FLANES];
  const ELEMENT *operands[3] = {a, b, c};
  for (int k = 0; k < 3; k++)
    if (operands[k]) memcpy(padded[k], operands[k], (size_t)n * sizeof(ELEMENT));
  NAME(apply)(operation, padded[0], padded[1], padded[2], result, FLANES);
  memcpy(out, result, (size_t)n * sizeof(ELEMENT));
}

/// One operation on any number of elements; operands that it has not are NULL.
static void NAME(apply_all)(unsigned operation, const ELEMENT *a, const ELEMENT *b, const ELEMENT *c,
                            ELEMENT *out, ptrdiff_t n) {
  ptrdiff_t whole = n / FLANES * FLANES;
  NAME(apply)(operation, a, b, c, out, whole);
  if (whole < n)
    NAME(apply_rest)(operation, a + whole, b ? b + whole : NULL, c ? c + whole : NULL, out + whole,
                     n - whole);
}

static void NAME(evaluate)(const ek_program *program, const ELEMENT *const *inputs, ELEMENT *out,
                           ptrdiff_t n) {
  // Short enough that work on one block and memory traffic for the next overlap, long enough that the choice
  // of a loop costs little: 64 to 256 were tried (decision 0025).
  enum { BLOCK_LENGTH = 128 };
  int fixed = program->input_count + program->constant_count;
  int rows = program->constant_count + program->temporary_count;
  ELEMENT scratch[rows ? rows : 1][BLOCK_LENGTH] __attribute__((aligned(64)));
  const ELEMENT *at[EK_OPERAND_LIMIT];
  for (int k = 0; k < program->constant_count; k++)
    for (int i = 0; i < BLOCK_LENGTH; i++) scratch[k][i] = (ELEMENT)program->constants[k];
  for (int k = 0; k < rows; k++) at[program->input_count + k] = scratch[k];

  for (ptrdiff_t start = 0; start < n; start += BLOCK_LENGTH) {
    ptrdiff_t count = n - start < BLOCK_LENGTH ? n - start : BLOCK_LENGTH;
    for (int k = 0; k < program->input_count; k++) at[k] = inputs[k] + start;
    for (int k = 0; k < program->instruction_count; k++) {
      uint64_t code = program->instructions[k];
      unsigned operation = EK_FIELD(code, 0), arity = ek_arity(operation);
      const ELEMENT *a = at[EK_FIELD(code, 2)];
      const ELEMENT *b = arity > 1 ? at[EK_FIELD(code, 3)] : NULL;
      const ELEMENT *c = arity > 2 ? at[EK_FIELD(code, 4)] : NULL;
      ELEMENT *target = k + 1 == program->instruction_count
                            ? out + start
                            : scratch[EK_FIELD(code, 1) - fixed + program->constant_count];
      NAME(apply_all)(operation, a, b, c, target, count);
    }
  }
}

#undef ROUNDED
#undef LOAD
#undef STORE
#undef NAME
#undef NAME__
#undef NAME_
#undef SUFFIX
#undef ELEMENT
