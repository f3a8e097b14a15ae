// A sort of unsigned whole numbers, for the AVX-512 level: a quicksort whose partition moves a register at a time, and
// whose last 64 numbers a network sorts in eight registers. C, because it is written in the level's instructions.
// Sources: C. A. R. Hoare, "Quicksort", Comput. J. 5 (1962); K. E. Batcher, "Sorting networks and their applications",
// AFIPS 32 (1968); B. Bramas, "A novel hybrid quicksort algorithm vectorized using AVX-512", IJACSA 8 (2017).

// Lower of each pair to `a`, higher to `b`.
#define SORT_EXCHANGE(a, b)                    \
  do {                                         \
    __m512i lower = _mm512_min_epu64(a, b);    \
    b = _mm512_max_epu64(a, b);                \
    a = lower;                                 \
  } while (0)

// The same inside a register: `other` is `v` with its pairs swapped, and `high` says where the higher of each goes.
static inline __m512i sort_step(__m512i v, __m512i other, __mmask8 high) {
  return _mm512_mask_max_epu64(_mm512_min_epu64(v, other), high, v, other);
}

static inline __m512i sort_reversed(__m512i v) {
  return _mm512_permutexvar_epi64(_mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0), v);
}

// Sorts the keys of one register.
static inline __m512i sort_register(__m512i v) {
  v = sort_step(v, _mm512_permutex_epi64(v, 0xb1), 0xaa);
  v = sort_step(v, _mm512_permutex_epi64(v, 0x1b), 0xcc);
  v = sort_step(v, _mm512_permutex_epi64(v, 0xb1), 0xaa);
  v = sort_step(v, sort_reversed(v), 0xf0);
  v = sort_step(v, _mm512_permutex_epi64(v, 0x4e), 0xcc);
  return sort_step(v, _mm512_permutex_epi64(v, 0xb1), 0xaa);
}

// Merges the two sorted halves of `count` registers.
static inline __attribute__((always_inline)) void sort_merge(__m512i *v, int count) {
  for (int i = 0; i < count / 2; i++) {
    __m512i other = sort_reversed(v[count - 1 - i]);
    SORT_EXCHANGE(v[i], other);
    v[count - 1 - i] = other;
  }
  // Now each half, and then each register, rises and falls once.
  for (int distance = count / 4; distance > 0; distance /= 2)
    for (int i = 0; i < count; i++)
      if ((i & distance) == 0) SORT_EXCHANGE(v[i], v[i + distance]);
  for (int i = 0; i < count; i++) {
    v[i] = sort_step(v[i], _mm512_shuffle_i64x2(v[i], v[i], 0x4e), 0xf0);
    v[i] = sort_step(v[i], _mm512_permutex_epi64(v[i], 0x4e), 0xcc);
    v[i] = sort_step(v[i], _mm512_permutex_epi64(v[i], 0xb1), 0xaa);
  }
}

static inline __attribute__((always_inline)) void sort_transpose(__m512i *v) {
  __m512i pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm512_unpacklo_epi64(v[i], v[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi64(v[i], v[i + 1]);
  }
  for (int i = 0; i < 8; i += 4)
    for (int j = i; j < i + 2; j++) {
      fours[j] = _mm512_shuffle_i64x2(pairs[j], pairs[j + 2], 0x88);
      fours[j + 2] = _mm512_shuffle_i64x2(pairs[j], pairs[j + 2], 0xdd);
    }
  for (int j = 0; j < 4; j++) {
    v[j] = _mm512_shuffle_i64x2(fours[j], fours[j + 4], 0x88);
    v[j + 4] = _mm512_shuffle_i64x2(fours[j], fours[j + 4], 0xdd);
  }
}

// Which of the keys of the `i`-th register there are, of `n`.
static inline __mmask8 sort_mask(ptrdiff_t n, int i) {
  ptrdiff_t left = n - 8 * i;
  return left >= 8 ? 0xff : left <= 0 ? 0 : (__mmask8)((1 << left) - 1);
}

// Sorts at most 64 keys. What is missing is the highest, and not written.
static void sort_few(uint64_t *keys, ptrdiff_t n) {
  static const unsigned char network[19][2] = {
      {0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3}, {4, 6}, {5, 7}, {1, 2}, {5, 6},
      {0, 4}, {1, 5}, {2, 6}, {3, 7}, {2, 4}, {3, 5}, {1, 2}, {3, 4}, {5, 6}};
  const __m512i highest = _mm512_set1_epi64(-1);
  __m512i v[8];
  for (int i = 0; i < 8; i++) v[i] = _mm512_mask_loadu_epi64(highest, sort_mask(n, i), keys + 8 * i);
  // Columns become sorted, then rows, then pairs of rows and so on.
#pragma clang loop unroll(full)
  for (int k = 0; k < 19; k++) SORT_EXCHANGE(v[network[k][0]], v[network[k][1]]);
  sort_transpose(v);
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i += 2) sort_merge(v + i, 2);
  sort_merge(v, 4);
  sort_merge(v + 4, 4);
  sort_merge(v, 8);
  for (int i = 0; i < 8; i++) _mm512_mask_storeu_epi64(keys + 8 * i, sort_mask(n, i), v[i]);
}

