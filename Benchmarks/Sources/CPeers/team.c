// A fork-join team: the caller takes one part of a loop, helpers the others. Helpers sleep between
// loops; they are woken before the caller begins with its own part.
#include "team.h"
#include "CPeers.h"
#include "futex.h"

#include <pthread.h>

/// How long the caller looks for the end of the others' parts before it sleeps.
static const long join_spin_nanoseconds = 40000;

static int team_size = 1;
static _Atomic uint32_t round_number;
static _Atomic uint32_t still_busy;
static long loop_count;
static void (*loop_body)(int, long, long);

static void run_part(int thread) {
  // Parts begin at a multiple of 8 elements: at a cache line, and at the same point of a vector.
  long share = (loop_count / team_size + 7) / 8 * 8;
  long first = thread * share < loop_count ? thread * share : loop_count;
  long last = thread == team_size - 1 || first + share > loop_count ? loop_count : first + share;
  loop_body(thread, first, last);
}

static void *helper(void *argument) {
  int thread = (int)(intptr_t)argument;
  for (uint32_t seen = 0;; seen++) {
    peer_wait_while(&round_number, seen, 0);
    run_part(thread);
    // Nothing is stored here: the caller may have seen the 0 and be in its next loop.
    if (atomic_fetch_sub(&still_busy, 1) == 1) peer_wake(&still_busy);
  }
  return NULL;
}

int peer_team_start(int thread_count) {
  if (team_size > 1 || thread_count > PEER_TEAM_LIMIT) return -1;
  team_size = thread_count;
  for (int thread = 1; thread < thread_count; thread++) {
    pthread_t id;
    if (pthread_create(&id, NULL, helper, (void *)(intptr_t)thread) != 0) return -1;
    pthread_detach(id);
  }
  return 0;
}

int peer_team_size(void) { return team_size; }

void peer_team_run(long count, void (*body)(int thread, long first, long last)) {
  loop_count = count;
  loop_body = body;
  atomic_store(&still_busy, (uint32_t)team_size);
  peer_set(&round_number, atomic_load(&round_number) + 1);
  run_part(0);
  uint32_t left = atomic_fetch_sub(&still_busy, 1) - 1;
  while (left != 0) {
    peer_wait_while(&still_busy, left, join_spin_nanoseconds);
    left = atomic_load_explicit(&still_busy, memory_order_acquire);
  }
}
