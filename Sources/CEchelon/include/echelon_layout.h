// The bytes that a front end and its workers share, drawn once.
//
// Why C: both processes must agree on every offset, and only C lets the compiler assert them.
//
//     0        arena_header    who made this arena, where everything lies, the hot words
//     seats    arena_seat[]    one per worker: how to wake it, what it has done
//     slots    task_slot[]     one per task in flight
//     rings    uint64_t[]      tickets: which slot to look at next (a hint, never the truth); one
//                              ring per priority
//     jobs     job_record[]    one per chunked job
//     functions                append-only table of function signatures
//     outboxes                 one byte area per seat for results too large for a slot
//     heap                     blocks: arrays, arguments, chunk words
//
// Lines are padded by hand: Swift does not import structures with an alignment of their own. Every
// structure lies at a multiple of 64 bytes, which EchelonWire checks when it makes the layout.
//
// All offsets are bytes from the start of the arena, never addresses. Any change here is a new
// ECHELON_LAYOUT_VERSION; an arena of another version is refused by name.
#ifndef ECHELON_LAYOUT_H
#define ECHELON_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define ECHELON_LAYOUT_MAGIC 0x314e4f4c45484345ULL  // "ECHELON1"
#define ECHELON_LAYOUT_VERSION 7U

enum {
  ECHELON_CACHE_LINE = 64,
  ECHELON_SEAT_LIMIT = 256,  // one bit each in `sleepers`
  ECHELON_CHAIR_LIMIT = 6,
  ECHELON_SLOT_LIMIT = 2048,  // one bit each in `finished_slots`
  ECHELON_SLOT_INLINE_BYTES = 104,
  ECHELON_JOB_OPERAND_LIMIT = 10,  // an output, eight inputs, and a block of parameters
  ECHELON_JOB_PARAMETER_BYTES = 128,
  ECHELON_JOB_LIMIT = 64,    // one bit each in `active_jobs`
};

/// The words that change with every task, each line written mostly by one side.
typedef struct {
  // Line 0, written by the front end, polled by workers.
  uint64_t tail;  // tickets published so far
  uint64_t active_jobs;        // bit i: job i may have chunks to claim
  uint32_t closing;            // 1: drain and exit; 2: exit now
  uint32_t priorities;         // 0 until work of another priority than normal is published
  uint64_t side_tails[2];      // `tail` of the rings for low and for high priority
  uint64_t low_jobs;           // bit i: job i is of low priority
  uint64_t high_jobs;          // bit i: job i is of high priority
  uint32_t surplus_workers;    // how many more workers there are than processors
  uint32_t reserved0;
  // Line 1, written by workers that have nothing to do. The front end looks here with every task, so
  // what changes with every task lies elsewhere.
  uint32_t chairs[ECHELON_CHAIR_LIMIT];  // seat + 1 of a worker that spins, 0 if nobody
  uint64_t sleepers[4];        // bit per seat: asleep, and nobody has undertaken to wake it
  uint64_t reserved1;
  // Line 2: how workers reach the collector of the front end.
  uint32_t collector;  // 0 awake, 1 asleep; the word it sleeps on
  uint32_t interest;                // CollectorInterest bits
  uint32_t chair_count;             // how many workers may spin at once, 0…ECHELON_CHAIR_LIMIT
  uint32_t spin_nanoseconds;        // how long before going to sleep
  uint64_t finished_jobs;           // bit per job whose end the collector is to hear of
  uint64_t fault_points;            // bit per FaultPoint at which a worker has died or stopped
  uint32_t fault_seed;              // 0: no faults; else tests have workers die, see FaultPoint
  uint32_t reserved2[7];
  // Lines 3 to 6: bit per slot whose end the collector is to hear of.
  uint64_t finished_slots[ECHELON_SLOT_LIMIT / 64];
  // Line 7, written by workers with every task.
  uint64_t head;           // tickets below this one have been claimed
  uint64_t side_heads[2];  // `head` of the rings for low and for high priority
  uint64_t reserved7[5];
} arena_hot_words;
_Static_assert(sizeof(arena_hot_words) == 8 * 64, "eight cache lines");
_Static_assert(offsetof(arena_hot_words, head) == 7 * 64, "the busy workers' line");
_Static_assert(offsetof(arena_hot_words, chairs) == 64, "the idle workers' line");
_Static_assert(offsetof(arena_hot_words, sleepers) == 88, "in the idle workers' line");
_Static_assert(offsetof(arena_hot_words, collector) == 128, "the collector's line");