// For each mask of eight places: those that are set, in their order, and then the others; a byte each.
#define SORT_BEFORE(b, mask) __builtin_popcount((mask) & ((1 << (b)) - 1))
#define SORT_RANK(b, mask) \
  ((mask) >> (b)&1 ? SORT_BEFORE(b, mask) : __builtin_popcount(mask) + SORT_BEFORE(b, ~(mask)))
#define SORT_PLACE(b, mask) ((uint64_t)(b) << 8 * SORT_RANK(b, mask))
#define SORT_PLACES(m)                                                                          \
  (SORT_PLACE(0, m) | SORT_PLACE(1, m) | SORT_PLACE(2, m) | SORT_PLACE(3, m) | SORT_PLACE(4, m) | \
   SORT_PLACE(5, m) | SORT_PLACE(6, m) | SORT_PLACE(7, m))
#define SORT_PLACES_4(m) SORT_PLACES(m), SORT_PLACES((m) + 1), SORT_PLACES((m) + 2), SORT_PLACES((m) + 3)
#define SORT_PLACES_16(m) \
  SORT_PLACES_4(m), SORT_PLACES_4((m) + 4), SORT_PLACES_4((m) + 8), SORT_PLACES_4((m) + 12)
#define SORT_PLACES_64(m) \
  SORT_PLACES_16(m), SORT_PLACES_16((m) + 16), SORT_PLACES_16((m) + 32), SORT_PLACES_16((m) + 48)
static const uint64_t sort_places[256] = {SORT_PLACES_64(0), SORT_PLACES_64(64),
                                          SORT_PLACES_64(128), SORT_PLACES_64(192)};

// Writes the keys that are less than the pivot (at most it, if `inclusive`) from `*low` on, and the others before
// `*high`. Whole registers are written, so there must be room for one at both, or for one between them.
static inline __attribute__((always_inline)) void sort_part(__m512i keys, __m512i pivot, int inclusive,
                                                            uint64_t **low, uint64_t **high) {
  __mmask8 less =
      inclusive ? _mm512_cmple_epu64_mask(keys, pivot) : _mm512_cmplt_epu64_mask(keys, pivot);
  __m512i places = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)&sort_places[less]));
  __m512i parted = _mm512_permutexvar_epi64(places, keys);
  _mm512_storeu_si512(*low, parted);
  _mm512_storeu_si512(*high - 8, parted);
  int count = __builtin_popcount(less);
  *low += count;
  *high -= 8 - count;
}

// Registers that are read at a time, all from one side: which one that is a processor guesses wrong half of the time.
#define SORT_BLOCK 8

