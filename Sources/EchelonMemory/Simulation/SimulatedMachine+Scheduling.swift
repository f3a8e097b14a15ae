import CEchelon

/// Whose turn it is.
extension SimulatedMachine {
  /// Runs `body` on the machine, and what it starts, until every thread has ended.
  /// - Returns: false when something went wrong: `failure` says what. Threads that had not ended are
  ///   given up then, with what they hold.
  package func run(_ body: @escaping () -> Void) -> Bool {
    precondition(Self.current == nil, "a simulation within a simulation")
    // SAFETY: the machine is held by its caller for longer than the word is set.
    unsafe echelon_set_simulated_machine(Unmanaged.passUnretained(self).toOpaque())
    defer { echelon_set_simulated_machine(nil) }
    start(name: "caller", body)
    while let thread = next() {
      turns += 1
      now &+= UInt64(50 + random.below(500))
      trace.mix(now, thread.number)
      running = thread
      thread.enter()
      running = nil
      if thread.hasEnded {
        threads.removeAll { $0 === thread }
        thread.end()
      }
    }
    // A frame of a killed worker may hold the machine for ever: it is to hold nothing itself.
    for thread in threads { thread.end() }
    threads = []
    events = []
    owner = nil
    meddle = nil
    inspect = nil
    return failure == nil
  }

  /// Who gets the next turn; nil when all have ended, or something is wrong.
  private func next() -> SimulatedThread? {
    while failure == nil {
      if threads.isEmpty { return nil }
      guard turns < turnLimit else {
        fail("no end after \(turnLimit) turns: it goes round in circles")
        return nil
      }
      doWhatIsDue()
      meddle?()
      if let owner {
        turnsForWorkers -= 1
        if turnsForWorkers >= 0, let worker = choose(.worker) { return worker }
        self.owner = nil
        return owner
      }
      if let thread = choose(nil) { return thread }
      if let reason = inspect?() { fail(reason) }
      moveClock()
    }
    return nil
  }

  /// One of those who can go on.
  private func choose(_ side: SimulatedThread.Side?) -> SimulatedThread? {
    var count = 0
    for thread in threads where canGoOn(thread, side) { count += 1 }
    guard count > 0 else { return nil }
    var left = random.below(count)
    for thread in threads where canGoOn(thread, side) {
      if left == 0 { return thread }
      left -= 1
    }
    return nil
  }

  private func canGoOn(_ thread: SimulatedThread, _ side: SimulatedThread.Side?) -> Bool {
    guard case .ready = thread.standing, !thread.isStopped, thread.idleUntil <= now else {
      return false
    }
    return side == nil || thread.side == side
  }

  /// Wakes those whose time is over, and makes the calls that were put off until now.
  private func doWhatIsDue() {
    for thread in threads {
      switch thread.standing {
      case .asleep(_, let until) where until <= now, .watching(_, let until) where until <= now:
        thread.standing = .ready
      default: break
      }
    }
    while let index = events.indices.min(by: { before(events[$0], events[$1]) }),
      events[index].moment <= now
    {
      events.remove(at: index).body()
    }
  }

  private func before(
    _ a: (moment: UInt64, number: Int, body: () -> Void),
    _ b: (moment: UInt64, number: Int, body: () -> Void)
  ) -> Bool {
    (a.moment, a.number) < (b.moment, b.number)
  }

  /// Everyone waits: on to the next moment at which something happens.
  private func moveClock() {
    var moment = events.map(\.moment).min() ?? .max
    for thread in threads where !thread.isStopped {
      switch thread.standing {
      case .asleep(_, let until), .watching(_, let until): moment = min(moment, until)
      case .ready: moment = min(moment, thread.idleUntil)
      case .ended: break
      }
    }
    guard moment < .max else { return fail("it hangs: every thread waits, and nothing will come") }
    now = max(now, moment)
  }
}
