// Systems of equations that fit into a cache, by elimination. No include guard: a template over ELEMENT, PLACE, a whole
// number as wide, MOST, the largest of those, SMALLEST, the least number with a finite inverse, and SUFFIX; it undefines
// them at its end.
//
// A copy of [A B] lies row by row. Eight columns at a time are moved to a panel, where they lie one behind the other, so
// that pivots are searched for and multipliers made in whole vectors. What lies right of them, B too, is then changed
// once for all eight. Each element is changed by one column after the other, each time by one multiply-add, so that
// the bits depend neither on the width of a vector nor on what else is solved; only the baseline of x86, which has no
// fused one, gives others.
//
// Sources: G. H. Golub, C. F. Van Loan, *Matrix Computations*, 4th ed., §3.4.1 (partial pivoting), §3.2.11 (panels),
// §4.1.2 (without pivots, of symmetric matrices).

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)

#define WIDTH ((ptrdiff_t)(EK_VECTOR_BYTES / sizeof(ELEMENT)))
#define LINE ((ptrdiff_t)(64 / sizeof(ELEMENT)))  // what rows and panels are padded to, at every level
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))
#define vec NAME(system_vector)
#define mask NAME(system_mask)
#define eight NAME(system_eight)

typedef ELEMENT vec __attribute__((vector_size(EK_VECTOR_BYTES)));
typedef PLACE mask __attribute__((vector_size(EK_VECTOR_BYTES)));
typedef ELEMENT eight __attribute__((vector_size(8 * sizeof(ELEMENT)), aligned(sizeof(ELEMENT))));

/// What is worked on.
typedef struct {
  ELEMENT *rows;       // of [A B]; of A, what is right of the diagonal becomes U
  ELEMENT *panel;      // of multipliers: one, or all of them one behind the other
  ELEMENT *x;
  ELEMENT *inverses;   // of the pivots
  PLACE *pivots;       // the rows that were exchanged for the first, second, …
  ptrdiff_t n;
  ptrdiff_t leading;   // from one row to the next
  ptrdiff_t height;    // from one column of a panel to the next
  ptrdiff_t end;       // where the columns that are changed end
  const char *ahead;   // what is asked for before it is needed: the matrix that is solved next
  ptrdiff_t ahead_step;  // bytes of it for each column
  int has_tiny_pivot;  // whose inverse would be infinite
  int is_positive;     // A is symmetric and positive definite: no pivots, and nothing below its diagonal is read
} NAME(system);

#ifdef EK_FMA
#define MINUS_TIMES(c, a, b) __builtin_elementwise_fma(-(a), (b), (c))
#else
#define MINUS_TIMES(c, a, b) ((c) - (a) * (b))
#endif

FUNCTION vec NAME(same)(ELEMENT x) { return x - (vec){0}; }
FUNCTION vec NAME(chosen)(mask m, vec a, vec b) { return (vec)((m & (mask)a) | (~m & (mask)b)); }
FUNCTION mask NAME(places)(ptrdiff_t first) {
  mask m;
  for (int i = 0; i < WIDTH; i++) m[i] = (PLACE)(first + i);
  return m;
}

