// A program with a synchronous main and a single thread, for what a test runner cannot be: the front
// end of a `.fork` pool, and the owner of a `main.swift` with variables.
//
//     StartProgram facts METHOD     what a worker finds around it, as name=value
//     StartProgram die METHOD AT    prints the processes of its pool, then kills itself; with `child` at
//                                   the end it has forked, and prints that one's number first
//     StartProgram hang METHOD WHAT prints how work ends when the initializer or preload never returns
//     StartProgram recycle METHOD   prints how a pool fares whose workers run two tasks each
//     StartProgram closures METHOD  ships the table of closures and prints what came back otherwise
//     StartProgram flight METHOD FILE   records some work and a death, then kills itself
//     StartProgram starve METHOD GROUP  has a worker use up the memory of a control group
//     StartProgram blas METHOD      prints which kernels of a BLAS are in use, here and in a worker
//     StartProgram time METHOD N    microseconds until a pool of N is ready, and per worker replaced
import ClosureTable
import Echelon
import EchelonLinearAlgebra
import EchelonMemory
import Glibc
import TestSupport

let ofMain = 42
let inherited = Array(Machine.descriptors)
unsafe setenv("START_PROGRAM", "set by main", 1)
unsafe Statics.changed = 7
signal(SIGUSR1, SIG_IGN)
_ = unsafe open("/proc/self/stat", O_RDONLY)  // open and not closed on exec, in the front end

let arguments = CommandLine.arguments
guard arguments.count >= 3, let method = StartMethod(rawValue: arguments[2]) else { exit(64) }

var options = PoolOptions()
options.start = method
options.environment = ["START_GIVEN": "by the options", "SWIFT_BACKTRACE": "enable=no"]
options.environmentForWorker = { ["START_SEAT": "seat \($0)"] }
options.initializer = try WorkerInitializer(initialize, 3)
if arguments[1] == "hang" {
  options.startTimeout = .milliseconds(200)
  if arguments[3] == "preload" {
    options.preload = try WorkerInitializer(neverReturn)
  } else {
    options.initializer = try WorkerInitializer(neverReturn)
  }
} else if method != .spawn {
  options.preload = try WorkerInitializer(preload, 2)
}

/// The processes whose parent is one of ours, workers and templates.
func descendants() -> [Int32] {
  let children = Machine.children(of: getpid())
  return children + children.flatMap { Machine.children(of: $0) }
}

