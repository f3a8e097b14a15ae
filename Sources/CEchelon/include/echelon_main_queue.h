// What is meant for the main actor, in a process whose main thread is busy with something else.
#ifndef ECHELON_MAIN_QUEUE_H
#define ECHELON_MAIN_QUEUE_H

/// Whether the calling thread is the one that the process began with.
int echelon_is_main_thread(void);

/// Waits until something is to be run on the main queue, and runs it. Only on the main thread.
/// Returns 0 when nothing came within the time, less than 0 when there is no such queue.
int echelon_main_queue_serve(int milliseconds);

/// Ends the wait of the main thread in `echelon_main_queue_serve`, from any thread.
void echelon_main_queue_wake(void);

#endif