/// Exchanges rows and columns of 8 × 8 elements.
FUNCTION void NAME(turn)(const ELEMENT *from, ptrdiff_t from_stride, ELEMENT *to, ptrdiff_t to_stride) {
  eight v[8], pairs[8], fours[8];
  for (int i = 0; i < 8; i++) v[i] = *(const eight *)(from + i * from_stride);
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shufflevector(v[i], v[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    pairs[i + 1] = __builtin_shufflevector(v[i], v[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = i; j < i + 2; j++) {
      fours[j] = __builtin_shufflevector(pairs[j], pairs[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[j + 2] = __builtin_shufflevector(pairs[j], pairs[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int j = 0; j < 4; j++) {
    *(eight *)(to + j * to_stride) =
        __builtin_shufflevector(fours[j], fours[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(eight *)(to + (j + 4) * to_stride) =
        __builtin_shufflevector(fours[j], fours[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// The largest magnitude so far and its place, lane by lane.
typedef struct {
  vec size;
  mask place;
} NAME(search);

FUNCTION void NAME(look)(NAME(search) * s, vec x, mask place, mask allowed) {
  vec size = (vec)((mask)x & (PLACE)MOST);
  mask larger = (size > s->size) & allowed;  // NaN is not
  s->size = NAME(chosen)(larger, size, s->size);
  s->place = (larger & place) | (~larger & s->place);
}

/// One step in a panel of `count` rows: its column `c` becomes multipliers, and the columns right of it are changed.
/// The next one's pivot is looked for meanwhile, unless `next` is NULL.
FUNCTION void NAME(step)(const int c, const int is_tiny, ELEMENT *panel, ptrdiff_t height, ptrdiff_t count,
                         ELEMENT pivot, ELEMENT inverse, NAME(search) * next) {
  const ptrdiff_t head = 8 > WIDTH ? 8 : WIDTH;  // rows among which the diagonal lies
  vec u[8];
  for (int j = c + 1; j < 8; j++) u[j] = NAME(same)(panel[j * height + c]);
  mask place = NAME(places)(0);
  for (ptrdiff_t i = 0; i < count; i += WIDTH, place += (PLACE)WIDTH) {
    mask below = i < head ? place > (PLACE)c : ~(mask){0};
    vec *column = (vec *)(panel + c * height + i);
    vec l = NAME(chosen)(below, is_tiny ? *column / pivot : *column * inverse, *column);
    *column = l;
    for (int j = c + 1; j < 8; j++) {
      vec *old = (vec *)(panel + j * height + i), changed = MINUS_TIMES(*old, l, u[j]);
      if (i < head) changed = NAME(chosen)(below, changed, *old);
      *old = changed;
      if (next && j == c + 1) NAME(look)(next, changed, place, below);
    }
  }
}

/// The row of the pivot: the first of the largest magnitude, `c` if there is but NaN.
FUNCTION ptrdiff_t NAME(found)(const NAME(search) * s, int c) {
  // Magnitudes are in the order of their bits as whole numbers, and -1 comes before all.
  PLACE most = __builtin_reduce_max((mask)s->size);
  if (most < 0) return c;
  mask is_most = (mask)s->size == most - (mask){0};
  ptrdiff_t place = __builtin_reduce_min((is_most & s->place) | (~is_most & (PLACE)MOST));
  return place;
}

static ptrdiff_t NAME(place_of_nan)(const ELEMENT *x, ptrdiff_t from, ptrdiff_t count) {
  for (ptrdiff_t i = from; i < count; i++)
    if (x[i] != x[i]) return i;
  return -1;
}

FUNCTION void NAME(exchange)(ELEMENT *a, ELEMENT *b, ptrdiff_t n) {
  for (ptrdiff_t i = 0; i < n; i += WIDTH) {
    vec t = *(vec *)(a + i);
    *(vec *)(a + i) = *(vec *)(b + i);
    *(vec *)(b + i) = t;
  }
}

/// Changes one or two vectors of columns, in the rows from `k` on, by the multipliers of the panel there, which has
/// `width` columns.
FUNCTION void NAME(change)(const int vectors, const int width, const NAME(system) * s, const ELEMENT *panel,
                           ptrdiff_t k, ptrdiff_t column) {
  ELEMENT *row = s->rows + k * s->leading + column;
  vec u[8][2];
  for (int r = 0; r < width; r++, row += s->leading)
    for (int v = 0; v < vectors; v++) {
      vec sum = *(vec *)(row + v * WIDTH);
      for (int c = 0; c < r; c++) sum = MINUS_TIMES(sum, NAME(same)(panel[c * s->height + r]), u[c][v]);
      *(vec *)(row + v * WIDTH) = u[r][v] = sum;
    }
  if (width < 8) return;  // there are no more rows
  ptrdiff_t end = s->n - k;
  if (s->is_positive && end > column - k + vectors * WIDTH) end = column - k + vectors * WIDTH;
  for (ptrdiff_t i = 8; i < end; i++, row += s->leading) {
    vec sum[2];
    for (int v = 0; v < vectors; v++) sum[v] = *(vec *)(row + v * WIDTH);
    for (int c = 0; c < 8; c++) {
      vec l = NAME(same)(panel[c * s->height + i]);
      for (int v = 0; v < vectors; v++) sum[v] = MINUS_TIMES(sum[v], l, u[c][v]);
    }
    for (int v = 0; v < vectors; v++) *(vec *)(row + v * WIDTH) = sum[v];
  }
}

/// Changes the columns from `column` to the end by a panel.
static void NAME(change_columns)(const NAME(system) * s, const ELEMENT *panel, ptrdiff_t k, ptrdiff_t column) {
  int width = s->n - k < 8 ? (int)(s->n - k) : 8;
  for (; column < s->end && width < 8; column += WIDTH) NAME(change)(1, width, s, panel, k, column);
  for (; column + 2 * WIDTH <= s->end; column += 2 * WIDTH) NAME(change)(2, 8, s, panel, k, column);
  for (; column < s->end; column += WIDTH) NAME(change)(1, 8, s, panel, k, column);
}

/// Brings the pivot of column `c` of the panel at row and column `k` to its place, in the columns from `right` on.
FUNCTION void NAME(pivot)(const NAME(system) * s, ELEMENT *panel, ptrdiff_t k, int c, ptrdiff_t row, ptrdiff_t right) {
  s->pivots[k + c] = (PLACE)(k + row);
  if (row == c) return;
  for (int j = 0; j < 8; j++) {
    ELEMENT *column = panel + j * s->height, t = column[c];
    column[c] = column[row];
    column[row] = t;
  }
  NAME(exchange)(s->rows + (k + c) * s->leading + right, s->rows + (k + row) * s->leading + right, s->end - right);
}

/// Eliminates one column of a panel, of `padded` rows.
/// - Returns: whether it has a pivot.
FUNCTION int NAME(eliminate_column)(const int c, NAME(system) * s, ELEMENT *panel, ptrdiff_t k, ptrdiff_t padded,
                                    ptrdiff_t right, NAME(search) * search) {
  if (!s->is_positive) NAME(pivot)(s, panel, k, c, NAME(found)(search, c), right);
  ELEMENT pivot = panel[c * s->height + c];
  if (s->is_positive && pivot <= 0) return 0;
  if (pivot == 0) {
    ptrdiff_t row = NAME(place_of_nan)(panel + c * s->height, c, s->n - k);
    if (row < 0) return 0;
    NAME(pivot)(s, panel, k, c, row, right);
    pivot = NAN;
  }
  // A part of the next matrix for each column: memory is then as good as idle, and it takes no more at a time.
  for (ptrdiff_t i = 0; i < s->ahead_step; i += 64) __builtin_prefetch(s->ahead + i, 0, 2);
  s->ahead += s->ahead_step;
  ELEMENT inverse = 1 / pivot;
  s->inverses[k + c] = inverse;
  *search = (NAME(search)){NAME(same)(-1), {0}};
  if (!(pivot >= SMALLEST || pivot <= -SMALLEST)) {
    s->has_tiny_pivot = 1;
    NAME(step)(c, 1, panel, s->height, padded, pivot, inverse, search);
  } else if (s->is_positive) {
    NAME(step)(c, 0, panel, s->height, padded, pivot, inverse, NULL);
  } else {
    NAME(step)(c, 0, panel, s->height, padded, pivot, inverse, search);
  }
  return 1;
}

/// Makes U of A, and eliminates B with it.
/// - Parameter panel_size: from one panel to the next; 0 keeps none.
/// - Returns: 0, or the number from 1 on of the first column without a pivot.
static ptrdiff_t NAME(eliminate)(NAME(system) * s, ptrdiff_t panel_size) {
  ELEMENT *panel = s->panel;
  for (ptrdiff_t k = 0; k < s->n; k += 8, panel += panel_size) {
    ptrdiff_t count = s->n - k, padded = ROUND_UP(count, WIDTH), turned = ROUND_UP(count, 8);
    int width = count < 8 ? (int)count : 8;
    ELEMENT *corner = s->rows + k * s->leading + k;
    NAME(search) search = {NAME(same)(-1), {0}};
    if (s->is_positive) {
      // What lies below the diagonal is the same as what lies right of it.
      for (int c = 0; c < 8; c++)
        for (ptrdiff_t i = 0; i < padded; i++)
          panel[c * s->height + i] = c < width && i < count ? corner[c * s->leading + i] : 0;
      for (int c = 0; c < width; c++)
        for (int i = 0; i < c; i++) panel[c * s->height + i] = panel[i * s->height + c];
    } else {
      for (ptrdiff_t i = 0; i < count; i += 8)
        NAME(turn)(corner + i * s->leading, s->leading, panel + i, s->height);
      for (int c = 0; c < 8; c++)
        for (ptrdiff_t i = turned; i < padded; i++) panel[c * s->height + i] = NAN;
      mask place = NAME(places)(0);
      for (ptrdiff_t i = 0; i < padded; i += WIDTH, place += (PLACE)WIDTH)
        NAME(look)(&search, *(vec *)(panel + i), place, ~(mask){0});
    }
    // Whole vectors, of which the first may reach into the columns of the panel: they are not read there any more.
    ptrdiff_t right = (k + width) / WIDTH * WIDTH;
#define COLUMN(c) \
  if (c < width && !NAME(eliminate_column)(c, s, panel, k, padded, right, &search)) return k + c + 1;
    COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3) COLUMN(4) COLUMN(5) COLUMN(6) COLUMN(7)
#undef COLUMN
    NAME(change_columns)(s, panel, k, right);
    for (int r = 0; r < width; r++)
      for (int c = r; c < width; c++) corner[r * s->leading + c] = panel[c * s->height + r];
  }
  return 0;
}

/// Solves U·X = Y for the columns of one or two vectors from `column` on.
FUNCTION void NAME(substitute)(const int vectors, const NAME(system) * s, ptrdiff_t column, ELEMENT *x,
                               ptrdiff_t x_leading) {
  for (ptrdiff_t k = (s->n - 1) / 8 * 8; k >= 0; k -= 8) {
    int width = s->n - k < 8 ? (int)(s->n - k) : 8;
    const ELEMENT *u = s->rows + k * s->leading;
    vec sum[8][2];
    for (int r = 0; r < 8; r++)
      for (int v = 0; v < vectors; v++)
        sum[r][v] = r < width ? *(vec *)(u + r * s->leading + column + v * WIDTH) : (vec){0};
    if (width == 8)
      for (ptrdiff_t j = s->n - 1; j >= k + 8; j--)
        for (int v = 0; v < vectors; v++) {
          vec xj = *(vec *)(x + j * x_leading + v * WIDTH);
          for (int r = 0; r < 8; r++)
            sum[r][v] = MINUS_TIMES(sum[r][v], NAME(same)(u[r * s->leading + j]), xj);
        }
#pragma clang loop unroll(full)
    for (int r = 7; r >= 0; r--) {
      if (r >= width) continue;
      for (int v = 0; v < vectors; v++) {
        vec xr = s->has_tiny_pivot ? sum[r][v] / u[r * s->leading + k + r]
                                   : sum[r][v] * s->inverses[k + r];
        *(vec *)(x + (k + r) * x_leading + v * WIDTH) = xr;
        for (int q = 0; q < r; q++)
          sum[q][v] = MINUS_TIMES(sum[q][v], NAME(same)(u[q * s->leading + k + r]), xr);
      }
    }
  }
}

/// Copies a matrix into rows.
static void NAME(load)(const ELEMENT *a, ptrdiff_t row_stride, ptrdiff_t column_stride, ptrdiff_t rows,
                       ptrdiff_t columns, ELEMENT *to, ptrdiff_t leading) {
  ptrdiff_t i = 0;
  if (column_stride == 1) {
    for (; i < rows; i++) memcpy(to + i * leading, a + i * row_stride, (size_t)columns * sizeof(ELEMENT));
    return;
  }
  if (row_stride == 1)
    for (; i + 8 <= rows; i += 8) {
      ptrdiff_t j = 0;
      for (; j + 8 <= columns; j += 8)
        NAME(turn)(a + i + j * column_stride, column_stride, to + i * leading + j, leading);
      for (; j < columns; j++)
        for (int r = 0; r < 8; r++) to[(i + r) * leading + j] = a[i + r + j * column_stride];
    }
  for (; i < rows; i++)
    for (ptrdiff_t j = 0; j < columns; j++) to[i * leading + j] = a[i * row_stride + j * column_stride];
}

/// Right sides `first` ..< `first + count` into rows; columns of the identity when there are none.
static void NAME(load_sides)(const ELEMENT *b, ek_layout layout, ptrdiff_t n, ptrdiff_t first, ptrdiff_t count,
                             ELEMENT *to, ptrdiff_t leading) {
  if (b) {
    NAME(load)(b + first * layout.column_stride, layout.row_stride, layout.column_stride, n, count, to, leading);
    return;
  }
  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t j = 0; j < count; j++) to[i * leading + j] = i == first + j;
}

/// Parts `scratch`, and copies A; `sides` columns from `start` on are for B.
static NAME(system) NAME(prepared)(ptrdiff_t n, const ELEMENT *a, ek_layout layout, int is_positive, ptrdiff_t start,
                                   ptrdiff_t sides, ELEMENT *scratch) {
  ptrdiff_t height = ROUND_UP(n, LINE), leading = ROUND_UP(start + sides, LINE);
  leading |= LINE;  // an odd number of cache lines: those of a column are not all in the same few places of a cache
  NAME(system) s = {.n = n, .leading = leading, .height = height, .end = start + sides, .is_positive = is_positive};
  s.rows = scratch;
  s.inverses = s.rows + ROUND_UP(n, 8) * leading;
  s.pivots = (PLACE *)(s.inverses + height);
  s.x = s.inverses + 2 * height;
  s.panel = s.x + n * (EK_SIDES + 2 * LINE);
  NAME(load)(a, layout.row_stride, layout.column_stride, n, n, s.rows, leading);
  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t j = n; j < leading; j++) s.rows[i * leading + j] = 0;
  for (ptrdiff_t i = n; i < ROUND_UP(n, 8); i++)
    for (ptrdiff_t j = 0; j < leading; j++) s.rows[i * leading + j] = NAN;  // in which no pivot is found
  return s;
}

static ptrdiff_t NAME(solve_scratch)(ptrdiff_t n, ptrdiff_t m) {
  ptrdiff_t sides = m < EK_SIDES ? m : EK_SIDES, height = ROUND_UP(n, LINE);
  return ROUND_UP(n, 8) * (height + ROUND_UP(sides, LINE) + 2 * LINE) + 2 * height + n * (EK_SIDES + 2 * LINE) +
         (m > EK_SIDES ? ROUND_UP(n, 8) : 8) * height;
}

static ptrdiff_t NAME(solve)(ptrdiff_t n, ptrdiff_t m, int is_positive, const ELEMENT *a, ek_layout a_layout,
                             const ELEMENT *next, const ELEMENT *b, ek_layout b_layout, ELEMENT *x, ek_layout x_layout,
                             ELEMENT *scratch) {
  if (n == 0) return 0;
  // Few right sides are eliminated with A, and begin in its last vector if there is room. For many the panels are kept.
  int are_few = m <= EK_SIDES;
  ptrdiff_t start = are_few ? n : ROUND_UP(n, LINE), panel_size = are_few ? 0 : 8 * ROUND_UP(n, LINE);
  NAME(system) s = NAME(prepared)(n, a, a_layout, is_positive, start, are_few ? m : EK_SIDES, scratch);
  ptrdiff_t span = (n - 1) * (a_layout.row_stride + a_layout.column_stride) + 1;
  if (next && span <= 2 * n * n) {
    s.ahead = (const char *)next;
    s.ahead_step = ROUND_UP(span / n * (ptrdiff_t)sizeof(ELEMENT), 64);
  }
  if (are_few)
    NAME(load_sides)(b, b_layout, n, 0, m, s.rows + start, s.leading);
  else
    s.end = n;
  ptrdiff_t failed = NAME(eliminate)(&s, panel_size);
  if (failed) return failed;
  for (ptrdiff_t first = 0; first < m; first += EK_SIDES) {
    ptrdiff_t sides = m - first < EK_SIDES ? m - first : EK_SIDES;
    if (!are_few) {
      s.end = start + sides;
      NAME(load_sides)(b, b_layout, n, first, sides, s.rows + start, s.leading);
      for (ptrdiff_t k = 0; k < n; k += 8) {
        for (ptrdiff_t i = k; i < k + 8 && i < n && !is_positive; i++)
          if (s.pivots[i] != i)
            NAME(exchange)(s.rows + i * s.leading + start, s.rows + s.pivots[i] * s.leading + start, sides);
        NAME(change_columns)(&s, s.panel + k / 8 * panel_size, k, start);
      }
    }
    // In whole vectors, of which the first may have columns of U in front.
    ptrdiff_t from = start / WIDTH * WIDTH, leading = ROUND_UP(s.end - from, WIDTH), j = from;
    for (; j + 2 * WIDTH <= s.end; j += 2 * WIDTH) NAME(substitute)(2, &s, j, s.x + (j - from), leading);
    for (; j < s.end; j += WIDTH) NAME(substitute)(1, &s, j, s.x + (j - from), leading);
    for (ptrdiff_t i = 0; i < n; i++)
      for (ptrdiff_t c = 0; c < sides; c++)
        x[i * x_layout.row_stride + (first + c) * x_layout.column_stride] = s.x[i * leading + (start - from) + c];
  }
  return 0;
}

static ek_scaled NAME(determinant)(ptrdiff_t n, const ELEMENT *a, ek_layout layout, ELEMENT *scratch) {
  ek_scaled product = {1, 0};
  if (n == 0) return product;
  NAME(system) s = NAME(prepared)(n, a, layout, 0, n, 0, scratch);
  if (NAME(eliminate)(&s, 0)) return (ek_scaled){0, 0};
  for (ptrdiff_t i = 0; i < n; i++) {
    ELEMENT pivot = s.rows[i * s.leading + i];
    product = ek_multiply_scaled(product, scaled_of(s.pivots[i] == i ? pivot : -pivot));
  }
  return product;
}

#undef NAME
#undef NAME__
#undef NAME_
#undef WIDTH
#undef LINE
#undef ROUND_UP
#undef MINUS_TIMES
#undef vec
#undef mask
#undef eight
#undef SMALLEST
#undef MOST
#undef PLACE
#undef SUFFIX
#undef ELEMENT
