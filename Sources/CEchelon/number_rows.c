#include "echelon_number_rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define VECTOR __attribute__((target("avx2,bmi,lzcnt")))

// Bytes before and behind a field that are loaded with it.
enum { LEAD = 32, TAIL = 64 };

static const double powers_of_ten[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t integer_powers_of_ten[] = {
    1,           10,           100,           1000,           10000,           100000,
    1000000,     10000000,     100000000,     1000000000,     10000000000,     100000000000,
    1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000};

// From entry n on, the last n of 16 (or 8) bytes are kept.
static const uint8_t keep_16[32] = {0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                                    0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255,
                                    255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
static const uint8_t *const keep_8 = keep_16 + 8;

// The double nearest to mantissa * 10^exponent, as `DecimalLiteral.nearest` finds it, which has the sources.
// Returns 0 where 128 bits do not decide.
VECTOR static inline __attribute__((always_inline)) int nearest(
    uint64_t mantissa, int64_t exponent, const uint64_t *powers, double *value) {
  if (mantissa == 0) {
    *value = 0;
    return 1;
  }
  if (exponent < -342 || exponent > 308) return 0;
  const uint64_t *power = powers + 2 * (exponent + 342);
  int zeros = (int)_lzcnt_u64(mantissa);
  uint64_t normalized = mantissa << zeros;
  unsigned __int128 product = (unsigned __int128)normalized * power[1];
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if ((high & 0x1FF) == 0x1FF) {
    uint64_t second = (uint64_t)(((unsigned __int128)normalized * power[0]) >> 64);
    low += second;
    high += low < second;
  }
  if (low == UINT64_MAX && (exponent < -27 || exponent > 55)) return 0;
  int upper = (int)(high >> 63);
  int shift = upper + 64 - 52 - 3;
  uint64_t significand = high >> shift;
  int64_t binary = (((152170 + 65536) * exponent) >> 16) + 63 + upper - zeros + 1023;
  if (binary <= 0) return 0;  // subnormal
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (significand & 3) == 1 &&
      significand << shift == high) {
    significand &= ~UINT64_C(1);
  }
  significand = (significand + (significand & 1)) >> 1;
  // A carry into bit 53 is a significand of 2^52 and one more in the exponent: adding gives both.
  uint64_t bits = ((uint64_t)(binary - 1) << 52) + significand;
  if (bits >= UINT64_C(0x7FF) << 52) return 0;
  memcpy(value, &bits, sizeof bits);
  return 1;
}

// The number at `field`, and how many bytes it takes; 0 for what is not plainly one.
VECTOR static inline __attribute__((always_inline)) size_t read_number(
    const uint8_t *field, uint8_t point, const uint64_t *powers, double *value) {
  uint64_t is_negative = *field == '-';
  const uint8_t *start = field + is_negative;
  const __m256i zero = _mm256_set1_epi8('0');
  __m256i first = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)start), zero);
  uint32_t others = ~(uint32_t)_mm256_movemask_epi8(
      _mm256_cmpeq_epi8(_mm256_min_epu8(first, _mm256_set1_epi8(9)), first));
  if (others == 0) return 0;
  // Digits before the point, the offset of the end of the digits, digits behind the point.
  uint32_t whole = _tzcnt_u32(others), end = whole, fraction = 0;
  int64_t exponent = 0;
  if (start[whole] == point) {
    others &= others - 1;
    if (others == 0) return 0;
    end = _tzcnt_u32(others);
    fraction = end - whole - 1;
    exponent = -(int64_t)fraction;
  }
  uint32_t count = whole + fraction;
  if (count == 0 || count > 24) return 0;
  if (whole > 8) {
    // A long integer is read where a fraction would be; with a point behind it, it does not lie there.
    if (end != whole) return 0;
    fraction = whole;
    whole = 0;
  }
  uint32_t low_count = fraction < 16 ? fraction : 16, high_count = fraction - low_count;

  // In one half of a vector the last 16 digits; in the other, those before the point and those between,
  // up to 8 of each.
  __m128i low = _mm_loadu_si128((const __m128i *)(start + end - 16));
  __m128i rest = _mm_unpacklo_epi64(
      _mm_loadl_epi64((const __m128i *)(start + whole - 8)),
      _mm_loadl_epi64((const __m128i *)(start + end - low_count - 8)));
  __m128i low_mask = _mm_loadu_si128((const __m128i *)(keep_16 + low_count));
  __m128i rest_mask = _mm_unpacklo_epi64(
      _mm_loadl_epi64((const __m128i *)(keep_8 + whole)),
      _mm_loadl_epi64((const __m128i *)(keep_8 + high_count)));
  __m256i digits = _mm256_and_si256(
      _mm256_sub_epi8(_mm256_set_m128i(low, rest), zero), _mm256_set_m128i(low_mask, rest_mask));
  // Digits to pairs, pairs to fours, fours to eights.
  __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010A));
  __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00010064));
  __m256i packed = _mm256_packus_epi32(fours, fours);
  __m256i eights = _mm256_madd_epi16(packed, _mm256_set1_epi32(0x00012710));
  uint64_t front = (uint64_t)_mm256_extract_epi64(eights, 0);
  uint64_t back = (uint64_t)_mm256_extract_epi64(eights, 2);
  uint64_t between = front >> 32, before = (uint32_t)front;
  uint64_t last = (uint64_t)(uint32_t)back * 100000000 + (back >> 32);
  // Of more than 19 digits the first must be zeros, or the mantissa does not fit.
  if (count > 19 && (before != 0 || between >= 1000)) return 0;
  uint64_t mantissa =
      (before * integer_powers_of_ten[high_count] + between) * integer_powers_of_ten[low_count] + last;

  const uint8_t *after = start + end;
  if ((*after | 0x20) == 'e') {
    const uint8_t *digit = after + 1;
    int is_down = *digit == '-';
    digit += is_down || *digit == '+';
    int64_t power = 0;
    const uint8_t *power_start = digit;
    while ((uint8_t)(*digit - '0') <= 9 && digit < power_start + 4) power = power * 10 + (*digit++ - '0');
    if (digit == power_start || (uint8_t)(*digit - '0') <= 9) return 0;
    exponent += is_down ? -power : power;
    after = digit;
  }

  double magnitude;
  if (count <= 15 && exponent >= -22 && exponent <= 22) {
    double exact = (double)(int64_t)mantissa;
    magnitude = exponent < 0 ? exact / powers_of_ten[-exponent] : exact * powers_of_ten[exponent];
  } else if (!nearest(mantissa, exponent, powers, &magnitude)) {
    return 0;
  }
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits |= is_negative << 63;
  memcpy(value, &bits, sizeof bits);
  return (size_t)(after - field);
}