// Moves the keys that are less than the pivot (at most it, if `inclusive`) before the others; returns how many they are.
static inline __attribute__((always_inline)) ptrdiff_t sort_partition(uint64_t *keys, ptrdiff_t n,
                                                                     uint64_t pivot_key,
                                                                     int inclusive) {
  // One by one what would not fill a register.
  ptrdiff_t start = 0, end = n;
  while ((end - start) % 8 != 0) {
    uint64_t key = keys[start];
    if (inclusive ? key <= pivot_key : key < pivot_key) {
      start++;
    } else {
      keys[start] = keys[--end];
      keys[end] = key;
    }
  }
  // The ends are kept aside. So there is room for as many registers at both sides together, and for those that are
  // read next on the side that has less of it, once they have been.
  const __m512i pivot = _mm512_set1_epi64((long long)pivot_key);
  __m512i aside[2 * SORT_BLOCK];
  uint64_t *low = keys + start, *high = keys + end;
  int block = end - start >= 4 * 8 * SORT_BLOCK ? SORT_BLOCK : end - start >= 16 ? 1 : 0;
  int kept = 2 * block;
  uint64_t *left = low + 8 * block, *right = high - 8 * block;
  for (int i = 0; i < block; i++) {
    aside[i] = _mm512_loadu_si512(low + 8 * i);
    aside[block + i] = _mm512_loadu_si512(right + 8 * i);
  }
  if (block == 0 && left < right) {
    aside[kept++] = _mm512_loadu_si512(left);
    left = right;
  }
  while (block == SORT_BLOCK && right - left >= 8 * SORT_BLOCK) {
    uint64_t *from = left;
    if (left - low <= high - right) {
      left += 8 * SORT_BLOCK;
    } else {
      from = right -= 8 * SORT_BLOCK;
    }
    __m512i v[SORT_BLOCK];
    for (int i = 0; i < SORT_BLOCK; i++) v[i] = _mm512_loadu_si512(from + 8 * i);
    for (int i = 0; i < SORT_BLOCK; i++) sort_part(v[i], pivot, inclusive, &low, &high);
  }
  while (left < right) {
    uint64_t *from = left;
    if (left - low <= high - right) {
      left += 8;
    } else {
      from = right -= 8;
    }
    sort_part(_mm512_loadu_si512(from), pivot, inclusive, &low, &high);
  }
  for (int i = 0; i < kept; i++) sort_part(aside[i], pivot, inclusive, &low, &high);
  return low - keys;
}

// A key that about half of all are less than: the middle of 8, or of 63, at equal distances; n ≥ 64.
static uint64_t sort_pivot(const uint64_t *keys, ptrdiff_t n) {
  uint64_t samples[64];
  if (n < 1024) {
    ptrdiff_t step = (n - 1) / 8;
    for (int i = 0; i < 8; i++) samples[i] = keys[step / 2 + step * i];
    _mm512_storeu_si512(samples, sort_register(_mm512_loadu_si512(samples)));
    return samples[4];
  }
  for (int i = 0; i < 63; i++) samples[i] = keys[(n - 1) / 62 * i];
  sort_few(samples, 63);
  return samples[31];
}

// Sorts without a worst case. Source: J. W. J. Williams, "Algorithm 232: Heapsort", CACM 7 (1964).
static void sort_by_heap(uint64_t *keys, ptrdiff_t n) {
  ptrdiff_t root = n / 2, last = n - 1;
  while (last > 0) {
    uint64_t key;
    if (root > 0) {
      key = keys[--root];
    } else {
      key = keys[last];
      keys[last--] = keys[0];
    }
    ptrdiff_t hole = root;
    for (;;) {
      ptrdiff_t child = 2 * hole + 1;
      if (child > last) break;
      if (child < last && keys[child] < keys[child + 1]) child++;
      if (keys[child] <= key) break;
      keys[hole] = keys[child];
      hole = child;
    }
    keys[hole] = key;
  }
}

// `depth` parts of parts are made, then those that are left are sorted by heap.
static void sort_u64(uint64_t *keys, ptrdiff_t n, int depth) {
  while (n > 64) {
    if (depth-- <= 0) {
      sort_by_heap(keys, n);
      return;
    }
    uint64_t pivot = sort_pivot(keys, n);
    ptrdiff_t less = sort_partition(keys, n, pivot, 0);
    if (less == 0) {
      // It is the lowest, and all that are equal to it come first.
      less = sort_partition(keys, n, pivot, 1);
      keys += less;
      n -= less;
    } else if (less < n - less) {
      sort_u64(keys, less, depth);
      keys += less;
      n -= less;
    } else {
      sort_u64(keys + less, n - less, depth);
      n = less;
    }
  }
  sort_few(keys, n);
}

// Puts what is less than the first pivot before what is not, and so on for all of them, which rise.
static void part_u64(uint64_t *keys, ptrdiff_t n, const uint64_t *pivots, ptrdiff_t count) {
  while (count > 0 && n > 64) {
    ptrdiff_t middle = count / 2;
    ptrdiff_t less = sort_partition(keys, n, pivots[middle], 0);
    part_u64(keys, less, pivots, middle);
    keys += less;
    n -= less;
    pivots += middle + 1;
    count -= middle + 1;
  }
  if (count > 0) sort_few(keys, n);
}
