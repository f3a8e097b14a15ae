// The least that a round trip costs between two that sleep: two semaphores. What Echelon's wake-up of a
// sleeping worker is held against.
#include "futex.h"
#include "CPeers.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static sem_t there, back;
static _Atomic int stopping;
static pthread_t answering;
static cpu_set_t allowed;

// On two processors, as a program and its worker are: on one, the kernel need not wake anything.
static void part(void) {
  cpu_set_t own, others = allowed;
  int here = sched_getcpu();
  CPU_ZERO(&own);
  CPU_SET(here, &own);
  if (CPU_COUNT(&allowed) > 1) CPU_CLR(here, &others);
  pthread_setaffinity_np(pthread_self(), sizeof own, &own);
  pthread_setaffinity_np(answering, sizeof others, &others);
}

static void *answer(void *unused) {
  for (;;) {
    while (sem_wait(&there) != 0) {}
    if (atomic_load(&stopping)) return unused;
    sem_post(&back);
  }
}

int peer_semaphores_start(void) {
  atomic_store(&stopping, 0);
  if (sem_init(&there, 0, 0) != 0 || sem_init(&back, 0, 0) != 0) return -1;
  pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed);
  int error = pthread_create(&answering, NULL, answer, NULL);
  if (error == 0) part();
  return -error;
}

long peer_semaphores(long gap_nanoseconds) {
  long start = peer_now();
  while (peer_now() - start < gap_nanoseconds) peer_pause();
  start = peer_now();
  sem_post(&there);
  while (sem_wait(&back) != 0) {}
  return peer_now() - start;
}

void peer_semaphores_stop(void) {
  atomic_store(&stopping, 1);
  sem_post(&there);
  pthread_join(answering, NULL);
  pthread_setaffinity_np(pthread_self(), sizeof allowed, &allowed);
}