/// What the front end tells those who look on; each word written by it alone.
typedef struct {
  uint64_t made_at;  // monotonic nanoseconds
  uint64_t waiting_tasks;       // in the front end, for want of a slot
  uint64_t deaths;
  uint64_t retries;
  uint64_t limit_bytes;         // of the heap
  uint64_t used_bytes;
  uint64_t peak_bytes;
  uint64_t committed_bytes;
  uint32_t recorder_descriptor;  // flight recorder in the front end, 0 for none
  uint32_t worker_limit;         // the most workers that there are to be now
  uint32_t reserved[14];
} arena_front_end;
_Static_assert(sizeof(arena_front_end) == 2 * 64, "two cache lines");

/// The start of every arena.
typedef struct {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  uint64_t identity;        // random; part of every handle
  uint64_t reserved_bytes;  // the address range every process maps
  uint32_t seat_count;
  uint32_t slot_count;      // a power of two
  uint32_t ring_capacity;   // of each ring: a power of two, at least twice slot_count
  uint32_t job_count;
  uint64_t seats_offset;
  uint64_t slots_offset;
  uint64_t ring_offset;
  uint64_t jobs_offset;
  uint64_t functions_offset;
  uint64_t functions_bytes;
  uint64_t outboxes_offset;
  uint64_t outbox_bytes;    // per seat
  uint64_t blocks_offset;   // generation words of blocks
  uint64_t block_limit;
  uint64_t heap_offset;
  uint32_t front_end_pid;
  uint32_t worker_task_limit;    // a worker leaves after as many tasks and chunks; 0: never
  uint64_t worker_memory_limit;  // a worker with more private bytes leaves; 0: never
  uint32_t reserved[10];
  arena_hot_words hot;       // starts a cache line
  arena_front_end front_end;  // starts a cache line
} arena_header;
_Static_assert(offsetof(arena_header, hot) == 192, "the hot words start a cache line");
_Static_assert(sizeof(arena_header) == 192 + 10 * 64, "thirteen cache lines");

/// A worker's place.
typedef struct {
  uint32_t wake;  // 0 awake, 1 asleep; the word this worker sleeps on
  uint32_t phase;              // SeatPhase, for people and for the supervisor
  int32_t pid;
  uint32_t incarnation;        // counts the workers that have sat here
  uint32_t request;            // MemoryRequest state; the word a worker waits on for a block
  uint32_t reserved0;
  uint64_t request_bytes;
  uint64_t request_offset;
  uint32_t outbox_head;        // bytes used; owner: the worker
  uint32_t outbox_published;   // results put there (running count); owner: the worker
  uint32_t outbox_collected;   // results taken from there (running count); owner: the front end
  uint32_t order;  // 0: stay; 1: leave between tasks; owner: the front end
  uint64_t request_return;     // a block that the request gives back, 0 for none
  uint64_t tasks_run;  // statistics, owner: the worker
  uint64_t chunks_run;
  uint64_t came_up_at;           // monotonic nanoseconds; 0 before it looks for work
  uint64_t idle_nanoseconds;     // asleep since then
  uint64_t idle_since;           // 0 while at work
  uint64_t earlier_busy_nanoseconds;  // of workers that sat here before; owner: the front end
  uint64_t directed;             // the task that this worker alone is to run next, 0 for none
  uint64_t current;            // CurrentWork: what the worker runs, or ran last
  uint64_t since;              // when that began, if it has a deadline; an element's for a map
  uint32_t elements_started;   // of the map's call that runs
  uint32_t elements_finished;
  uint32_t log_bytes;          // results of those finished elements
  uint32_t reserved2;
  uint64_t log_offset;         // LogPlace
  uint64_t reserved3[4];
} arena_seat;
_Static_assert(sizeof(arena_seat) == 192, "three cache lines");
_Static_assert(offsetof(arena_seat, tasks_run) == 64, "statistics have a line of their own");

