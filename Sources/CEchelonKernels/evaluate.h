// The evaluator of element-wise programs for one element type. No include guard: a template over ELEMENT and
// SUFFIX, and for integers UNSIGNED, the type of the same width without a sign; it undefines them at its end.
// Part of level.h.
//
// A program runs over blocks that stay in the first-level cache, one operation after the other: that costs
// little beside the memory, and no operation needs to know of any other. Every operation on numbers is computed
// in double and rounded to ELEMENT, which for float gives the same as float arithmetic does for + - × ÷ √.

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)
#define FIELDS NAME(fields)

#ifdef UNSIGNED

#define WIDTH ((ptrdiff_t)(64 / sizeof(ELEMENT)))
#define BLOCK_LENGTH ((ptrdiff_t)(1024 / sizeof(ELEMENT)))
#define CONSTANT(bits) ((ELEMENT)(bits))
typedef ELEMENT FIELDS __attribute__((vector_size(64), aligned(sizeof(ELEMENT)), may_alias));
typedef UNSIGNED NAME(unsigned_fields) __attribute__((vector_size(64), aligned(sizeof(ELEMENT))));
#define VECTOR FIELDS
#define LOAD(p) (*(const FIELDS *)(p))
#define STORE(p, v) (*(FIELDS *)(p) = (FIELDS)(v))

#define U(v) ((NAME(unsigned_fields))(v))
#define PICK(mask, a, b) (((FIELDS)(mask) & (a)) | (~(FIELDS)(mask) & (b)))
#define truth(mask) ((FIELDS)(mask) & 1)

typedef double NAME(wide_numbers) __attribute__((vector_size(8 * 64 / sizeof(ELEMENT))));
typedef int32_t NAME(wide_words) __attribute__((vector_size(4 * 64 / sizeof(ELEMENT))));

/// x / y towards 0 in each lane. What C leaves undefined is 0 for y = 0, and wraps around for the smallest x by −1.
static FIELDS NAME(quotient)(FIELDS x, FIELDS y) {
  FIELDS result;
  if (sizeof(ELEMENT) <= sizeof(int32_t)) {
    // Processors divide whole numbers one by one. A double holds these, and a quotient of theirs that is not whole
    // is much further from the next whole number than it is rounded by.
    FIELDS none = (FIELDS)(y == 0), minus = (ELEMENT)-1 < 0 ? (FIELDS)(y == (ELEMENT)-1) : none;
    FIELDS divisor = PICK(none | minus, x - x + 1, y);
    NAME(wide_numbers) quotient = __builtin_convertvector(x, NAME(wide_numbers)) /
                                  __builtin_convertvector(divisor, NAME(wide_numbers));
    result = __builtin_convertvector(__builtin_convertvector(quotient, NAME(wide_words)), FIELDS);
    return ~none & PICK(minus, (FIELDS)(0 - U(x)), result);
  }
  for (ptrdiff_t i = 0; i < WIDTH; i++) {
    ELEMENT divisor = y[i];
    if (divisor == 0) result[i] = 0;
    else if (divisor == (ELEMENT)-1) result[i] = (ELEMENT)-1 < 0 ? (ELEMENT)(0 - (UNSIGNED)x[i]) : x[i] == divisor;
    else result[i] = x[i] / divisor;
  }
  return result;
}
#define QUOTIENT(x, y) NAME(quotient)(x, y)
#define OPERATIONS "integer_operations.h"

#else

#define WIDTH ((ptrdiff_t)FLANES)
// Short enough that work on one block and memory traffic for the next overlap, long enough that the choice
// of a loop costs little: 64 to 256 were tried (decision 0025).
#define BLOCK_LENGTH ((ptrdiff_t)128)
#define CONSTANT(bits) NAME(constant)(bits)
static inline ELEMENT NAME(constant)(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return (ELEMENT)value;
}
typedef ELEMENT FIELDS
    __attribute__((vector_size(FLANES * sizeof(ELEMENT)), aligned(sizeof(ELEMENT)), may_alias));
#define VECTOR fv
#define LOAD(p) __builtin_convertvector(*(const FIELDS *)(p), fv)
#define STORE(p, v) (*(FIELDS *)(p) = __builtin_convertvector((v), FIELDS))

// What an operation inside of another is rounded to; of a double it is that.
#define ROUNDED(v) __builtin_convertvector(__builtin_convertvector((v), FIELDS), fv)
#define OPERATIONS "operations.h"

