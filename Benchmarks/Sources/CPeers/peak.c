// The multiply-add peak: independent chains of a·x + y in registers, on every thread of the team.
#define _GNU_SOURCE
#include "CPeers.h"
#include "team.h"

#include <time.h>

/// Long enough that a processor has its final frequency for most of it.
static const long rounds = 40000000;

// One function per width. The chains are as many as fit beside x and y in the registers, and more than the latency of
// an instruction times the number that begin in a cycle.
#define DEFINE_CHAINS(NAME, TARGET, BYTES, CHAINS)                                     \
  TARGET static double NAME(double seed) {                                             \
    typedef double vector __attribute__((vector_size(BYTES)));                         \
    vector chain[CHAINS], x = {0}, y = {0};                                            \
    x += 0.5, y += seed;                                                               \
    for (int i = 0; i < CHAINS; i++) chain[i] = x * (double)i;                         \
    for (long round = 0; round < rounds; round++)                                      \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * x + y; \
    double sum = 0;                                                                    \
    for (int i = 0; i < CHAINS; i++) sum += chain[i][0];                               \
    return sum;                                                                        \
  }

#if defined(__x86_64__)
DEFINE_CHAINS(chains_512, __attribute__((target("avx512f"))), 64, 12)
DEFINE_CHAINS(chains_256, __attribute__((target("avx2,fma"))), 32, 12)
#endif
DEFINE_CHAINS(chains_128, , 16, 12)

static double results[PEER_TEAM_LIMIT];
static double (*chains)(double);
static double operations_per_thread;

static void choose(void) {
  chains = chains_128;
  operations_per_thread = 2.0 * 2 * 12 * (double)rounds;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    chains = chains_256;
    operations_per_thread = 2.0 * 4 * 12 * (double)rounds;
  }
  if (__builtin_cpu_supports("avx512f")) {
    chains = chains_512;
    operations_per_thread = 2.0 * 8 * 12 * (double)rounds;
  }
#endif
}

static void body(int thread, long first, long last) {
  (void)first, (void)last;
  results[thread] = chains(1e-9);
}

const char *peer_peak_instruction_set(void) {
  choose();
  return chains == chains_128 ? "128-bit vectors"
#if defined(__x86_64__)
         : chains == chains_512 ? "AVX-512"
#endif
                                : "AVX2";
}

double peer_peak(void) {
  choose();
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int threads = peer_team_size();
  peer_team_run(threads, body);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
  return seconds / (operations_per_thread * threads);
}
