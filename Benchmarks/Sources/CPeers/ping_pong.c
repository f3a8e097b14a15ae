// The least that two parties need for a round trip: one word each way, looked at for a while, then
// slept on. It carries no function, no argument and no result.
#include "CPeers.h"
#include "futex.h"

#include <pthread.h>
#include <stdalign.h>

// Each word on a cache line of its own, and each with a flag that its reader sleeps: a system call
// to wake nobody would cost more than the rest.
static struct {
  alignas(64) _Atomic uint32_t word;
  _Atomic uint32_t sleeps;
} ping, pong;

static long spin;
static pthread_t answering;
static const uint32_t stop = UINT32_MAX;

#define WAIT(end, value)                                                        \
  do {                                                                          \
    long start = peer_now();                                                    \
    while (atomic_load_explicit(&(end).word, memory_order_acquire) == (value)) { \
      for (int look = 0; look < 32; look++) {                                   \
        if (atomic_load_explicit(&(end).word, memory_order_acquire) != (value)) break; \
        peer_pause();                                                           \
      }                                                                         \
      if (peer_now() - start < spin) continue;                                  \
      atomic_store(&(end).sleeps, 1);                                           \
      if (atomic_load(&(end).word) == (value))                                  \
        syscall(SYS_futex, &(end).word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); \
      atomic_store(&(end).sleeps, 0);                                           \
    }                                                                           \
  } while (0)

#define SET(end, value)                                                        \
  do {                                                                         \
    atomic_store(&(end).word, value);                                          \
    if (atomic_load(&(end).sleeps))                                            \
      syscall(SYS_futex, &(end).word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);   \
  } while (0)

static void *answer(void *unused) {
  uint32_t seen = 0;
  for (;;) {
    WAIT(ping, seen);
    seen = atomic_load(&ping.word);
    if (seen == stop) return unused;
    SET(pong, seen);
  }
}

long peer_clock_nanoseconds(void) { return peer_now(); }

int peer_ping_pong_start(long spin_nanoseconds) {
  spin = spin_nanoseconds;
  atomic_store(&ping.word, 0);
  atomic_store(&pong.word, 0);
  return pthread_create(&answering, NULL, answer, NULL);
}

void peer_ping_pong(void) {
  uint32_t before = atomic_load_explicit(&ping.word, memory_order_relaxed);
  uint32_t next = before + 1 == stop ? 0 : before + 1;
  SET(ping, next);
  WAIT(pong, before);
}

void peer_ping_pong_stop(void) {
  SET(ping, stop);
  pthread_join(answering, NULL);
}
