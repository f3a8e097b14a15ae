// One level: the loops for each element type, and the table that lists them.
// No include guard: included once by each level_*.c, which has set the target and EK_LEVEL.
#include "table.h"

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
#pragma clang diagnostic pop

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
    .philox_fill = philox_fill,
    .apply_f64 = apply_all_f64,
    .apply_f32 = apply_all_f32,
    .evaluate_f64 = evaluate_f64,
    .evaluate_f32 = evaluate_f32,
    .evaluate_i64 = evaluate_i64,
    .evaluate_i32 = evaluate_i32,
    .evaluate_u8 = evaluate_u8,
};
