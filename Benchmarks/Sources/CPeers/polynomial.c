// The plain loop that a numeric map stands for. Compiled with the flags of this package, so with the
// same instruction set as the Swift closure; the compiler vectorises both.
#include "CPeers.h"
#include "memory.h"
#include "team.h"

#include <math.h>
#include <string.h>

static double *x, *y;
static long count;
// Of them the first that are computed.
static long used;

int peer_map_prepare(long wanted) {
  count = used = wanted;
  x = peer_allocate((size_t)count * sizeof(double));
  y = peer_allocate((size_t)count * sizeof(double));
  if (x == NULL || y == NULL) return -1;
  for (long i = 0; i < count; i++) x[i] = (double)i * 1e-6;
  return 0;
}

int peer_map_use(long wanted) {
  if (wanted < 1 || wanted > count) return -1;
  used = wanted;
  return 0;
}

void peer_map_release(void) {
  peer_free(x, (size_t)count * sizeof(double));
  peer_free(y, (size_t)count * sizeof(double));
  x = y = NULL;
}

static void degree3(int thread, long first, long last) {
  (void)thread;
  const double *restrict from = x;
  double *restrict to = y;
  for (long i = first; i < last; i++) {
    double t = from[i];
    to[i] = ((1.0 / 6 * t + 0.5) * t + 1) * t + 1;
  }
}

static void degree7(int thread, long first, long last) {
  (void)thread;
  const double *restrict from = x;
  double *restrict to = y;
  for (long i = first; i < last; i++) {
    double t = from[i];
    double p = 1.0 / 5040 * t + 1.0 / 720;
    p = p * t + 1.0 / 120;
    p = p * t + 1.0 / 24;
    p = p * t + 1.0 / 6;
    p = p * t + 0.5;
    p = p * t + 1;
    to[i] = p * t + 1;
  }
}

int peer_map_polynomial(int degree) {
  switch (degree) {
    case 3: peer_team_run(used, degree3); return 0;
    case 7: peer_team_run(used, degree7); return 0;
    default: return -1;
  }
}

double peer_map_element(long index) { return index >= 0 && index < count ? y[index] : NAN; }
