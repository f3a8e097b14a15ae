import Echelon
import EchelonMemory
import EchelonPool
import EchelonSimulation
import Glibc

/// Something that a script found to be wrong.
struct ScriptProblem: Error, CustomStringConvertible { let description: String }

/// Work of every kind in an order that follows from a seed, and what has to come of it whatever happens to
/// the workers.
final class PoolScript {
  private struct Task {
    let call: ScriptCall
    let retries: Int
    let hasDeadline: Bool
    let inputs: [Int]
    let future: Future<[Int]>
    /// How often it had begun when it was taken back before it began (again).
    var begunWhenWithdrawn: Int?
    var wasCancelled = false
  }

  private let pool: ProcessPool
  private let run: UInt64
  private var random: SimulatedRandom
  /// Memory may run out, and starts may fail: work may fail for that.
  private let isTight: Bool
  private let startsFail: Bool
  private var tasks: [Task] = []
  private var firstID: Int
  private var called = 0
  private let heard = Counter()

  /// - Parameter part: which of several scripts on one pool.
  init(
    _ pool: ProcessPool, run: UInt64, seed: UInt64, part: Int, isTight: Bool, startsFail: Bool
  ) {
    self.pool = pool
    self.run = run
    self.isTight = isTight
    self.startsFail = startsFail
    firstID = part * 10_000
    random = SimulatedRandom(seed: seed &* 31 &+ UInt64(part))
  }

  func play() throws {
    for _ in 0..<3 + random.below(8) { try step() }
    // After everything else, so that what comes before is the same as without it.
    if random.chance(16_384) { try submitTogether() }
    for index in tasks.indices { try judge(tasks[index]) }
  }

  private func step() throws {
    switch random.below(22) {
    case 0...7: try submit(count: 1 + random.below(3))
    case 8: try submit(count: random.chance(16_384) ? 70 + random.below(40) : 8)
    case 9, 10: cancelSomething()
    case 11: try lookAtSomething()
    case 12, 13: try map()
    case 14: try job()
    case 15: try chunks()
    case 16: try broadcast()
    case 17: try resize()
    case 18: endWorkers()
    case 19: waitForSome()
    case 20: Simulation.pause(.microseconds(random.below(5_000)))
    default: try inTurn()
    }
  }

  // MARK: Single tasks

  private func submit(count: Int) throws {
    for _ in 0..<count {
      let call = newCall()
      var policy: RetryPolicy = random.chance(20_000) ? 0 : 4
      if call.kind == .flaky {
        let pause: RetryPolicy.BackOff =
          random.chance(32_768) ? .none : .constant(.milliseconds(3))
        policy = RetryPolicy(6, backOff: pause, errors: { $0 is ScriptError })
      }
      let hasDeadline = call.kind == .late || random.chance(4_000)
      let payload =
        random.chance(6_000) ? (0..<40 + random.below(300)).map { call.id ^ $0 } : []
      let inputs =
        tasks.isEmpty || !random.chance(6_000) ? [] : [random.below(tasks.count)]
      let priority = WorkPriority.allCases[[0, 1, 1, 1, 2][random.below(5)]]
      do {
        let future = try pool.submit(
          retries: policy, deadline: hasDeadline ? .milliseconds(2) : nil, priority: priority,
          after: inputs.map { tasks[$0].future }, perform, call, payload)
        tasks.append(
          Task(
            call: call, retries: policy.count, hasDeadline: hasDeadline, inputs: inputs,
            future: future))
        if random.chance(10_000) {
          called += 1
          future.onCompletion { [heard] _ in heard.add() }
        }
      } catch {
        try excuse(error, "submit")
      }
    }
  }

  private func submitTogether() throws {
    let calls = (0..<1 + random.below(150)).map { _ in newCall() }.filter { $0.kind != .late }
    do {
      let futures = try pool.submit(each: calls, retries: 4) { try perform($0, []) }
      for (call, future) in zip(calls, futures) {
        tasks.append(
          Task(
            call: call, retries: 4, hasDeadline: false, inputs: [], future: future))
      }
    } catch {
      try excuse(error, "submit(each:)")
    }
  }

