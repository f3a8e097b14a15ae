// Atomic operations on addresses that several processes share.
//
// Why C: Swift's `Atomic` owns its storage and cannot be placed at an address in a shared mapping.
// C11's atomics can, and as inline functions they cost nothing. Decision 0003.
//
// A function is named after its order. `sequential` stands where a store must be ordered before a
// later load of another word (the sleep and wake-up protocol); everything else is acquire/release.
#ifndef ECHELON_ATOMICS_H
#define ECHELON_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words shared by processes must be lock-free");
_Static_assert(sizeof(_Atomic(uint64_t)) == 8, "an atomic word has no hidden lock");

#define ECHELON_ATOMICS(bits)                                                                      \
  static inline uint##bits##_t echelon_load_relaxed_##bits(const void *word) {                     \
    return atomic_load_explicit((const _Atomic(uint##bits##_t) *)word, memory_order_relaxed);      \
  }                                                                                                \
  static inline uint##bits##_t echelon_load_acquire_##bits(const void *word) {                     \
    return atomic_load_explicit((const _Atomic(uint##bits##_t) *)word, memory_order_acquire);      \
  }                                                                                                \
  static inline uint##bits##_t echelon_load_sequential_##bits(const void *word) {                  \
    return atomic_load_explicit((const _Atomic(uint##bits##_t) *)word, memory_order_seq_cst);      \
  }                                                                                                \
  static inline void echelon_store_relaxed_##bits(void *word, uint##bits##_t value) {              \
    atomic_store_explicit((_Atomic(uint##bits##_t) *)word, value, memory_order_relaxed);           \
  }                                                                                                \
  static inline void echelon_store_release_##bits(void *word, uint##bits##_t value) {              \
    atomic_store_explicit((_Atomic(uint##bits##_t) *)word, value, memory_order_release);           \
  }                                                                                                \
  static inline void echelon_store_sequential_##bits(void *word, uint##bits##_t value) {           \
    atomic_store_explicit((_Atomic(uint##bits##_t) *)word, value, memory_order_seq_cst);           \
  }                                                                                                \
  static inline uint##bits##_t echelon_exchange_##bits(void *word, uint##bits##_t value) {         \
    return atomic_exchange_explicit((_Atomic(uint##bits##_t) *)word, value, memory_order_seq_cst); \
  }                                                                                                \
  static inline uint##bits##_t echelon_fetch_add_##bits(void *word, uint##bits##_t value) {        \
    return atomic_fetch_add_explicit((_Atomic(uint##bits##_t) *)word, value,                       \
                                     memory_order_seq_cst);                                        \
  }                                                                                                \
  static inline uint##bits##_t echelon_fetch_or_##bits(void *word, uint##bits##_t value) {         \
    return atomic_fetch_or_explicit((_Atomic(uint##bits##_t) *)word, value, memory_order_seq_cst); \
  }                                                                                                \
  static inline uint##bits##_t echelon_fetch_and_##bits(void *word, uint##bits##_t value) {        \
    return atomic_fetch_and_explicit((_Atomic(uint##bits##_t) *)word, value,                       \
                                     memory_order_seq_cst);                                        \
  }                                                                                                \
  static inline bool echelon_compare_exchange_##bits(void *word, uint##bits##_t expected,          \
                                                     uint##bits##_t desired) {                     \
    return atomic_compare_exchange_strong_explicit((_Atomic(uint##bits##_t) *)word, &expected,     \
                                                   desired, memory_order_seq_cst,                  \
                                                   memory_order_acquire);                          \
  }

ECHELON_ATOMICS(32)
ECHELON_ATOMICS(64)

#undef ECHELON_ATOMICS

static inline void echelon_fence_sequential(void) { atomic_thread_fence(memory_order_seq_cst); }

/// Asks for a cache line that is to be written soon; a hint, which cannot fail.
static inline void echelon_prefetch_for_writing(const void *address) {
#if defined(__x86_64__)
  // Spelt out: the builtin asks for it to be read, unless the compiler is told of a processor.
  __asm__ volatile("prefetchw %0" ::"m"(*(const char *)address));
#else
  __builtin_prefetch(address, 1);
#endif
}

/// Tells the core that this is a spin loop.
static inline void echelon_spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

#endif
