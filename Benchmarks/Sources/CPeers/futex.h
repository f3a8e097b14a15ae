// Sleeping on a word, and looking at it for a while before, for the peers.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline long peer_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static inline void peer_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Waits until `word` is no longer `value`: spins first, then sleeps.
static inline void peer_wait_while(_Atomic uint32_t *word, uint32_t value, long spin_nanoseconds) {
  long start = peer_now();
  do {
    for (int look = 0; look < 32; look++) {
      if (atomic_load_explicit(word, memory_order_acquire) != value) return;
      peer_pause();
    }
  } while (peer_now() - start < spin_nanoseconds);
  while (atomic_load_explicit(word, memory_order_acquire) == value)
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

/// Wakes whoever sleeps on `word`.
static inline void peer_wake(_Atomic uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/// Sets `word` and wakes whoever sleeps on it.
static inline void peer_set(_Atomic uint32_t *word, uint32_t value) {
  atomic_store_explicit(word, value, memory_order_release);
  peer_wake(word);
}