  private func newCall() -> ScriptCall {
    firstID += 1
    let kinds: [ScriptCall.Kind] = [
      .plain, .plain, .plain, .plain, .large, .large, .throwing, .flaky, .slow, .late,
    ]
    let kind = kinds[random.below(kinds.count)]
    var call = ScriptCall(run: run, id: firstID, kind: kind)
    switch kind {
    case .large: call.size = [60, 300, 700][random.below(3)]
    case .slow: call.microseconds = random.below(4_000)
    case .late: call.microseconds = 100_000
    default: break
    }
    return call
  }

  private func cancelSomething() {
    guard !tasks.isEmpty else { return }
    for _ in 0...random.below(3) {
      let index = random.below(tasks.count)
      let mode: CancellationMode = random.chance(32_768) ? .cooperative : .force
      let wasOver = tasks[index].future.isDone
      let isCancelled = tasks[index].future.cancel(mode)
      guard !wasOver else { continue }
      tasks[index].wasCancelled = true
      // Taken back before a worker began it: from here on it must not run.
      if isCancelled, mode == .cooperative, tasks[index].begunWhenWithdrawn == nil {
        tasks[index].begunWhenWithdrawn = RunLog.entry(run, tasks[index].call.id).begun
      }
    }
  }

  private func lookAtSomething() throws {
    guard !tasks.isEmpty else { return }
    let task = tasks[random.below(tasks.count)]
    do {
      _ = try task.future.result(timeout: .microseconds(random.below(2_000)))
    } catch PoolError.timedOut {
    } catch { /* judged at the end */  }
    _ = task.future.state
  }

  private func waitForSome() {
    guard !tasks.isEmpty else { return }
    let some = tasks.suffix(1 + random.below(20)).map(\.future)
    let condition: WaitCondition = [.allCompleted, .firstCompleted, .firstFailure][
      random.below(3)]
    let timeout: Duration? = random.chance(32_768) ? .milliseconds(random.below(20)) : nil
    _ = wait(for: some, until: condition, timeout: timeout)
  }

  /// One after the other, each when the last has come: everyone falls asleep in between.
  private func inTurn() throws {
    for _ in 0..<3 {
      try submit(count: 1)
      if let task = tasks.last { _ = try? task.future.result(timeout: .milliseconds(50)) }
    }
  }

  private func judge(_ task: Task) throws {
    let call = task.call
    let outcome = Result { try task.future.result() }
    let entry = RunLog.entry(run, call.id)
    func problem(_ text: String) -> ScriptProblem {
      ScriptProblem(
        description: "task \(call.id) (\(call.kind), \(task.retries) retries): \(text); it began"
          + " \(entry.begun) times and ended \(entry.ended) times")
    }
    guard entry.begun <= task.retries + 1 else { throw problem("it ran too often") }
    if let begun = task.begunWhenWithdrawn, entry.begun > begun {
      throw problem("it was cancelled before it began, and ran")
    }
    switch outcome {
    case .success(let value):
      guard value == call.value, call.kind != .throwing else {
        throw problem("it gave \(value.prefix(3)) of \(value.count)")
      }
      guard entry.ended > 0 else { throw problem("it has a value and did not end") }
    case .failure(let error):
      guard isExplained(error, task) else { throw problem("it failed with \(error)") }
    }
  }

  private func isExplained(_ error: any Error, _ task: Task) -> Bool {
    switch error {
    case let error as ScriptError:
      return error.id == task.call.id && [.throwing, .flaky].contains(task.call.kind)
        || isInherited(error, task)
    case is CancellationError: return task.wasCancelled || isInherited(error, task)
    case let error as WorkerDied:
      let isEnded = RunLog.hasEndedWorkers(run)
      let isKilled = error.cause == .signalled(SIGKILL) && pool.statistics.deaths > 0
      return error.attempts == task.retries + 1 && (isEnded || isKilled)
        || isInherited(error, task)
    case PoolError.deadlineExceeded: return task.hasDeadline || isInherited(error, task)
    case PoolError.notTransferred: return isTight
    default: return (try? excuse(error, "a task")) != nil
    }
  }

  /// It waited for another, whose error it has.
  private func isInherited(_ error: any Error, _ task: Task) -> Bool {
    task.inputs.contains { index in
      guard case .failure(let cause) = Result(catching: { try tasks[index].future.result() })
      else { return false }
      return "\(cause)" == "\(error)" || (cause is CancellationError && error is CancellationError)
    }
  }