switch arguments[1] {
case "facts":
  options.workingDirectory = "/usr/.."
  let pool = try ProcessPool(workers: 1, options: options)
  // Made after the pool: nothing of it can be in a template that was forked.
  unsafe Statics.changed = 9
  unsafe setenv("START_PROGRAM", "set after the pool", 1)
  print("main=\(try pool.submit { ofMain }.result())")
  for line in try pool.submit(facts).result() { print(line) }
  print("front-end=\(getpid())")
  do {
    let second = try ProcessPool(workers: 1, start: .fork)
    second.shutdown()
    print("second=made")
  } catch {
    print("second=\(error)")
  }
  pool.shutdown()
  print("left=\(descendants().filter { !Machine.isGone($0) }.count)")
case "die":
  let pool = try ProcessPool(workers: 2, options: options)
  try pool.warmUp()
  var kept: [Any] = []
  let latches = try (0..<2).map { _ in try Latch(in: pool) }
  if arguments[3] != "idle" {
    for latch in latches { kept.append(try pool.submit(spin, latch)) }
    for latch in latches { _ = try latch.arrived() }
  }
  if arguments[3] == "stopped" {
    for pid in descendants() { kill(pid, SIGSTOP) }
    try eventually("all are stopped") { descendants().allSatisfy { Machine.state(of: $0) == "T" } }
  }
  let processes = descendants()
  if arguments.last == "child" { print("child \(forkSleeper(closing: inherited))") }
  print("processes " + processes.map(String.init).joined(separator: " "))
  fflush(nil)
  _ = kill(getpid(), SIGKILL)
case "exit":
  // The end of the program, while a worker is at a task that never ends and others wait behind it.
  let pool = try ProcessPool(workers: 1, options: options)
  let latch = try Latch(in: pool)
  let futures = [try pool.submit(spin, latch), try pool.submit(spin, latch)]
  _ = try latch.arrived()
  print("processes " + descendants().map(String.init).joined(separator: " "))
  if arguments[3] == "shut-down" { pool.shutdown(wait: false) }
  print("cancelled=\(futures[1].cancel())")
case "hang":
  let pool = try ProcessPool(workers: 2, options: options)
  let future = try pool.submit(echo, 1)
  do { print("result=\(try future.result(timeout: patience))") } catch { print("result=\(error)") }
  do {
    try pool.warmUp()
    print("warm=up")
  } catch { print("warm=\(error)") }
  pool.shutdown()
  print("left=\(descendants().filter { !Machine.isGone($0) }.count)")
case "recycle":
  options.maxTasksPerWorker = 2
  let pool = try ProcessPool(workers: 1, options: options)
  let futures = try (0..<11).map { _ in try pool.submit { getpid() } }
  var runs: [Int32: Int] = [:]
  for future in futures { runs[try future.result(timeout: patience), default: 0] += 1 }
  print("runs=\(runs.values.sorted())")
  let last = try (0..<5).map { try pool.submit(echo, $0) }
  pool.shutdown()
  print("last=\(try last.map { try $0.result(timeout: .zero) })")
  print("deaths=\(pool.statistics.deaths)")
  print("left=\(descendants().filter { !Machine.isGone($0) }.count)")
case "closures":
  let pool = try ProcessPool(workers: 1, options: options)
  let shipping = Shipping(pool)
  visitTravellers(shipping)
  print("shipped=\(shipping.count)")
  for failure in shipping.failures { print("failure=\(failure)") }
  pool.shutdown()
case "blas":
  let pool = try ProcessPool(workers: 1, options: options)
  let here = coreTypes()
  let there = try pool.submit(coreTypes).result()
  for (process, facts) in [("front-end", here), ("worker", there)] {
    for line in facts { print("\(process)-\(line)") }
  }
  pool.shutdown()
case "flight":
  options.flightRecorder = .file(arguments[3], eventsPerWorker: 256)
  let pool = try ProcessPool(workers: 1, options: options)
  for index in 0..<20 { _ = try pool.submit(echo, index).result() }
  let victim = pool.workerProcessIDs[0]
  kill(victim, SIGKILL)
  print("again=\(try pool.submit(retries: 3, echo, 7).result())")
  print("victim=\(victim)")
  print("front-end=\(getpid())")
  fflush(nil)
  _ = kill(getpid(), SIGKILL)
case "starve":
  // Whoever goes into a group takes along what it starts from then on.
  guard Machine.write("\(getpid())\n", to: arguments[3] + "/cgroup.procs") else {
    print("moved=\(unsafe String(cString: strerror(errno)))")
    exit(0)
  }
  print("moved=yes")
  options.memoryLimit = 8 << 20
  let pool = try ProcessPool(workers: 1, options: options)
  do {
    print("result=\(try pool.submit(devour, 1 << 30).result())")
  } catch let death as WorkerDied {
    print("cause=\(death.cause)")
    print("verdict=\(death.outOfMemory ?? "none")")
    print("text=\(death.description.split(separator: "\n")[0])")
  }
  print("after=\(try pool.submit(echo, 3).result())")
  pool.shutdown()
case "time":
  let count = Int(arguments[3]) ?? 2
  let before = MonotonicClock.now()
  let pool = try ProcessPool(workers: count, options: options)
  try pool.warmUp()
  let ready = MonotonicClock.now()
  print("ready \((ready - before) / 1000)")
  for _ in 0..<20 {
    let victim = pool.workerProcessIDs[0]
    let start = MonotonicClock.now()
    kill(victim, SIGKILL)
    let retried = try pool.submit(retries: 3, echo, 1).result()
    try pool.warmUp()
    print("replaced \((MonotonicClock.now() - start) / 1000) \(retried)")
  }
  pool.shutdown()
default: exit(64)
}
