import EchelonMemory
import EchelonPool
import EchelonTransfer
import Synchronization

/// Keeps a window of calls in flight and hands their results out in order.
final class MapDriver<Input: Sendable, Output: Sendable>: MapDriving, @unchecked Sendable {
  private struct Call {
    let elements: [Input]
    let future: Future<MapAnswer<Output>>
    /// What they were sent in.
    var byteCount = 0
  }

  private struct State {
    var source: MapSource<Input>?
    var window = Queue<Call>()
    var inFlight = 0
    /// What the results in `ready` came in.
    var readyBytes = 0
    var budget: MapBudget
    /// Measured cost of an element, 0 before the first answer.
    var nanosecondsPerElement = 0.0
    var isExpired = false
    /// Nobody reads any more.
    var isStopped = false
    /// Elements are being read from the source, which is not here meanwhile.
    var isReading = false
  }

  private let calls: ElementCalls<Input, Output>
  private let limits: MapLimits
  private let workerCount: Int
  /// When the time for the whole map is over.
  private let deadline: UInt64?
  // One reader at a time by contract, and the timer: the lock keeps both honest.
  private let state: Mutex<State>
  let ready = ReadyResults<Output>()

  init(
    source: sending MapSource<Input>, limits: MapLimits, workerCount: Int,
    calls: ElementCalls<Input, Output>
  ) throws {
    self.calls = calls
    self.limits = limits
    self.workerCount = workerCount
    deadline = limits.timeout.flatMap(MonotonicClock.deadline(after:))
    let budget = MapBudget(limit: limits.bufferBytes, resultSize: fixedByteCount(of: Output.self))
    state = Mutex(State(source: source, budget: budget))
    let left = MonotonicClock.nanosecondsLeft(until: deadline) ?? 0
    if left >= 0 {
      Timer.after(nanoseconds: left) { [weak self] in
        // What is done is read there, by the code of the values' types.
        if self != nil { FreeThread.run("time-outs") { [weak self] in self?.expire() } }
      }
    }
    if let refused = fill() { throw refused.error }
  }

  // The reader has left.
  deinit { stop() }