#endif

/// One operation on `n` elements, a multiple of WIDTH. `out` may be one of the operands.
static void NAME(apply)(unsigned operation, const ELEMENT *a, const ELEMENT *b, const ELEMENT *c,
                        ELEMENT *out, ptrdiff_t n) {
  switch (operation) {
#define OPERATION_1(name, value)                   \
  case EK_##name:                                  \
    for (ptrdiff_t i = 0; i < n; i += WIDTH) {     \
      VECTOR x = LOAD(a + i);                          \
      STORE(out + i, value);                       \
    }                                              \
    break;
#define OPERATION_2(name, value)                   \
  case EK_##name:                                  \
    for (ptrdiff_t i = 0; i < n; i += WIDTH) {     \
      VECTOR x = LOAD(a + i), y = LOAD(b + i);         \
      STORE(out + i, value);                       \
    }                                              \
    break;
#define OPERATION_3(name, value)                             \
  case EK_##name:                                            \
    for (ptrdiff_t i = 0; i < n; i += WIDTH) {               \
      VECTOR x = LOAD(a + i), y = LOAD(b + i), z = LOAD(c + i);  \
      STORE(out + i, value);                                 \
    }                                                        \
    break;
#include OPERATIONS
#undef OPERATION_1
#undef OPERATION_2
#undef OPERATION_3
    default:  // no operation of this type: no caller asks for it
      memset(out, 0, (size_t)n * sizeof(ELEMENT));
  }
}

/// The same on fewer than WIDTH elements.
static void NAME(apply_rest)(unsigned operation, const ELEMENT *a, const ELEMENT *b,
                             const ELEMENT *c, ELEMENT *out, ptrdiff_t n) {
  ELEMENT padded[3][WIDTH], result[WIDTH];
  memset(padded, 0, sizeof padded);
  const ELEMENT *operands[3] = {a, b, c};
  for (int k = 0; k < 3; k++)
    if (operands[k]) memcpy(padded[k], operands[k], (size_t)n * sizeof(ELEMENT));
  NAME(apply)(operation, padded[0], padded[1], padded[2], result, WIDTH);
  memcpy(out, result, (size_t)n * sizeof(ELEMENT));
}

/// One operation on any number of elements; operands that it has not are NULL.
static void NAME(apply_all)(unsigned operation, const ELEMENT *a, const ELEMENT *b, const ELEMENT *c,
                            ELEMENT *out, ptrdiff_t n) {
  ptrdiff_t whole = n / WIDTH * WIDTH;
  NAME(apply)(operation, a, b, c, out, whole);
  if (whole < n)
    NAME(apply_rest)(operation, a + whole, b ? b + whole : NULL, c ? c + whole : NULL, out + whole,
                     n - whole);
}

static void NAME(evaluate)(const ek_program *program, const ELEMENT *const *inputs, ELEMENT *out,
                           ptrdiff_t n) {
  int fixed = program->input_count + program->constant_count;
  int rows = program->constant_count + program->temporary_count;
  ELEMENT scratch[rows ? rows : 1][BLOCK_LENGTH] __attribute__((aligned(64)));
  const ELEMENT *at[EK_OPERAND_LIMIT];
  for (int k = 0; k < program->constant_count; k++)
    for (int i = 0; i < BLOCK_LENGTH; i++) scratch[k][i] = CONSTANT(program->constants[k]);
  for (int k = 0; k < rows; k++) at[program->input_count + k] = scratch[k];

  // One operation on arrays alone leaves nothing in the cache for another: no loop is to be ended and begun for it.
  ptrdiff_t length = rows == 0 && program->instruction_count == 1 ? n : BLOCK_LENGTH;
  for (ptrdiff_t start = 0; start < n; start += length) {
    ptrdiff_t count = n - start < length ? n - start : length;
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

#ifdef UNSIGNED
#undef QUOTIENT
#undef truth
#undef PICK
#undef U
#undef UNSIGNED
#else
#undef ROUNDED
#endif
#undef OPERATIONS
#undef STORE
#undef LOAD
#undef VECTOR
#undef CONSTANT
#undef BLOCK_LENGTH
#undef WIDTH
#undef FIELDS
#undef NAME
#undef NAME__
#undef NAME_
#undef SUFFIX
#undef ELEMENT