  /// What may be thrown when there is little memory, or no worker can be started.
  private func excuse(_ error: any Error, _ what: String) throws {
    switch error {
    case ArenaError.outOfMemory where isTight: return
    case PoolError.notTransferred where isTight: return
    case PoolError.cannotStartWorker where startsFail: return
    default: throw ScriptProblem(description: "\(what) failed with \(error)")
    }
  }

  // MARK: Work of several pieces

  private func map() throws {
    let count = 1 + random.below(40)
    let chunkSize: Int? = random.chance(20_000) ? nil : 1 + random.below(9)
    let retries: RetryPolicy = random.chance(32_768) ? 0 : 6
    let stopsAt = random.chance(8_000) ? random.below(count) : count
    do {
      let results = try pool.map(
        0..<count, chunkSize: chunkSize, buffer: 1 + random.below(60), retries: retries, mapped)
      var iterator = results.makeIterator()
      var index = 0
      while index < stopsAt, let result = iterator.next() {
        switch result {
        case .success(let value):
          guard value == mapped(index) else {
            throw ScriptProblem(description: "element \(index) of a map came as \(value)")
          }
        case .failure(is WorkerDied) where retries.count == 0: break
        case .failure(let error): try excuse(error, "element \(index) of a map")
        }
        index += 1
      }
      // Nothing follows an element that could not be handed over.
      guard index == stopsAt || isTight || startsFail else {
        throw ScriptProblem(description: "\(index) elements of \(count) came of a map")
      }
    } catch let error as ScriptProblem {
      throw error
    } catch {
      try excuse(error, "a map")
    }
  }

  /// A kernel of several chunks: its bits do not depend on what happens.
  private func job() throws {
    do {
      let x = try pool.array(count: 3_000 + random.below(20_000)) { Float($0 % 17) }
      let future = try pool.start(Reduction<Float>.sum, x)
      let sum = (0..<x.count).reduce(0) { $0 + $1 % 17 }
      try finish(future, "a sum") { $0 == Float(sum) }
    } catch let error as ScriptProblem {
      throw error
    } catch {
      try excuse(error, "a sum")
    }
  }

  /// A closure over chunks.
  private func chunks() throws {
    do {
      let count = 1_000 + (random.chance(8_000) ? 70_000 : random.below(2_000))
      let x = try pool.array(count: count) { Int32($0) }
      let future = try pool.startMap(x) { $0 &* 3 &+ 1 }
      try finish(future, "a map over an array") { y in
        y.withSpan { span in
          span.count == count && span[0] == 1 && span[count - 1] == Int32(count - 1) * 3 + 1
            && span[count / 2] == Int32(count / 2) * 3 + 1
        }
      }
    } catch let error as ScriptProblem {
      throw error
    } catch {
      try excuse(error, "a map over an array")
    }
  }

  private func finish<Value>(
    _ future: Future<Value>, _ what: String, _ isRight: (Value) -> Bool
  ) throws {
    let cancels = random.chance(10_000)
    if cancels { future.cancel(random.chance(32_768) ? .cooperative : .force) }
    do {
      guard isRight(try future.result()) else {
        throw ScriptProblem(description: "\(what) is wrong")
      }
    } catch is CancellationError where cancels {
    } catch let error as WorkerDied where error.attempts == 3 {}
  }

  private func broadcast() throws {
    do {
      let futures = try pool.broadcast(retries: 6, mapped, 5)
      for future in futures {
        do {
          guard try future.result() == mapped(5) else {
            throw ScriptProblem(description: "a broadcast gave something else")
          }
        } catch is CancellationError { /* the pool has shrunk */  }
      }
    } catch let error as ScriptProblem {
      throw error
    } catch {
      try excuse(error, "a broadcast")
    }
  }

  // MARK: The pool

  private func resize() throws { try pool.resize(workers: 1 + random.below(5)) }

  private func endWorkers() {
    RunLog.endWorkers(run)
    if random.chance(32_768) { pool.terminateWorkers() } else { pool.killWorkers() }
  }

  /// Whether every callback was made. Called when the pool has ended.
  var isHeard: Bool { heard.count == called }
}

/// Counts, on the one real thread of a simulation.
private final class Counter: @unchecked Sendable {
  private(set) var count = 0
  func add() { count += 1 }
}
