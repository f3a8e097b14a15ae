// One level: the loops for each element type, and the table that lists them.
// No include guard: included once by each level_*.c, which has set the target and EK_LEVEL.
#include "table.h"

#include <float.h>
#include <math.h>
#include <string.h>

// A multiply followed by an add stays two roundings at every level, or the bits would differ.
#pragma STDC FP_CONTRACT OFF

#include "lanes.h"

#define ELEMENT double
#define MASK int64_t
#define SUFFIX f64
#include "loops.h"

#define ELEMENT float
#define MASK int32_t
#define SUFFIX f32
#include "loops.h"

#include "philox.h"

// The functions on wide vectors are all inlined: none of them has a calling convention to disagree about.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"
#include "functions.h"

#include "philox64.h"
#include "random.h"
#include "sample_sums.h"

#define ELEMENT double
#define SUFFIX f64
#include "evaluate.h"

#define ELEMENT float
#define SUFFIX f32
#include "evaluate.h"

#define ELEMENT int64_t
#define UNSIGNED uint64_t
#define SUFFIX i64
#include "evaluate.h"

#define ELEMENT int32_t
#define UNSIGNED uint32_t
#define SUFFIX i32
#include "evaluate.h"

#define ELEMENT uint8_t
#define UNSIGNED uint8_t
#define SUFFIX u8
#include "evaluate.h"

#define ELEMENT double
#define PLACE int64_t
#define MOST INT64_MAX
#define SMALLEST DBL_MIN
#define SUFFIX f64
#include "small_systems.h"

#define ELEMENT float
#define PLACE int32_t
#define MOST INT32_MAX
#define SMALLEST FLT_MIN
#define SUFFIX f32
#include "small_systems.h"

#ifdef EK_FMA
#define ELEMENT double
#define SUFFIX f64
#include "packed.h"

#define ELEMENT float
#define SUFFIX f32
#include "packed.h"
#endif
#pragma clang diagnostic pop

#define ELEMENT double
#define SUFFIX f64
#include "integers.h"

#define ELEMENT float
#define SUFFIX f32
#include "integers.h"

#define ELEMENT int64_t
#define LEAST INT64_MIN
#define MOST INT64_MAX
#define SUFFIX i64
#include "integers.h"

#define ELEMENT int32_t
#define LEAST INT32_MIN
#define MOST INT32_MAX
#define SUFFIX i32
#include "integers.h"

#define ELEMENT uint8_t
#define LEAST 0
#define MOST UINT8_MAX
#define SUFFIX u8
#include "integers.h"

#define TARGET double
#define FROM_REAL(x) ((double)(x))
#define FROM_WHOLE(x) ((double)(x))
#define SUFFIX f64
#include "gather.h"

#define TARGET float
#define FROM_REAL(x) ((float)(x))
#define FROM_WHOLE(x) ((float)(x))
#define SUFFIX f32
#include "gather.h"

// Of what is out of range the smallest or the largest number, and 0 of NaN. Bounds are exact as doubles, or round up to
// what is out of range.
#define SATURATED(type, least, most, x)                                                 \
  ({                                                                                    \
    double number = (x);                                                                \
    number >= (double)(most) ? (most) : number > (double)(least) ? (type)number : number != number ? 0 : (least); \
  })
#define CLAMPED(least, most, x)                                                         \
  ({                                                                                    \
    int64_t number = (x);                                                               \
    number > (most) ? (most) : number < (least) ? (least) : number;                     \
  })

#define TARGET int64_t
#define FROM_REAL(x) SATURATED(int64_t, INT64_MIN, INT64_MAX, x)
#define FROM_WHOLE(x) ((int64_t)(x))
#define SUFFIX i64
#include "gather.h"

#define TARGET int32_t
#define FROM_REAL(x) SATURATED(int32_t, INT32_MIN, INT32_MAX, x)
#define FROM_WHOLE(x) ((int32_t)CLAMPED(INT32_MIN, INT32_MAX, x))
#define SUFFIX i32
#include "gather.h"

#define TARGET uint8_t
#define FROM_REAL(x) SATURATED(uint8_t, 0, UINT8_MAX, x)
#define FROM_WHOLE(x) ((uint8_t)CLAMPED(0, UINT8_MAX, x))
#define SUFFIX u8
#include "gather.h"

#define EK_TABLE_NAME_(level) ek_table_##level
#define EK_TABLE_NAME(level) EK_TABLE_NAME_(level)

const ek_table EK_TABLE_NAME(EK_LEVEL) = {
    .sum_f64 = sum_f64,
    .sum_f32 = sum_f32,
    .dot_f64 = dot_f64,
    .dot_f32 = dot_f32,
    .minimum_f64 = minimum_f64,
    .minimum_f32 = minimum_f32,
    .maximum_f64 = maximum_f64,
    .maximum_f32 = maximum_f32,
    .moments_f64 = moments_f64,
    .moments_f32 = moments_f32,
    .central_moments_f64 = central_moments_f64,
    .central_moments_f32 = central_moments_f32,
    .product_f64 = product_f64,
    .product_f32 = product_f32,
#ifdef EK_SORT
    .sort_u64 = sort_u64,
    .part_u64 = part_u64,
#endif
    .finite_range = finite_range,
    .sample_sums = sample_sums,
    .first_draws = first_draws,
    .first_uniforms = first_uniforms,
    .philox64_fill = philox64_fill,
    .uniform_fill = uniform_fill,
    .normal_fill = normal_fill,
    .payoff_fill = payoff_fill,
    .count_in_circle = count_in_circle,
    .apply_f64 = apply_all_f64,
    .apply_f32 = apply_all_f32,
    .evaluate_f64 = evaluate_f64,
    .evaluate_f32 = evaluate_f32,
    .evaluate_i64 = evaluate_i64,
    .evaluate_i32 = evaluate_i32,
    .evaluate_u8 = evaluate_u8,
    .count_f64 = count_f64,
    .count_f32 = count_f32,
    .count_i64 = count_i64,
    .count_i32 = count_i32,
    .count_u8 = count_u8,
    .sum_i64 = sum_i64,
    .least_i64 = least_i64,
    .most_i64 = most_i64,
    .sum_i32 = sum_i32,
    .least_i32 = least_i32,
    .most_i32 = most_i32,
    .sum_u8 = sum_u8,
    .least_u8 = least_u8,
    .most_u8 = most_u8,
    .gather_f64 = gather_f64,
    .gather_f32 = gather_f32,
    .gather_i64 = gather_i64,
    .gather_i32 = gather_i32,
    .gather_u8 = gather_u8,
    .running_product_f64 = running_product_f64,
    .running_product_f32 = running_product_f32,
    .solve_scratch_f64 = solve_scratch_f64,
    .solve_scratch_f32 = solve_scratch_f32,
    .solve_f64 = solve_f64,
    .solve_f32 = solve_f32,
    .determinant_f64 = determinant_f64,
    .determinant_f32 = determinant_f32,
#ifdef EK_FMA
    .multiply_packed_f64 = multiply_packed_f64,
    .multiply_packed_f32 = multiply_packed_f32,
#endif
};
