// The bytes of a flight recorder, drawn once: a file that a front end and its workers map, and that
// can be read after all of them have died.
//
//     0        flight_header
//     names    UTF-8 texts, each after its length (uint16_t); `names_used` says how far
//     rings    ring 0: the front end; ring 1 + s: the worker on seat s
//                flight_ring, then `ring_capacity` events
//
// Each ring is written by one process. An event is stored plainly, then the ring's count is released:
// events below the count are whole, except that the oldest one of a full ring may be half replaced by
// the one that its writer was at.
#ifndef ECHELON_FLIGHT_H
#define ECHELON_FLIGHT_H

#include <stddef.h>
#include <stdint.h>

#define ECHELON_FLIGHT_MAGIC 0x4c46484345484345ULL
#define ECHELON_FLIGHT_VERSION 1U

typedef struct {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  uint64_t identity;         // of the pool's arena
  uint64_t started_at;       // monotonic nanoseconds
  uint64_t started_at_wall;  // nanoseconds since 1970
  uint32_t front_end_pid;
  uint32_t ring_count;       // grows with the pool; atomic, released after the file has grown
  uint32_t ring_capacity;    // events, a power of two
  uint32_t names_bytes;
  uint64_t names_offset;
  uint64_t rings_offset;
  uint32_t names_used;       // atomic, released after the text
  uint32_t reserved[13];
} flight_header;
_Static_assert(sizeof(flight_header) == 128, "two cache lines");

typedef struct {
  uint64_t count;  // events written so far; atomic, released after the event
  uint64_t reserved[7];
} flight_ring;
_Static_assert(sizeof(flight_ring) == 64, "a cache line");

typedef struct {
  uint64_t time;     // monotonic nanoseconds
  uint16_t kind;     // FlightEventKind
  uint16_t reserved;
  uint32_t code;
  uint64_t subject;  // what it is about: a slot or job with its generation, a process
  uint64_t detail;
} flight_event;
_Static_assert(sizeof(flight_event) == 32, "half a cache line");

enum {
  OFFSET_flight_header_ring_count = offsetof(flight_header, ring_count),
  OFFSET_flight_header_names_used = offsetof(flight_header, names_used),
};

#endif
