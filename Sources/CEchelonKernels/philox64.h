// Philox4x64-10 for many counters at once. No include guard: part of level.h.
//
// Source: as philox.h. No instruction set has a product of 64 by 64 bits in vectors, so it is put together of four of 32 by
// 32; with AVX2 that makes 144 M blocks of 256 bits a second on a core of a Zen 3, and the processor's own product 96 M. The
// levels that gain nothing by it (EK_PHILOX64_LANES is 1) take that.

enum { PHILOX64_LANES = EK_PHILOX64_LANES };

#if EK_PHILOX64_LANES == 1
typedef uint64_t words64;
FUNCTION words64 words64_from(uint64_t first) { return first; }
FUNCTION words64 product64(words64 a, uint64_t b, words64 *low) {
  unsigned __int128 product = (unsigned __int128)a * b;
  *low = (uint64_t)product;
  return (uint64_t)(product >> 64);
}
FUNCTION uint64_t word64_of(const words64 *x, int lane) { return x[lane]; }
#else
typedef uint64_t words64 __attribute__((vector_size(PHILOX64_LANES * sizeof(uint64_t))));
FUNCTION words64 words64_from(uint64_t first) {
  words64 x;
  for (int k = 0; k < PHILOX64_LANES; k++) x[k] = first + (uint64_t)k;
  return x;
}
FUNCTION words64 product64(words64 a, uint64_t b, words64 *low) {
  const words64 half = (words64){0} + 0xFFFFFFFFu;
  words64 a0 = a & half, a1 = a >> 32, b0 = (words64){0} + (b & 0xFFFFFFFFu), b1 = (words64){0} + (b >> 32);
  words64 p00 = a0 * b0, p10 = a1 * b0, p01 = a0 * b1, p11 = a1 * b1;
  // Neither sum exceeds 64 bits: (2³² - 1)² + 2³² - 1 < 2⁶⁴.
  words64 middle = (p00 >> 32) + p10, rest = (middle & half) + p01;
  *low = rest << 32 | (p00 & half);
  return p11 + (middle >> 32) + (rest >> 32);
}
FUNCTION uint64_t word64_of(const words64 *x, int lane) { return (*x)[lane]; }
#endif

/// The words of PHILOX64_LANES successive blocks of (seed, stream, index 0).
static inline void philox64_blocks(uint64_t seed, uint64_t stream, uint64_t block, uint64_t *out) {
  words64 c0 = words64_from(block), c1 = {0}, c2 = {0}, c3 = {0};
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    words64 low0, low1, high0 = product64(c0, 0xD2E7470EE14C6C93u, &low0),
                        high1 = product64(c2, 0xCA5A826395121157u, &low1);
    c0 = high1 ^ c1 ^ seed;
    c1 = low1;
    c2 = high0 ^ c3 ^ stream;
    c3 = low0;
    seed += 0x9E3779B97F4A7C15u;
    stream += 0xBB67AE8584CAA73Bu;
  }
  for (int k = 0; k < PHILOX64_LANES; k++) {
    out[4 * k] = word64_of(&c0, k);
    out[4 * k + 1] = word64_of(&c1, k);
    out[4 * k + 2] = word64_of(&c2, k);
    out[4 * k + 3] = word64_of(&c3, k);
  }
}

/// Words `first` … of the sequence.
static void philox64_fill(uint64_t seed, uint64_t stream, uint64_t first, uint64_t *out, ptrdiff_t n) {
  enum { TOGETHER = 4 * PHILOX64_LANES };
  uint64_t block = first / 4;
  ptrdiff_t place = (ptrdiff_t)(first % 4);
  while (n > 0) {
    if (place == 0 && n >= TOGETHER) {
      philox64_blocks(seed, stream, block, out);
      out += TOGETHER;
      n -= TOGETHER;
    } else {
      uint64_t words[TOGETHER];
      ptrdiff_t made = n < TOGETHER - place ? n : TOGETHER - place;
      philox64_blocks(seed, stream, block, words);
      memcpy(out, words + place, (size_t)made * sizeof *out);
      out += made;
      n -= made;
      place = 0;
    }
    block += PHILOX64_LANES;
  }
}
