// Counts what work costs in what is the same on every run: a program of its own, since it is traced and replaces malloc.
//
//     CostProgram WORK COUNT SUBJECT    prints SUBJECT of one operation of WORK, of COUNT at once
//
// SUBJECT: `instructions` of the calling thread until all are handed over, `calls` of the system by all threads and workers, `allocations` by all
// threads of the front end, `messages` from the front end to workers (tasks and jobs that were put where they look).
import CCounting
import Echelon
import EchelonPool
import EchelonWire
import Foundation

/// Hands operations over, and returns what waits for them.
typealias Work = (ProcessPool, Int) throws -> () throws -> Void

let works: [String: Work] = [
  "round-trip": { pool, count in
    for _ in 0..<count { try pool.submit {}.result() }
    return {}
  },
  "submit": { pool, count in
    var futures: [Future<Void>] = []
    futures.reserveCapacity(count)
    for _ in 0..<count { futures.append(try pool.submit {}) }
    return { for future in futures { try future.result() } }
  },
  "submit-each": { pool, count in
    let futures = try pool.submit(each: repeatElement((), count: count)) { _ in }
    return { for future in futures { try future.result() } }
  },
  "map-calls": { pool, count in
    let values = try pool.map(0..<count, { $0 })
    return { for value in values { _ = try value.get() } }
  },
  "chunks": { pool, count in
    try pool.concurrentPerform(iterations: count, chunkLength: 1) { _ in }
    return {}
  },
  "sum": { pool, count in
    let array = try pool.array(repeating: 1.0, count: 100_000)
    for _ in 0..<count { _ = try pool.sum(array) }
    return {}
  },
]

/// The numbers of the threads of a process; of a worker, all that it has.
func threads(of process: Int32) -> [Int32] {
  let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
  return (names ?? []).compactMap { Int32($0) }
}

/// What was put where workers look, since the pool was made: tasks, and jobs of however many chunks.
func messages(to pool: ProcessPool) -> UInt64 {
  let tasks = WorkPriority.allCases.reduce(0) { $0 + pool.engine.wire.tail($1).load() }
  return tasks + UInt64(pool.engine.publishedJobs)
}

func count(_ subject: String, of work: Work, _ pool: ProcessPool, _ count: Int) throws -> UInt64 {
  switch subject {
  case "allocations":
    let before = counting_allocations()
    try work(pool, count)()
    return counting_allocations() - before
  case "messages":
    let before = messages(to: pool)
    try work(pool, count)()
    return messages(to: pool) - before
  case "instructions", "calls":
    let isOfAll = subject == "calls"
    let watched =
      isOfAll ? ([getpid()] + pool.workerProcessIDs).flatMap { threads(of: $0) } : []
    let failure = unsafe counting_begin(
      isOfAll ? counting_system_calls : counting_instructions, watched, Int32(watched.count))
    guard failure == 0 else {
      print("untraceable=\(unsafe String(cString: strerror(failure)))")
      exit(0)
    }
    let finish = try work(pool, count)
    // A caller that waits for an answer counts as many as it takes.
    if !isOfAll {
      let counted = counting_end()
      try finish()
      return counted
    }
    try finish()
    return counting_end()
  default: exit(64)
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let work = works[arguments[1]], let size = Int(arguments[2]) else {
  exit(64)
}
let pool = try ProcessPool(workers: 2)
try pool.warmUp()
// What only the first ones pay for.
for _ in 0..<3 { try work(pool, size)() }
let total = try count(arguments[3], of: work, pool, size)
print("each=\(Double(total) / Double(size))")
pool.shutdown()
