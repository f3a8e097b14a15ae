// The floor of stopping work by force: a child that is busy, a signal, its end.
#include "CPeers.h"

#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

long peer_kill_busy_child(void) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  pid_t child = fork();
  if (child < 0) return -1;
  if (child == 0) {
    volatile uint64_t count = 0;
    if (write(ready[1], "", 1) != 1) _exit(1);
    for (;;) count++;
  }
  char byte;
  long result = -1;
  if (read(ready[0], &byte, 1) == 1) {
    long start = peer_clock_nanoseconds();
    kill(child, SIGTERM);
    waitpid(child, 0, 0);
    result = peer_clock_nanoseconds() - start;
  }
  close(ready[0]);
  close(ready[1]);
  return result;
}
