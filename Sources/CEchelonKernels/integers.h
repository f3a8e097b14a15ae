// Reductions of whole numbers and truths for one element type. No include guard: a template over ELEMENT, LEAST, MOST
// and SUFFIX, which it undefines at its end. Of whole numbers any order has the same answer, so the loops are plain and
// the compiler makes vectors of them.

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)

/// How many elements are not 0.
static ptrdiff_t NAME(count)(const ELEMENT *x, ptrdiff_t n) {
  ptrdiff_t count = 0;
  for (ptrdiff_t i = 0; i < n; i++) count += x[i] != 0;
  return count;
}

#ifdef MOST

/// The sum in two halves, high·2³² + low, neither of which overflows before 2³¹ elements.
static ek_wide NAME(sum)(const ELEMENT *x, const ELEMENT *mask, ptrdiff_t n) {
  ek_wide sum = {0, 0};
#define ADD(value)                      \
  do {                                  \
    int64_t term = (value);             \
    sum.high += term >> 32;             \
    sum.low += term & 0xffffffff;       \
  } while (0)
  if (sizeof(ELEMENT) < 8) {
    int64_t total = 0;
    if (mask)
      for (ptrdiff_t i = 0; i < n; i++) total += mask[i] ? x[i] : 0;
    else
      for (ptrdiff_t i = 0; i < n; i++) total += x[i];
    ADD(total);
  } else if (mask) {
    for (ptrdiff_t i = 0; i < n; i++) ADD(mask[i] ? x[i] : 0);
  } else {
    for (ptrdiff_t i = 0; i < n; i++) ADD(x[i]);
  }
#undef ADD
  return sum;
}

/// The first of the elements that are `value` and count; -1 when there is none.
static ptrdiff_t NAME(find)(const ELEMENT *x, const ELEMENT *mask, ptrdiff_t n, ELEMENT value) {
  enum { STRIP = 256 };  // looked through without a branch
  for (ptrdiff_t start = 0; start < n; start += STRIP) {
    ptrdiff_t end = n - start < STRIP ? n : start + STRIP;
    ELEMENT found = 0;
    if (mask)
      for (ptrdiff_t i = start; i < end; i++) found |= (x[i] == value) & (mask[i] != 0);
    else
      for (ptrdiff_t i = start; i < end; i++) found |= x[i] == value;
    if (!found) continue;
    for (ptrdiff_t i = start; i < end; i++)
      if (x[i] == value && (!mask || mask[i])) return i;
  }
  return -1;
}

/// Where the first of the smallest elements is; -1 for none.
static ptrdiff_t NAME(least)(const ELEMENT *x, const ELEMENT *mask, ptrdiff_t n) {
  ELEMENT best = MOST;
  if (mask)
    for (ptrdiff_t i = 0; i < n; i++) {
      ELEMENT value = mask[i] ? x[i] : MOST;
      best = value < best ? value : best;
    }
  else
    for (ptrdiff_t i = 0; i < n; i++) best = x[i] < best ? x[i] : best;
  return NAME(find)(x, mask, n, best);
}

/// Where the first of the largest elements is; -1 for none.
static ptrdiff_t NAME(most)(const ELEMENT *x, const ELEMENT *mask, ptrdiff_t n) {
  ELEMENT best = LEAST;
  if (mask)
    for (ptrdiff_t i = 0; i < n; i++) {
      ELEMENT value = mask[i] ? x[i] : LEAST;
      best = value > best ? value : best;
    }
  else
    for (ptrdiff_t i = 0; i < n; i++) best = x[i] > best ? x[i] : best;
  return NAME(find)(x, mask, n, best);
}

#undef LEAST
#undef MOST
#endif
#undef NAME
#undef NAME__
#undef NAME_
#undef SUFFIX
#undef ELEMENT