VECTOR void echelon_read_number_rows(echelon_number_rows *rows) {
  const uint8_t *text = rows->text;
  const size_t byte_count = rows->byte_count, limit = rows->limit, stride = rows->stride;
  const size_t column_count = rows->column_count, number_count = rows->number_count;
  const uint8_t delimiter = rows->delimiter, point = rows->point;
  const uint64_t *powers = rows->powers;
  size_t position = rows->position, row = rows->row, column = 0, record_start = position;
  while (position < limit && row < rows->row_limit) {
    record_start = position;
    double *element = rows->elements + row;
    for (column = 0; column < number_count; column++, element += stride) {
      if (position < LEAD || position + TAIL > byte_count) goto end;
      size_t length = read_number(text + position, point, powers, element);
      if (length == 0) goto end;
      size_t next = position + length;
      if (column + 1 < column_count) {
        if (text[next] != delimiter) goto end;
        position = next + 1;
      } else if (text[next] == '\n') {
        position = next + 1;
      } else if (text[next] == '\r') {
        position = next + 1 + (text[next + 1] == '\n');
      } else {
        goto end;
      }
    }
    if (number_count < column_count) goto end;
    row++;
    column = 0;
    record_start = position;
  }
end:
  rows->position = position;
  rows->column = column;
  rows->row = row;
  rows->record_start = record_start;
}

int echelon_has_number_rows(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("lzcnt");
}

#else

void echelon_read_number_rows(echelon_number_rows *rows) {
  rows->column = 0;
  rows->record_start = rows->position;
}

int echelon_has_number_rows(void) { return 0; }

#endif