/// A task in flight.
///
/// `state` is a StateWord of EchelonWire. Its low half is the word that a blocked caller sleeps on.
typedef struct {
  uint64_t state;  // the only atomic field
  uint32_t function;            // index in the function table
  uint32_t argument_bytes;
  uint64_t argument_offset;     // 0: inline
  uint32_t attempt;             // 0 for the first run
  uint32_t outcome;             // TaskOutcome, owner: the worker
  uint64_t result_offset;       // 0: inline
  uint32_t result_bytes;
  uint32_t result_place;        // ResultPlace
  uint8_t arguments[ECHELON_SLOT_INLINE_BYTES];
  uint8_t result[ECHELON_SLOT_INLINE_BYTES];
} task_slot;
_Static_assert(sizeof(task_slot) == 256, "four cache lines");
_Static_assert(offsetof(task_slot, arguments) == 48, "workers rely on this");
_Static_assert(offsetof(task_slot, result) == 152, "workers rely on this");

/// The small result of a task, as it is copied out of its slot.
typedef struct {
  uint64_t words[ECHELON_SLOT_INLINE_BYTES / 8];
} slot_result;
_Static_assert(sizeof(slot_result) == ECHELON_SLOT_INLINE_BYTES, "a multiple of eight");

/// One array or matrix of a job.
typedef struct {
  uint64_t offset;         // of the first element: in the arena, or in the mapped part of a file
  uint64_t byte_count;     // of the block behind it, from `offset`
  uint64_t file;           // where the block lies that describes the mapped file; 0: none is
  uint32_t block;          // index of its generation word
  uint32_t generation;
  uint64_t rows, columns;  // 0 for a vector
  int64_t row_stride, column_stride;  // elements
} job_operand;
_Static_assert(sizeof(job_operand) == 64, "one cache line");

/// A chunked job: one record, one word per chunk, no message per chunk.
///
/// `state` is a StateWord of EchelonWire, without an owner.
typedef struct {
  uint64_t state;  // atomic
  uint64_t cursor;              // atomic, a hint: where to look next
  uint32_t kind;                // JobKind
  uint32_t code;                // kernel id, or index in the function table
  uint64_t chunk_count;
  uint64_t words_offset;        // uint64_t per chunk: generation, owner, attempt, ChunkState
  uint64_t partials_offset;     // 64 bytes per chunk, 0 if the kernel has none
  uint64_t element_count;
  uint64_t chunk_length;        // elements per chunk, 0 when the kernel's plan decides
  uint32_t failed;  // atomic: 1 when a chunk has failed: the rest is skipped
  uint32_t failure_bytes;
  uint64_t failed_chunk;
  uint32_t operand_count;
  uint32_t parameter_bytes;
  uint32_t batch_limit;         // chunks claimed by one look at the cursor
  uint32_t has_parameter_block; // 1: the last operand holds the parameters, there are none here
  uint64_t started;             // atomic: when the first chunk was begun; 0 before
  uint32_t is_timed;            // the job has a deadline: `started` is to be written
  uint8_t failure[20];
  job_operand operands[ECHELON_JOB_OPERAND_LIMIT];
  uint8_t parameters[ECHELON_JOB_PARAMETER_BYTES];
} job_record;
_Static_assert(offsetof(job_record, failed) == 64, "claims and failures on lines of their own");
_Static_assert(offsetof(job_record, operands) == 128, "operands start a cache line");
_Static_assert(sizeof(job_record) == 128 + 10 * 64 + 128, "fourteen cache lines");

/// An entry of the function table.
typedef struct {
  uint32_t byte_offset;  // from the start of the table
  uint32_t byte_count;
} function_entry;
_Static_assert(sizeof(function_entry) == 8, "packed");

