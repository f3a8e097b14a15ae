// Other programs that are measured beside Echelon, and what processes have used.
#define _GNU_SOURCE
#include "CPeers.h"

#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

double peer_program_number(const char *command) {
  FILE *output = popen(command, "r");
  if (!output) return NAN;
  double number = NAN;
  if (fscanf(output, "%lf", &number) != 1) number = NAN;
  while (fgetc(output) != EOF) {}
  int status = pclose(output);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? number : NAN;
}

long peer_processor_time(int process_id) {
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(process_id, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
  return used.tv_sec * 1000000000L + used.tv_nsec;
}
