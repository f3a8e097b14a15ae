import CEchelon
import EchelonMemory
import EchelonTransfer
import EchelonWire
import Glibc

/// The loop inside a worker process: look for work, run it, tell of it, sleep.
struct Worker: ~Copyable {
  let wire: Wire
  let index: SeatIndex
  let seat: Seat
  private var tasks: TaskRunner
  private var jobs: JobRunner
  private let spinNanoseconds: UInt64
  private var limits: WorkerLimits
  private let flight: FlightRing?
  /// How long the last spin took, if it was in vain.
  private var spunNanoseconds: UInt64 = 0
  /// Tasks and chunks are looked for in turn, so that neither starves the other.
  private var looksAtJobsFirst = false

  init(wire: Wire, index: SeatIndex) {
    self.wire = wire
    self.index = index
    seat = wire.seat(index)
    flight = wire.flightRing(of: index)
    tasks = TaskRunner(wire: wire, seat: index, flight: flight)
    jobs = JobRunner(wire: wire, seat: index, flight: flight)
    spinNanoseconds = UInt64(wire.spinNanoseconds)
    limits = WorkerLimits(wire.workerLimits, seat)
  }

  var log: ElementLog { tasks.log }

  /// Runs until the pool closes.
  mutating func run() {
    wire.pass(.startingUp)
    limits.begin()
    seat.processID = getpid()
    seat.begin(now: MonotonicClock.now())
    flight?.note(.workerUp, subject: UInt64(getpid()))
    seat.phaseWord.storeSequential(SeatPhase.looking.rawValue)
    seat.phaseWord.wake(.max)  // someone may wait for this worker to come up
    wire.pass(.looking)
    while true {
      // ORDER(order): after the end of the last task; the front end stores the order, then looks
      // whether that task still runs. One of the two sees the other, so that no task that is
      // claimed from here on can be taken for that one.
      // MODEL(order.1)
      if seat.order.loadSequential() != Seat.Order.stay || limits.areReached(seat) { break }
      // MODEL(loop.1)
      if runSomething() { continue }
      // MODEL(loop.2)
      if wire.closing.load() != 0 { break }
      if linger() || spinForWork() { continue }
      // MODEL(refill.4)
      // It may have passed the tickets of cancelled tasks, which filled the ring.
      if wire.interest.loadSequential() & CollectorInterest.refill != 0, wire.isQueueLow {
        wire.ringCollector()
      }
      if limits.areReached(seat, isIdle: true) { break }
      sleep()
    }
    wire.passOnForGood()  // a wake-up that was given to this worker
    flight?.note(.workerLeft, subject: UInt64(getpid()))
    seat.phaseWord.store(SeatPhase.leaving.rawValue)
  }

  /// Sleeps until woken, unless there is work; the time counts as idle, and the spin before it.
  private func sleep() {
    seat.rest(since: MonotonicClock.now() &- spunNanoseconds)
    flight?.note(.slept)
    wire.sleep(on: index)
    flight?.note(.woke)
    seat.resume(now: MonotonicClock.now())
  }

  private mutating func runSomething() -> Bool {
    if seat.directed.load() != 0, tasks.runDirected() { return true }
    looksAtJobsFirst.toggle()
    if wire.priorities.load() == 0 { return runSomething(.normal) }
    return runSomething(.high) || runSomething(.normal) || runSomething(.low)
  }

  private mutating func runSomething(_ priority: WorkPriority) -> Bool {
    if looksAtJobsFirst { return jobs.runSome(priority, &limits) || tasks.runOne(priority) }
    return tasks.runOne(priority) || jobs.runSome(priority, &limits)
  }

  /// After a long chunk: looks for more for as long as that took, at most ten spins or half a millisecond.
  ///
  /// The next one is often on its way, and a processor that has gone to sleep comes back so late that another
  /// worker has done the work by then. Without a chair, since nobody relies on it: it is like a worker at work.
  private mutating func linger() -> Bool {
    let chunk = jobs.takeChunkNanoseconds()
    guard chunk >= 2 * spinNanoseconds, spinNanoseconds > 0 else { return false }
    let start = MonotonicClock.now()
    let foundWork = Spin.until(
      {
        wire.hasWork || seat.directed.load() != 0 || seat.order.load() != Seat.Order.stay
      },
      nanoseconds: min(chunk, 10 * spinNanoseconds, 500_000))
    seat.rest(since: start)
    seat.resume(now: MonotonicClock.now())
    return foundWork
  }

  /// Looks for work for as long as a wake-up would cost, if there is a chair free.
  private mutating func spinForWork() -> Bool {
    spunNanoseconds = 0
    guard let chair = wire.takeChair(for: index) else { return false }
    wire.pass(.onChair)
    // MODEL(spin.1)
    let foundWork = Spin.until(
      { wire.hasWork || seat.directed.load() != 0 }, nanoseconds: spinNanoseconds)
    guard foundWork, wire.closing.load() == 0 else {
      // Work published while the chair was taken was left to us: the sleep looks once more.
      // MODEL(spin.2)
      wire.leaveChair(chair)
      spunNanoseconds = spinNanoseconds
      return false
    }
    wire.chair(chair).prefetchForWriting()
    tasks.prefetchClaim()
    // The claim comes first, so that a round trip waits for one store less. Whoever published more
    // in between relied on the chair; so the next worker is woken if anything is left. Without a claim
    // this worker looks for a job next, and passes on when it has a chunk of one: to wake another before
    // that would take longer than many jobs of a single chunk.
    // MODEL(spin.3)
    let claimed = tasks.claim()
    wire.pass(.leavingChair)
    // MODEL(spin.4)
    wire.leaveChair(chair)
    if let claimed {
      wire.passOn()
      tasks.run(claimed)
    }
    return true
  }
}

/// Entered in place of `main` by the start hook.
@c(echelon_worker_main)
public func workerMain() -> CInt {
  if echelon_start_ticket().kind == ECHELON_TEMPLATE.rawValue { Template.run() }
  let ticket = echelon_start_ticket()  // a template's has become its worker's
  let code = runWorker(ticket)
  if ticket.kind == ECHELON_FORKED_WORKER.rawValue { TemplateSide.exitWorker(code) }
  return code
}

private func runWorker(_ ticket: echelon_worker_ticket) -> CInt {
  do throws(ArenaError) {
    let arena = try Arena(attaching: Int32(ECHELON_WORKER_ARENA_DESCRIPTOR))
    let layout = try ArenaLayout(readingFrom: arena)
    let wire = Wire(arena: arena, layout: layout)
    let index = SeatIndex(Int(ticket.seat))
    guard index.value < layout.seatCount else { throw .notAnArena }
    StandardStream.bufferByLine()
    waitUntilSeated(index, incarnation: ticket.incarnation, wire)
    var worker = Worker(wire: wire, index: index)
    WorkerContext.enter(wire, index, worker.log)
    if ticket.initializer_offset != 0 {
      let isReady = Initializer.run(
        at: Int(clamping: ticket.initializer_offset),
        byteCount: Int(clamping: ticket.initializer_bytes), wire: wire, seat: index)
      guard isReady else { return 71 }
    }
    worker.run()
    return 0
  } catch {
    WorkerContext.complain("worker \(getpid()): \(error)")
    return 70
  }
}

/// A worker that nobody knows of yet must not take work that nobody would miss.
func waitUntilSeated(_ index: SeatIndex, incarnation: UInt32, _ wire: Wire) {
  // ORDER(seated): the front end knows of this process.
  let seated = wire.seat(index).incarnationWord
  while true {
    let current = seated.load()
    if current == incarnation { break }
    seated.sleep(while: current)
  }
}