  /// Reads no more: what no worker has begun need not run.
  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.source = nil
      ready.replace(by: [])
      for call in state.window.removeAll() { call.future.cancel() }
    }
  }

  /// The time for the whole map is over.
  private func expire() {
    state.withLock { state in
      guard !state.isExpired else { return }
      state.isExpired = true
      let hasMore = state.source != nil || state.isReading
      state.source = nil
      let calls = state.window.removeAll()
      for call in calls {
        // What is done in time counts, although nobody has looked.
        if !call.future.isDone, !call.future.cancel() {
          call.future.complete(.failure(PoolError.timedOut))
        }
        state.window.append(call)
      }
      // The elements that nobody has read are late, too.
      if hasMore { state.window.append(failed([], PoolError.timedOut)) }
    }
  }

  func nextBlocking() -> Result<Output, any Error>? {
    while true {
      switch step() {
      case .result(let result): return result
      case .end: return nil
      case .wait(let future):
        // A thread may sleep on the task itself, where the timer does not reach it.
        if !future.wait(until: deadline) { expire() }
      }
    }
  }

  func next() async -> Result<Output, any Error>? {
    while true {
      switch step() {
      case .result(let result): return result
      case .end: return nil
      case .wait(let future):
        _ = try? await future.value
        if Task.isCancelled, !future.isDone {
          stop()
          return .failure(CancellationError())
        }
      }
    }
  }

  private enum Step {
    case result(Result<Output, any Error>)
    case wait(Future<MapAnswer<Output>>)
    case end
  }

  private enum Look {
    case found(Step)
    /// Whether the element in which the worker died is to run again is for the user's filter to say.
    case ask(WorkerDied.Cause, Future<MapAnswer<Output>>)
    /// The results of a call have come.
    case absorbed
  }

  /// Takes a result that is there, or says what to wait for.
  private func step() -> Step {
    var answer: (future: Future<MapAnswer<Output>>, mayRunAgain: Bool)?
    while true {
      if let result = ready.popFirst() { return .result(result) }
      state.withLock { state in
        // Those of the last call have been read.
        state.budget.read(byteCount: state.readyBytes)
        state.readyBytes = 0
      }
      readAhead()
      switch look(answer) {
      case .found(let step): return step
      // Workers are not to wait until these have been read.
      case .absorbed: readAhead()
      case .ask(let cause, let future):
        // Without the lock: the filter may give up this very map, or wait for someone who does.
        answer = (future, calls.retries.deaths?(cause) != false)
      }
    }
  }

  /// - Parameter answer: what the filter has said of the call that it was asked about.
  private func look(_ answer: (future: Future<MapAnswer<Output>>, mayRunAgain: Bool)?) -> Look {
    state.withLock { state in
      guard let call = state.window.first else { return .found(.end) }
      guard call.future.isDone else { return .found(.wait(call.future)) }
      let isAnswered = answer?.future === call.future
      if !isAnswered, let cause = deathToAskAbout(call) { return .ask(cause, call.future) }
      _ = state.window.popFirst()
      absorb(call, mayRunAgain: !isAnswered || answer?.mayRunAgain == true, &state)
      return .absorbed
    }
  }

  /// The death in the middle of a call that the user's filter is to be asked about, if there is one.
  private func deathToAskAbout(_ call: Call) -> WorkerDied.Cause? {
    guard calls.retries.count > 0, calls.retries.deaths != nil,
      let interruption = (try? call.future.finished())?.interruption, interruption.hitElement
    else { return nil }
    return (interruption.error as? WorkerDied)?.cause
  }

  /// - Parameter mayRunAgain: whether the user's filter has nothing against it.
  private func absorb(_ call: Call, mayRunAgain: Bool, _ state: inout State) {
    state.inFlight -= call.elements.count
    var (resultCount, resultBytes) = (0, 0)
    if let answer = try? call.future.finished(), !answer.results.isEmpty {
      resultCount = answer.results.count
      resultBytes = answer.byteCount
    }
    state.budget.receive(sent: call.byteCount, results: resultCount, resultBytes: resultBytes)
    switch Result(catching: { try call.future.finished() }) {
    case .success(let answer):
      ready.replace(by: answer.results)
      state.readyBytes = resultBytes
      if let interruption = answer.interruption {
        // How long it took, nobody has said.
        goOn(after: interruption, mayRunAgain: mayRunAgain, call, answer, &state)
      } else {
        let measured = Double(answer.nanoseconds) / Double(max(1, answer.results.count))
        let known = state.nanosecondsPerElement
        state.nanosecondsPerElement = known == 0 ? measured : 0.5 * (known + measured)
      }
    case .failure(let error):
      if state.isExpired {
        ready.replace(by: [.failure(PoolError.timedOut)])
        _ = state.window.removeAll()
      } else if call.elements.count > 1, isOfOneElement(error) {
        // One element took the others with it: each runs again on its own.
        retrySingly(call.elements, &state)
      } else {
        ready.replace(by: call.elements.map { _ in .failure(error) })
      }
    }
  }

  /// A call came to an end in the middle: the element that it was at is run again, or fails; those
  /// after it have not begun, and go elsewhere.
  private func goOn(
    after interruption: MapInterruption, mayRunAgain: Bool, _ call: Call,
    _ answer: MapAnswer<Output>, _ state: inout State
  ) {
    var rest = Array(call.elements.dropFirst(answer.results.count))
    state.inFlight += rest.count
    var calls: [Call] = []
    if interruption.hitElement, let element = rest.first {
      rest.removeFirst()
      if mayRunAgain, self.calls.retries.count > 0, interruption.error is WorkerDied {
        calls.append(resubmit([element], attempts: 1))
      } else {
        calls.append(failed([element], interruption.error))
      }
    }
    if !rest.isEmpty { calls.append(resubmit(rest, attempts: 0)) }
    for call in calls { state.budget.send(call.elements.count, byteCount: call.byteCount) }
    state.window.prepend(calls)
  }

  private func resubmit(_ elements: [Input], attempts: Int) -> Call {
    do { return try submit(elements, attempts: attempts) } catch { return failed(elements, error) }
  }

  private func isOfOneElement(_ error: any Error) -> Bool {
    switch error as? PoolError {
    case .notTransferred?, .deadlineExceeded?: return true
    default: break
    }
    return error is WorkerDied || error is TransferError
  }

  private func retrySingly(_ elements: [Input], _ state: inout State) {
    var calls: [Call] = []
    for element in elements {
      do { calls.append(try submit([element])) } catch { calls.append(failed([element], error)) }
    }
    state.inFlight += elements.count
    for call in calls { state.budget.send(call.elements.count, byteCount: call.byteCount) }
    state.window.prepend(calls)
  }

  /// A call that could not be made, in the place where its results would be.
  private func failed(_ elements: [Input], _ error: any Error) -> Call {
    let future = Future<MapAnswer<Output>>()
    future.complete(.failure(error))
    return Call(elements: elements, future: future)
  }

  /// `fill`, for elements that are read ahead: what cannot be handed over fails in its turn, and
  /// nothing follows it.
  private func readAhead() {
    guard let refused = fill() else { return }
    state.withLock { state in
      guard !state.isStopped, !state.isExpired else { return }
      state.inFlight += refused.elements.count
      state.window.append(failed(refused.elements, refused.error))
    }
  }

  /// A source that nobody else has at the same time.
  private struct Taken: @unchecked Sendable {
    let source: MapSource<Input>
    /// How many elements are to be read from it.
    let count: Int
  }

  /// Submits calls until the buffer is full or the source is at its end.
  /// - Returns: elements that could not be handed over, and why; nothing is read after them.
  private func fill() -> (elements: [Input], error: any Error)? {
    while let taken = state.withLock({ takeSource(&$0) }) {
      // Without the lock: the sequence may take its time, and may give up this very map.
      let elements = taken.source.next(taken.count)
      let call: Call?
      do { call = elements.isEmpty ? nil : try submit(elements) } catch {
        state.withLock { $0.isReading = false }
        return (elements, error)
      }
      let isLate = state.withLock { state in
        state.isReading = false
        if state.isStopped || state.isExpired { return true }
        if elements.count == taken.count { state.source = taken.source }
        guard let call else { return false }
        state.window.append(call)
        state.inFlight += elements.count
        state.budget.send(elements.count, byteCount: call.byteCount)
        return false
      }
      if isLate { call?.future.cancel() }
    }
    return nil
  }

  /// Takes the source out of the state, if elements are to be read.
  private func takeSource(_ state: inout State) -> Taken? {
    guard let source = state.source else { return nil }
    let occupied = state.inFlight + ready.count
    let size = nextChunkSize(state)
    guard occupied == 0 || state.budget.hasRoom(for: size, inFlight: state.inFlight)
    else { return nil }
    // A chunk waits until there is room for all of it, so that chunks do not shrink to what the
    // last one left.
    guard size <= limits.buffer - occupied || occupied == 0 else { return nil }
    // Until the cost is known, a few elements for each worker are enough.
    if limits.chunkSize == nil, state.nanosecondsPerElement == 0, state.inFlight >= 2 * workerCount
    {
      return nil
    }
    if !state.budget.knowsResults, state.window.count >= 2 * workerCount { return nil }
    state.source = nil
    state.isReading = true
    return Taken(source: source, count: size)
  }

  /// As many elements as make a call worth about a millisecond; one until the cost is known.
  private func nextChunkSize(_ state: State) -> Int {
    if let chunkSize = limits.chunkSize { return min(chunkSize, limits.buffer) }
    guard state.nanosecondsPerElement > 0 else { return 1 }
    let shares = 2 * workerCount
    return max(
      1,
      min(
        1024, limits.buffer / shares, Int(min(1e6, 1e6 / state.nanosecondsPerElement)),
        state.budget.elementCount(inPart: shares)))
  }

  private func submit(_ elements: [Input], attempts: Int = 0) throws -> Call {
    let submitted = try calls.submit(elements, attempts)
    return Call(
      elements: elements, future: submitted.future, byteCount: submitted.byteCount)
  }
}