// The offsets of the fields, as constants that Swift can import: `OFFSET_task_slot_state`.
#define OFFSET(type, field) OFFSET_##type##_##field = offsetof(type, field)
enum {
  OFFSET(arena_header, hot), OFFSET(arena_header, front_end),
  OFFSET(arena_front_end, made_at), OFFSET(arena_front_end, waiting_tasks),
  OFFSET(arena_front_end, deaths), OFFSET(arena_front_end, retries),
  OFFSET(arena_front_end, limit_bytes), OFFSET(arena_front_end, used_bytes),
  OFFSET(arena_front_end, peak_bytes), OFFSET(arena_front_end, committed_bytes),
  OFFSET(arena_front_end, recorder_descriptor), OFFSET(arena_front_end, worker_limit),
  OFFSET(arena_header, worker_task_limit), OFFSET(arena_header, worker_memory_limit),
  OFFSET(arena_hot_words, tail), OFFSET(arena_hot_words, active_jobs),
  OFFSET(arena_hot_words, closing), OFFSET(arena_hot_words, head), OFFSET(arena_hot_words, chairs),
  OFFSET(arena_hot_words, sleepers), OFFSET(arena_hot_words, collector),
  OFFSET(arena_hot_words, interest), OFFSET(arena_hot_words, finished_jobs),
  OFFSET(arena_hot_words, finished_slots), OFFSET(arena_hot_words, chair_count),
  OFFSET(arena_hot_words, spin_nanoseconds), OFFSET(arena_hot_words, priorities),
  OFFSET(arena_hot_words, surplus_workers),
  OFFSET(arena_hot_words, side_tails), OFFSET(arena_hot_words, side_heads),
  OFFSET(arena_hot_words, low_jobs), OFFSET(arena_hot_words, high_jobs),
  OFFSET(arena_hot_words, fault_points), OFFSET(arena_hot_words, fault_seed),
  OFFSET(arena_seat, wake), OFFSET(arena_seat, phase), OFFSET(arena_seat, pid),
  OFFSET(arena_seat, incarnation), OFFSET(arena_seat, request), OFFSET(arena_seat, request_bytes),
  OFFSET(arena_seat, request_offset), OFFSET(arena_seat, outbox_head),
  OFFSET(arena_seat, outbox_published), OFFSET(arena_seat, outbox_collected),
  OFFSET(arena_seat, tasks_run), OFFSET(arena_seat, chunks_run),
  OFFSET(arena_seat, came_up_at), OFFSET(arena_seat, idle_nanoseconds),
  OFFSET(arena_seat, idle_since), OFFSET(arena_seat, earlier_busy_nanoseconds),
  OFFSET(arena_seat, directed),
  OFFSET(arena_seat, order), OFFSET(arena_seat, current),
  OFFSET(arena_seat, since), OFFSET(arena_seat, elements_started),
  OFFSET(arena_seat, elements_finished), OFFSET(arena_seat, log_bytes),
  OFFSET(arena_seat, log_offset), OFFSET(arena_seat, request_return),
  OFFSET(task_slot, state), OFFSET(task_slot, function), OFFSET(task_slot, argument_bytes),
  OFFSET(task_slot, argument_offset), OFFSET(task_slot, attempt), OFFSET(task_slot, outcome),
  OFFSET(task_slot, result_offset), OFFSET(task_slot, result_bytes),
  OFFSET(task_slot, result_place), OFFSET(task_slot, arguments), OFFSET(task_slot, result),
  OFFSET(job_record, state), OFFSET(job_record, cursor), OFFSET(job_record, kind),
  OFFSET(job_record, code), OFFSET(job_record, chunk_count), OFFSET(job_record, words_offset),
  OFFSET(job_record, partials_offset), OFFSET(job_record, element_count),
  OFFSET(job_record, chunk_length), OFFSET(job_record, failed), OFFSET(job_record, failure_bytes),
  OFFSET(job_record, failed_chunk), OFFSET(job_record, operand_count),
  OFFSET(job_record, parameter_bytes), OFFSET(job_record, batch_limit),
  OFFSET(job_record, started), OFFSET(job_record, failure), OFFSET(job_record, operands), OFFSET(job_record, parameters),
};
#undef OFFSET

#endif
