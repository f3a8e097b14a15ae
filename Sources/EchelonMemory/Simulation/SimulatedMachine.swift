import CEchelon

/// A machine with one processor and a clock of its own, on which a seed decides who runs next.
///
/// It stands in for what the system does for a pool: threads, the clock, sleeping and waking on shared
/// words, descriptors that become readable, the memory of the arena, the number of processors. Whoever
/// asks for one of these in a thread that simulates is answered by the machine; the code above does not
/// know the difference, and is the same. In all other threads `current` is nil.
///
/// Everything runs on the one real thread that called `run`, each simulated thread on a stack of its own.
/// A turn ends where a thread sleeps or looks at the clock's mercy (`yield`), and between two steps of
/// the protocol (`interleave`). So a seed repeats a run exactly.
///
/// One real thread touches it, so accesses to what every turn uses are not checked for overlaps.
@safe package final class SimulatedMachine: @unchecked Sendable {
  /// The machine that the calling thread simulates.
  package static var current: SimulatedMachine? {
    guard let address = unsafe echelon_simulated_machine() else { return nil }
    // SAFETY: `run` sets the word, holds the machine meanwhile, and clears the word.
    return unsafe Unmanaged<SimulatedMachine>.fromOpaque(address).takeUnretainedValue()
  }

  /// Nanoseconds on the machine's clock.
  @safe @exclusivity(unchecked) package internal(set) var now: UInt64 = 1_000_000_000
  @safe @exclusivity(unchecked) package var random: SimulatedRandom
  /// How many turns there have been.
  @safe @exclusivity(unchecked) package internal(set) var turns = 0
  /// More than any run takes: past this it goes round in circles.
  package var turnLimit = 400_000
  package let processorCount: Int
  /// How often in 65,536 steps a turn ends between two of them.
  @safe @exclusivity(unchecked) package var switchShare = 24_000
  /// How often in 65,536 sleeps one is woken for no reason.
  package var spuriousShare = 2_000
  /// Called before each turn: may kill, stop and continue threads.
  package var meddle: (() -> Void)?
  /// Called when every thread waits, before the clock moves on: says what is wrong about that.
  package var inspect: (() -> String?)?
  /// What went wrong, once something has.
  package internal(set) var failure: String?
  @safe @exclusivity(unchecked) package internal(set) var trace = SimulatedTrace()
  /// Bits of the steps that threads were killed or stopped after.
  package var struckPoints: UInt64 = 0

  @safe @exclusivity(unchecked) var threads: [SimulatedThread] = []
  @safe @exclusivity(unchecked) package internal(set) var running: SimulatedThread?
  /// A thread of the front end in the middle of something: until its turn comes again, only workers run.
  @safe @exclusivity(unchecked) var owner: SimulatedThread?
  @safe @exclusivity(unchecked) var turnsForWorkers = 0
  /// How many threads are asleep on words, at least: those that were killed there count on.
  @safe @exclusivity(unchecked) private var sleeperCount = 0
  var events: [(moment: UInt64, number: Int, body: () -> Void)] = []
  var eventCount = 0
  var readable: Set<Int32> = []
  private var threadCount = 0
  private var nextDescriptor: Int32 = -2

  package init(seed: UInt64, processorCount: Int) {
    random = SimulatedRandom(seed: seed)
    self.processorCount = processorCount
  }

  // MARK: What threads ask of it

  /// Starts a thread; it gets its first turn later.
  @discardableResult package func start(
    name: String, side: SimulatedThread.Side = .frontEnd, _ body: @escaping () -> Void
  ) -> SimulatedThread {
    threadCount += 1
    let thread = SimulatedThread(name: name, number: threadCount, side: side, body)
    threads.append(thread)
    names[threadCount] = name
    return thread
  }

  /// Calls `body` at a moment of its clock, between two turns.
  package func at(_ moment: UInt64, _ body: @escaping () -> Void) {
    eventCount += 1
    events.append((moment, eventCount, body))
  }

  /// Calls `body` on a thread of its own after some time.
  package func after(nanoseconds: Int64, _ body: @escaping @Sendable () -> Void) {
    at(now &+ UInt64(max(0, nanoseconds))) { [unowned self] in start(name: "timer", body) }
  }

  /// Between two steps that another process could come between.
  package func interleave() {
    guard let thread = running, random.chance(switchShare) else { return }
    if thread.side == .frontEnd {
      owner = thread
      turnsForWorkers = 1 + random.below(4)
    }
    thread.leave()
  }

  /// The same after a step that has a name.
  package func pass(_ point: UInt32) {
    running?.lastPoint = point
    trace.note(now, running?.number ?? 0, .step, UInt64(point))
    interleave()
  }

  /// Where the thread holds nothing: anyone may come next.
  package func yield() { running?.leave() }

  /// Sleeps while a word holds `expected`.
  func sleep(on word: SharedWord32, while expected: UInt32, timeoutNanoseconds: Int64) {
    guard let thread = running else { return }
    let deadline = timeoutNanoseconds < 0 ? UInt64.max : now &+ UInt64(timeoutNanoseconds)
    // Between the caller's look and the comparison in the kernel.
    yield()
    guard word.load() == expected, now < deadline else { return }
    let woken =
      random.chance(spuriousShare) ? min(deadline, now &+ UInt64(random.below(20_000))) : deadline
    thread.standing = .asleep(word: unsafe UInt(bitPattern: word.address), until: woken)
    trace.note(now, thread.number, .slept, UInt64(expected))
    sleeperCount += 1
    thread.leave()
    sleeperCount -= 1
  }

  /// Takes up time.
  package func pause(nanoseconds: UInt64) {
    guard let thread = running else { return }
    thread.idleUntil = now &+ nanoseconds
    thread.leave()
  }

  /// Wakes up to `count` sleepers of a word.
  func wake(_ word: SharedWord32, _ count: Int32) {
    guard sleeperCount > 0 else { return }
    let address = unsafe UInt(bitPattern: word.address)
    var left = count
    while left > 0 {
      var sleepers = 0
      var chosen: SimulatedThread?
      for thread in threads {
        guard case .asleep(address, _) = thread.standing else { continue }
        sleepers += 1
        if sleepers == 1 || random.below(sleepers) == 0 { chosen = thread }
      }
      guard let chosen else { return }
      chosen.standing = .ready
      trace.note(now, chosen.number, .woken, 0)
      left -= 1
    }
  }

  /// Looks a few times whether something has come.
  package func spin(_ condition: () -> Bool) -> Bool {
    for _ in 0...random.below(5) {
      yield()
      if condition() { return true }
    }
    return false
  }

  // MARK: Descriptors

  /// A number that no descriptor of the process has.
  package func newDescriptor() -> Int32 {
    nextDescriptor -= 1
    return nextDescriptor
  }

  /// From now on, something is to be read there.
  package func makeReadable(_ descriptor: Int32) {
    readable.insert(descriptor)
    for thread in threads {
      if case .watching(let watched, _) = thread.standing, watched.contains(descriptor) {
        thread.standing = .ready
      }
    }
  }

  /// Nothing is to be read there any more.
  package func drain(_ descriptor: Int32) { readable.remove(descriptor) }

  /// Which descriptors are readable, waiting for at least one.
  func watch(_ descriptors: [Int32], timeoutMilliseconds: Int32) -> [Bool] {
    yield()
    if let thread = running, timeoutMilliseconds != 0,
      !descriptors.contains(where: readable.contains)
    {
      let deadline =
        timeoutMilliseconds < 0 ? UInt64.max : now &+ UInt64(timeoutMilliseconds) * 1_000_000
      thread.standing = .watching(descriptors, until: deadline)
      thread.leave()
    }
    return descriptors.map(readable.contains)
  }

  // MARK: What is done to threads

  /// Ends a thread where it is. It must not be the one that runs.
  package func kill(_ thread: SimulatedThread) {
    precondition(thread !== running, "a thread that kills itself")
    note(thread, .killed)
    thread.end()
    threads.removeAll { $0 === thread }
  }

  package func stop(_ thread: SimulatedThread) {
    note(thread, .stopped)
    thread.isStopped = true
  }

  package func proceed(_ thread: SimulatedThread) {
    note(thread, .continued)
    thread.isStopped = false
  }

  private func note(_ thread: SimulatedThread, _ kind: SimulatedTrace.Kind) {
    if let point = thread.lastPoint { struckPoints |= 1 << UInt64(point) }
    trace.note(now, thread.number, kind, UInt64(thread.lastPoint ?? 0))
  }

  /// Gives up what is kept for a report. A frame of a killed worker may hold the machine for ever.
  package func forget() {
    trace = SimulatedTrace()
    names = [:]
  }

  /// Ends the run as failed.
  package func fail(_ reason: String) {
    guard failure == nil else { return }
    failure = reason
    report = threads.map { "  \($0.describe(now: now))" }.joined(separator: "\n")
  }

  /// Where every thread was when it failed.
  package internal(set) var report = ""
  /// The names of threads, by number, for the trace.
  package internal(set) var names: [Int: String] = [:]
}
