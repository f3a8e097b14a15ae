// The thread pool of the textbooks: one queue, one mutex, condition variables. A task is a function,
// an argument and a state that its submitter waits for.
#include "CPeers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct task {
  void (*function)(void *);
  void *argument;
  bool is_done;
  struct task *next;
} task;

enum { THREAD_LIMIT = 64 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_work = PTHREAD_COND_INITIALIZER;
static pthread_cond_t has_result = PTHREAD_COND_INITIALIZER;
static task *first, *last;
static bool is_closed, waits_for_result;
static pthread_t threads[THREAD_LIMIT];
static int thread_total;

static void *worker(void *unused) {
  pthread_mutex_lock(&mutex);
  for (;;) {
    while (first == NULL && !is_closed) pthread_cond_wait(&has_work, &mutex);
    if (first == NULL) break;
    task *mine = first;
    first = mine->next;
    if (first == NULL) last = NULL;
    pthread_mutex_unlock(&mutex);
    mine->function(mine->argument);
    pthread_mutex_lock(&mutex);
    mine->is_done = true;
    if (waits_for_result) pthread_cond_signal(&has_result);
  }
  pthread_mutex_unlock(&mutex);
  return unused;
}

int peer_thread_pool_start(int thread_count) {
  if (thread_count > THREAD_LIMIT) return -1;
  is_closed = false;
  for (thread_total = 0; thread_total < thread_count; thread_total++)
    if (pthread_create(&threads[thread_total], NULL, worker, NULL) != 0) return -1;
  return 0;
}

void peer_thread_pool_stop(void) {
  pthread_mutex_lock(&mutex);
  is_closed = true;
  pthread_cond_broadcast(&has_work);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < thread_total; i++) pthread_join(threads[i], NULL);
}

static void submit(task *new_task) {
  pthread_mutex_lock(&mutex);
  if (last == NULL) first = new_task; else last->next = new_task;
  last = new_task;
  pthread_cond_signal(&has_work);
  pthread_mutex_unlock(&mutex);
}

static void wait_for(task *waited) {
  pthread_mutex_lock(&mutex);
  waits_for_result = true;
  while (!waited->is_done) pthread_cond_wait(&has_result, &mutex);
  waits_for_result = false;
  pthread_mutex_unlock(&mutex);
}

static void count_one(void *argument) { *(long *)argument = 1; }

long peer_thread_pool_run(long count) {
  long ran = 0;
  task *tasks = calloc((size_t)count, sizeof(task));
  long *results = calloc((size_t)count, sizeof(long));
  if (tasks != NULL && results != NULL) {
    for (long i = 0; i < count; i++) {
      tasks[i] = (task){.function = count_one, .argument = &results[i]};
      submit(&tasks[i]);
    }
    for (long i = 0; i < count; i++) {
      wait_for(&tasks[i]);
      ran += results[i];
    }
  }
  free(results);
  free(tasks);
  return ran;
}
