// Elements of one type and any stride put one behind the other as elements of another. No include guard: a template
// over TARGET, FROM_REAL and FROM_WHOLE, which make a TARGET of a double and of an int64_t, and SUFFIX; it undefines
// them at its end.

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)

// Strides that have a loop of their own: neighbours, parts of complex numbers, one element for all.
#define RUN(type, convert)                                                                  \
  do {                                                                                      \
    const type *p = (const type *)from;                                                     \
    if (stride == 1)                                                                        \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = convert(p[i]);                             \
    else if (stride == 2)                                                                   \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = convert(p[2 * i]);                         \
    else if (stride == 0) {                                                                 \
      TARGET value = n > 0 ? convert(*p) : 0;                                               \
      for (ptrdiff_t i = 0; i < n; i++) out[i] = value;                                     \
    } else                                                                                  \
      for (ptrdiff_t i = 0; i < n; i++, p += stride) out[i] = convert(*p);                  \
  } while (0)
#define TRUTH(x) FROM_WHOLE((x) & 1)

static void NAME(gather_run)(int type, const char *from, ptrdiff_t stride, TARGET *out, ptrdiff_t n) {
  switch (type) {
    case EK_FLOAT64: RUN(double, FROM_REAL); break;
    case EK_FLOAT32: RUN(float, FROM_REAL); break;
    case EK_INT64: RUN(int64_t, FROM_WHOLE); break;
    case EK_INT32: RUN(int32_t, FROM_WHOLE); break;
    case EK_UINT8: RUN(uint8_t, FROM_WHOLE); break;
    default: RUN(uint8_t, TRUTH); break;  // Bool
  }
}

static void NAME(gather)(int type, const void *x, const ek_layout *layout, ptrdiff_t start,
                         TARGET *out, ptrdiff_t n) {
  static const unsigned char size[] = {8, 4, 8, 4, 1, 1};
  ptrdiff_t row = start / layout->columns, column = start % layout->columns;
  for (ptrdiff_t done = 0; done < n; row++, column = 0) {
    ptrdiff_t left = n - done, length = layout->columns - column;
    if (length > left) length = left;
    ptrdiff_t offset = row * layout->row_stride + column * layout->column_stride;
    NAME(gather_run)(type, (const char *)x + offset * size[type], layout->column_stride, out + done, length);
    done += length;
  }
}

#undef TRUTH
#undef RUN
#undef FROM_REAL
#undef FROM_WHOLE
#undef NAME
#undef NAME__
#undef NAME_
#undef SUFFIX
#undef TARGET
