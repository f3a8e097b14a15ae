// The plain alternatives in C that Echelon is compared with, each written the way that a good C
// programmer would write it in an afternoon: threads, their own memory, no framework.
//
// No pointer crosses this interface: the memory stays inside, so that the Swift side has nothing
// unsafe. Functions that can fail return a negative number, or NaN.
#pragma once

/// Prepares two threads (the caller and a helper) to share loops. Returns 0.
/// The helper sleeps between loops, so it takes no core from Echelon's turn.
int peer_team_start(int thread_count);

// MARK: Loops (polynomial.c, sum.c)

/// Makes x[i] = i·1e-6 and y, of `count` doubles each, in memory of their own, with huge pages where
/// the system gives them on request; touched. Returns 0.
int peer_map_prepare(long count);
/// From now on the first elements only. Returns 0, or -1 when there are fewer.
int peer_map_use(long count);
/// y[i] = 1 + x[i] + … + x[i]^degree/degree! in Horner's form, degree 3 or 7. Returns 0.
int peer_map_polynomial(int degree);
/// y[index] after that.
double peer_map_element(long index);
void peer_map_release(void);

/// Makes x[i] = i·1e-6, y[i] = 1 − i·1e-7 and z, of `count` doubles each, as above. Returns 0.
int peer_elementwise_prepare(long count);
/// From now on the first elements only. Returns 0, or -1 when there are fewer.
int peer_elementwise_use(long count);
/// z[i] = √(x[i]² + y[i]²), in one loop, by the widest vectors.
void peer_hypotenuse(void);
/// z[i] = sin(x[i])·exp(−x[i]) by SLEEF's vector functions of 1.0 ulp; `peer_has_sleef` has said that they
/// are there.
void peer_wave(void);
int peer_has_sleef(void);
/// z[index] after that.
double peer_elementwise_element(long index);
void peer_elementwise_release(void);

/// Makes x[i] = 1/(1 + i) of `count` doubles, as above. Returns 0.
int peer_sum_prepare(long count);
/// Σ x[i] by vector instructions with independent accumulators.
double peer_sum(void);
/// The same of the first elements only; NaN when there are fewer.
double peer_sum_first(long count);
/// Maps a file and sums the doubles behind `offset`, a multiple of 8; NaN if that fails. Nothing has to be prepared.
double peer_sum_mapped(const char *path, long offset);
/// The instruction set that `peer_sum` uses.
const char *peer_sum_instruction_set(void);
void peer_sum_release(void);

/// Fills the arrays that the next three work on.
int peer_reductions_prepare(long count);
/// From now on the first elements only. Returns 0, or -1 when there are fewer.
int peer_reductions_use(long count);
double peer_dot(void);
double peer_minimum(void);
double peer_maximum(void);
double peer_variance(void);
void peer_reductions_release(void);

/// The loops of ../../openmp.c, which a library has that the environment names as ECHELON_OPENMP.
enum {
  PEER_OPENMP_SUM,
  PEER_OPENMP_DOT,
  PEER_OPENMP_MINIMUM,
  PEER_OPENMP_MAXIMUM,
  PEER_OPENMP_VARIANCE,
  PEER_OPENMP_LOOPS
};
/// Whether there is one. Loads it.
int peer_has_openmp(void);
/// Loads the library if that is still to be done, and makes the arrays of `peer_reductions_prepare`. Returns 0.
int peer_openmp_prepare(long count, int thread_count);
double peer_openmp(int loop);
void peer_openmp_release(void);
/// The version of the compiler that made the library; NULL where it does not say so.
const char *peer_openmp_compiler(void);
/// The library, loaded, with so many threads; NULL where it cannot be.
void *peer_openmp_library(int thread_count);

// MARK: Monte Carlo (../../monte_carlo.c, in the same library)

/// Whether the library is there and has them: they need a processor with AVX2. Loads it.
int peer_has_monte_carlo(void);
/// Makes room for `count` numbers. Returns 0.
int peer_monte_carlo_prepare(long count, int thread_count);
/// π from so many points of the unit square.
double peer_monte_carlo_pi(long count);
/// The price of a European call from so many paths: spot 100, strike 105, rate 0.03, volatility 0.2, one year.
double peer_monte_carlo_call(long count);
/// Fills the room with normal numbers.
void peer_monte_carlo_normals(void);
void peer_monte_carlo_release(void);

// MARK: Hand-over (ping_pong.c, thread_pool.c)

/// Starts the thread that answers. It spins for `spin_nanoseconds`, then sleeps on a futex.
int peer_ping_pong_start(long spin_nanoseconds);
/// One round trip: a word changed here, seen there, answered, seen here.
void peer_ping_pong(void);
void peer_ping_pong_stop(void);

/// Starts the thread that answers by semaphores, without looking first, on another processor than the
/// caller, which keeps to its own until the end.
int peer_semaphores_start(void);
/// One round trip between two that sleep: a semaphore posted here, another waited for. Before it, the
/// caller keeps busy for `gap_nanoseconds`, so that the other is asleep.
/// Returns the nanoseconds of the round trip alone.
long peer_semaphores(long gap_nanoseconds);
void peer_semaphores_stop(void);

/// Starts a pool of threads behind one queue with a mutex and a condition variable.
int peer_thread_pool_start(int thread_count);
/// Submits `count` tasks that do nothing, then waits for each in turn. Returns how many ran.
long peer_thread_pool_run(long count);
void peer_thread_pool_stop(void);

// MARK: Stopping (kill_child.c)

/// Forks a child that is busy, ends it with SIGTERM and waits for it. Returns the nanoseconds from the
/// signal to its end.
long peer_kill_busy_child(void);

// MARK: Memory (memory.c)

/// Makes `byte_count` bytes of shared memory (memfd_create, the system's default pages), fills them
/// with doubles once, and lets them go. Returns the last one, which is 1.
double peer_first_fill(long byte_count);
/// The bytes of memory that this process has in use, after what it has freed went back to the system; negative when that
/// cannot be said.
long peer_resident_bytes(void);
/// Has the machine back `byte_count` bytes of this process once and lets them go: in a virtual
/// machine memory that no one has used yet is slow for a reason that is nobody's to mend.
int peer_warm_machine(long byte_count);

// MARK: Arithmetic (peak.c)

/// Seconds that a floating-point operation of the team takes when nothing but multiplications with additions is done,
/// by the widest vectors: the peak that no product of matrices passes.
double peer_peak(void);
const char *peer_peak_instruction_set(void);

// MARK: Other programs (program.c)

/// Runs a command of the shell. Returns the number that it prints first, or NaN when it prints none or
/// fails.
double peer_program_number(const char *command);
/// The second number that it has printed, what it computed; NaN without one.
double peer_program_answer(void);
/// Starts a command of the shell that answers each line it reads with a number; one at a time. Returns 0.
int peer_service_start(const char *command);
/// Sends a line and returns the answer, or NaN when there is none.
double peer_service_number(void);
/// The second number of that answer; NaN without one.
double peer_service_answer(void);
void peer_service_stop(void);
/// The processor time that a process has used, in nanoseconds, or a negative number.
long peer_processor_time(int process_id);

// MARK: Processes (spawn.c)

/// Starts this executable `count` times at once, up to 64, and waits until each has ended, which it does
/// where a worker would begin. Returns 0.
int peer_spawn_self(int count);

// MARK: The clock that both sides are measured with

/// Nanoseconds of CLOCK_MONOTONIC.
long peer_clock_nanoseconds(void);
