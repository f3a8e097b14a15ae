// A·Bᵀ of factors that lie in panels, as ek_pack_panels packs them, and C − A·Bᵀ. No include guard: a template over ELEMENT and
// SUFFIX, for levels with a fused multiply-add; it undefines them at its end.
//
// A BLAS packs its factors anew in each call, for itself alone. The steps of a factorization by tiles read the same
// factors many times, in several processes: they are packed once, where all see them.
//
// A block of C is kept in registers, BLOCK_ROWS × BLOCK_COLUMNS, while DEPTH columns of A and B pass: 24 × 8 of double in
// 24 of 32 registers with AVX-512, 8 × 6 in 12 of 16 with AVX2. So many rows of A as fill PART bytes stay in the second
// cache, and the BLOCK_COLUMNS rows of B in the first; C, which comes from memory, is asked for before its block begins.
// Each element is a sum over DEPTH columns at a time, from the first to the last, by one multiply-add each, and is then
// taken from C or added: the bits depend on a row of A, one of B and C alone, not on the level.
//
// Source: K. Goto, R. van de Geijn, *Anatomy of High-Performance Matrix Multiplication*, ACM TOMS 34 (3), 2008.

#define NAME_(base, suffix) base##_##suffix
#define NAME__(base, suffix) NAME_(base, suffix)
#define NAME(base) NAME__(base, SUFFIX)

#define vec NAME(packed_vector)
#define loose NAME(packed_loose)
typedef ELEMENT vec __attribute__((vector_size(EK_VECTOR_BYTES)));
typedef ELEMENT loose __attribute__((vector_size(EK_VECTOR_BYTES), aligned(sizeof(ELEMENT))));

#define WIDTH ((ptrdiff_t)(EK_VECTOR_BYTES / sizeof(ELEMENT)))
#define PANEL ((ptrdiff_t)(EK_PANEL_BYTES / sizeof(ELEMENT)))
#define BLOCK_VECTORS (EK_VECTOR_BYTES == 64 ? 3 : 2)
#define BLOCK_ROWS (BLOCK_VECTORS * WIDTH)
#define BLOCK_COLUMNS (EK_VECTOR_BYTES == 64 ? 8 : 6)
#define DEPTH ((ptrdiff_t)(3072 / sizeof(ELEMENT)))
#define PART (288 << 10)
#define LESSER(a, b) ((a) < (b) ? (a) : (b))

/// One block.
static inline __attribute__((always_inline)) void NAME(packed_block)(ptrdiff_t k, const ELEMENT *a, const ELEMENT *b,
                                                                     ELEMENT *c, ptrdiff_t ldc, int update) {
#pragma clang loop unroll(full)
  for (int j = 0; j < BLOCK_COLUMNS; j++)
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_VECTORS; i++) __builtin_prefetch(c + i * WIDTH + j * ldc, 1);
  vec sum[BLOCK_COLUMNS][BLOCK_VECTORS];
#pragma clang loop unroll(full)
  for (int j = 0; j < BLOCK_COLUMNS; j++)
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_VECTORS; i++) sum[j][i] = (vec){0};
#pragma clang loop unroll_count(4)
  for (ptrdiff_t p = 0; p < k; p++) {
    vec left[BLOCK_VECTORS];
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_VECTORS; i++) left[i] = *(const loose *)(a + p * PANEL + i * WIDTH);
#pragma clang loop unroll(full)
    for (int j = 0; j < BLOCK_COLUMNS; j++) {
      vec right = b[p * PANEL + j] - (vec){0};
#pragma clang loop unroll(full)
      for (int i = 0; i < BLOCK_VECTORS; i++) sum[j][i] = __builtin_elementwise_fma(left[i], right, sum[j][i]);
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < BLOCK_COLUMNS; j++)
#pragma clang loop unroll(full)
    for (int i = 0; i < BLOCK_VECTORS; i++) {
      loose *place = (loose *)(c + i * WIDTH + j * ldc);
      *place = update == EK_UPDATE_SET ? sum[j][i] : update == EK_UPDATE_ADD ? *place + sum[j][i] : *place - sum[j][i];
    }
}

/// One at an edge of C, of which only some rows and columns are there: in a block of its own. Behind the last row a panel
/// has zeros.
static __attribute__((noinline)) void NAME(packed_edge)(ptrdiff_t k, const ELEMENT *a, const ELEMENT *b, ELEMENT *c,
                                                        ptrdiff_t ldc, int update, ptrdiff_t rows, ptrdiff_t columns) {
  ELEMENT whole[BLOCK_ROWS * BLOCK_COLUMNS];
  memset(whole, 0, sizeof whole);
  for (ptrdiff_t j = 0; j < columns; j++)
    memcpy(whole + j * BLOCK_ROWS, c + j * ldc, (size_t)rows * sizeof(ELEMENT));
  NAME(packed_block)(k, a, b, whole, BLOCK_ROWS, update);
  for (ptrdiff_t j = 0; j < columns; j++)
    memcpy(c + j * ldc, whole + j * BLOCK_ROWS, (size_t)rows * sizeof(ELEMENT));
}

static void NAME(multiply_packed)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const ELEMENT *a, ptrdiff_t a_stride,
                                  const ELEMENT *b, ptrdiff_t b_stride, ELEMENT *c, ptrdiff_t ldc, int update) {
  if (k <= 0) return;
  ptrdiff_t panels = PART / (LESSER(k, DEPTH) * EK_PANEL_BYTES);
  ptrdiff_t height = LESSER(panels, 16) * PANEL;
  for (ptrdiff_t part = 0; part < m; part += height)
    for (ptrdiff_t p = 0; p < k; p += DEPTH) {
      ptrdiff_t depth = LESSER(k - p, DEPTH), end = LESSER(m, part + height);
      int now = update == EK_UPDATE_SET && p > 0 ? EK_UPDATE_ADD : update;
      for (ptrdiff_t j = 0; j < n; j += BLOCK_COLUMNS)
        for (ptrdiff_t i = part; i < end; i += BLOCK_ROWS) {
          if (update == EK_UPDATE_SUBTRACT_LOWER && i + BLOCK_ROWS <= j) continue;
          const ELEMENT *rows = a + i / PANEL * a_stride + p * PANEL + i % PANEL;
          const ELEMENT *columns = b + j / PANEL * b_stride + p * PANEL + j % PANEL;
          if (i + BLOCK_ROWS <= m && j + BLOCK_COLUMNS <= n)
            NAME(packed_block)(depth, rows, columns, c + i + j * ldc, ldc, now);
          else
            NAME(packed_edge)(depth, rows, columns, c + i + j * ldc, ldc, now, LESSER(m - i, BLOCK_ROWS),
                              LESSER(n - j, BLOCK_COLUMNS));
        }
    }
}

#undef NAME_
#undef NAME__
#undef NAME
#undef vec
#undef loose
#undef WIDTH
#undef PANEL
#undef BLOCK_VECTORS
#undef BLOCK_ROWS
#undef BLOCK_COLUMNS
#undef DEPTH
#undef PART
#undef LESSER
#undef ELEMENT
#undef SUFFIX
