// Other programs that are measured beside Echelon, and what processes have used.
#define _GNU_SOURCE
#include "CPeers.h"

#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double program_answer = NAN, service_answer = NAN;

double peer_program_answer(void) { return program_answer; }
double peer_service_answer(void) { return service_answer; }

double peer_program_number(const char *command) {
  program_answer = NAN;
  FILE *output = popen(command, "r");
  if (!output) return NAN;
  double number = NAN;
  if (fscanf(output, "%lf %lf", &number, &program_answer) < 1) number = NAN;
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

static pid_t service;
static FILE *questions, *answers;

int peer_service_start(const char *command) {
  int in[2], out[2];
  if (service != 0 || pipe(in) != 0) return -1;
  if (pipe(out) != 0) return -1;
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return -1;
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  for (int end = 0; end < 2; end++) {
    posix_spawn_file_actions_addclose(&actions, in[end]);
    posix_spawn_file_actions_addclose(&actions, out[end]);
  }
  char *arguments[] = {"sh", "-c", (char *)command, NULL};
  int error = posix_spawn(&service, "/bin/sh", &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  questions = fdopen(in[1], "w");
  answers = fdopen(out[0], "r");
  return error == 0 && questions != NULL && answers != NULL ? 0 : -1;
}

double peer_service_number(void) {
  double number = NAN;
  // Who has died is not written to: that would end this program too.
  if (service == 0 || waitpid(service, NULL, WNOHANG) != 0) return NAN;
  if (fputc('\n', questions) == EOF || fflush(questions) != 0) return NAN;
  service_answer = NAN;
  char line[100];
  if (fgets(line, sizeof line, answers) == NULL) return NAN;
  return sscanf(line, "%lf %lf", &number, &service_answer) >= 1 ? number : NAN;
}

void peer_service_stop(void) {
  if (service == 0) return;
  fclose(questions);
  fclose(answers);
  waitpid(service, NULL, 0);
  service = 0;
}
