import EchelonMemory
import EchelonTransfer
import EchelonWire

/// Claims single tasks and runs them.
struct TaskRunner {
  let wire: Wire
  let seat: SeatIndex
  private let place: Seat
  private var runners: [(any IncomingCall.Type)?] = []
  private let outbox: Outbox
  /// The slot of the task that was run last.
  private var lastSlot = SlotIndex(0)
  let log: ElementLog
  private let flight: FlightRing?

  init(wire: Wire, seat: SeatIndex, flight: FlightRing? = nil) {
    self.wire = wire
    self.flight = flight
    self.seat = seat
    place = wire.seat(seat)
    outbox = Outbox(wire: wire, seat: seat)
    log = ElementLog(outbox: outbox)
  }

  typealias Claim = (SlotIndex, StateWord)

  func claim() -> Claim? {
    wire.claimDirectedTask(for: seat) ?? wire.claimTask(for: seat)
  }

  /// Asks for what the next claim is likely to need.
  func prefetchClaim() { wire.prefetchClaim(guess: lastSlot) }

  /// Runs the task that is meant for this worker.
  /// - Returns: false when there is none.
  mutating func runDirected() -> Bool {
    guard let claimed = wire.claimDirectedTask(for: seat) else { return false }
    wire.passOn()
    run(claimed)
    return true
  }

  /// Runs the oldest ready task of a priority.
  /// - Returns: false when there is none.
  mutating func runOne(_ priority: WorkPriority) -> Bool {
    guard let claimed = wire.claimTask(priority, for: seat) else { return false }
    wire.passOn()
    run(claimed)
    return true
  }

  /// Runs a claimed task and publishes what came of it.
  mutating func run(_ claimed: Claim) {
    place.phaseWord.store(SeatPhase.busy.rawValue)
    let (index, state) = claimed
    lastSlot = index
    let slot = wire.slot(index)
    if state.flags.contains(.timed) { place.since.store(MonotonicClock.now()) }
    place.current.store(CurrentWork.task(index, generation: state.generation).bits)
    // The result goes where it will be read from, if it fits.
    var result = ByteWriter(
      lending: slot.region, at: slot.resultOffsetInSlot, byteCount: TaskSlot.inlineBytes)
    flight?.noteBegin(index, state.generation, slot)
    wire.pass(.running)
    let outcome = call(slot, &result)
    // MODEL(run.1)
    publish(outcome, result, in: slot)
    StandardStream.flushIfPending()  // what the task printed comes before its result
    flight?.noteEnd(index, state.generation, outcome)
    place.tasksRun.storeRelaxed(place.tasksRun.loadRelaxed() &+ 1)
    wire.pass(.beforeFinish)
    wire.finish(index, generation: state.generation, by: seat)
    log.reset()
    // ORDER(refill): sequential, after the slot's end; `submit` states its interest before it looks.
    // MODEL(refill.3)
    if wire.interest.loadSequential() & CollectorInterest.refill != 0, wire.isQueueLow {
      wire.ringCollector()
    }
    place.phaseWord.store(SeatPhase.looking.rawValue)
  }

  private mutating func call(_ slot: TaskSlot, _ result: inout ByteWriter) -> TaskOutcome {
    let outcome: CallOutcome
    do throws(TransferError) {
      let runner = try runner(slot.function)
      let byteCount = slot.argumentBytes
      let isInline = slot.argumentOffset == 0
      let region = isInline ? slot.region : wire.arena.region
      let offset = isInline ? slot.argumentsOffsetInSlot : slot.argumentOffset
      guard !isInline || byteCount <= TaskSlot.inlineBytes else {
        throw .truncated(needed: byteCount, available: TaskSlot.inlineBytes)
      }
      outcome = region.withBytes(at: offset, byteCount: byteCount) { bytes in
        ByteReader.reading(bytes) { reader in runner.run(arguments: &reader, result: &result) }
      }
    } catch {
      outcome = .argumentUndecodable(error)
    }
    switch outcome {
    case .value: return .value
    case .error: return .thrown
    case .argumentUndecodable(let error):
      result.rewind(to: 0)
      result.append(
        text: "the call could not be read in the worker: \(error)"
          + "; what `encode(to:)` writes, `init(from:)` must accept in another process")
      return .undecodable
    case .resultUnencodable(let error):
      result.rewind(to: 0)
      result.append(text: "the result could not be sent back: \(error)")
      return .unencodable
    }
  }

  private mutating func publish(
    _ outcome: TaskOutcome, _ result: borrowing ByteWriter, in slot: TaskSlot
  ) {
    slot.outcome = outcome
    guard result.count <= TaskSlot.messageLimit else {
      return refuse(
        "a result of \(ByteCount(result.count)); it may take \(ByteCount(TaskSlot.messageLimit)): "
          + "write it into a shared array", in: slot)
    }
    slot.resultBytes = result.count
    guard result.isSpilled else {
      slot.resultPlace = .slot
      return
    }
    let placed = result.withSpan { bytes -> (place: ResultPlace, offset: Int)? in
      if let offset = log.takeBlock(for: bytes) { return (.block, offset) }
      return outbox.put(bytes, at: log.outboxOffset)
    }
    if let placed {
      slot.resultPlace = placed.place
      slot.resultOffset = placed.offset
      return
    }
    refuse(
      "no shared memory for a result of \(ByteCount(result.count)); raise memoryLimit", in: slot)
  }

  /// Says in place of a result why there is none.
  /// - Parameter text: one that fits into the slot.
  private func refuse(_ text: String, in slot: TaskSlot) {
    var refusal = ByteWriter(
      lending: slot.region, at: slot.resultOffsetInSlot, byteCount: TaskSlot.inlineBytes)
    refusal.append(text: text)
    slot.outcome = .unencodable
    slot.resultBytes = refusal.count
    slot.resultPlace = .slot
  }

  private mutating func runner(
    _ function: FunctionIndex
  ) throws(TransferError) -> any IncomingCall.Type {
    let index = Int(function.value)
    if index < runners.count, let known = runners[index] { return known }
    guard let bytes = wire.functions.withBytes(of: function, { $0.copied() }) else {
      throw .malformed(what: "function \(index) is not in the table")
    }
    let runner = try resolveRunner(signature: bytes)
    while runners.count <= index { runners.append(nil) }
    runners[index] = runner
    return runner
  }
}

/// Where a worker puts results that are too large for a slot: an area of its own while there is
/// room, else a block that it asks the front end for.
///
/// Used by the worker's one thread.
final class Outbox: @unchecked Sendable {
  let wire: Wire
  let seat: SeatIndex
  let place: Seat
  private let region: Region

  init(wire: Wire, seat: SeatIndex) {
    self.wire = wire
    self.seat = seat
    place = wire.seat(seat)
    region = wire.outbox(seat)
  }

  /// Copies `bytes` to where the front end can read them; nil when there is no memory.
  /// - Parameter offset: where the log of this result lies, which says the same; nil without one. A
  ///   death in the middle then leaves the log whole.
  func put(_ bytes: RawSpan, at offset: Int?) -> (place: ResultPlace, offset: Int)? {
    let published = place.outboxPublished
    if offset == nil { beginAgainIfCollected() }
    let head = offset ?? Int(place.outboxHead)
    if bytes.byteCount <= region.byteCount - head {
      region.copy(from: bytes, at: head)
      place.outboxHead = UInt32(head + bytes.byteCount)
      published.store(published.load() &+ 1)
      wire.pass(.outboxWritten)
      return (.outbox, head)
    }
    guard let offset = requestBlock(bytes.byteCount) else { return nil }
    wire.arena.region.copy(from: bytes, at: offset)
    return (.block, offset)
  }

  /// Everything put here has been collected: begins again at the start.
  private func beginAgainIfCollected() {
    if place.outboxPublished.load() == place.outboxCollected.load() { place.outboxHead = 0 }
  }

  /// What is not in use now, and where in the outbox that is.
  var rest: (region: Region, offset: Int)? {
    beginAgainIfCollected()
    let head = roundUp(Int(place.outboxHead), to: 64)
    guard head < region.byteCount else { return nil }
    return (region.subregion(at: head, byteCount: region.byteCount - head), head)
  }

  /// Gives a block back that was granted.
  func giveBack(_ offset: Int) {
    place.requestReturn = UInt64(offset)
    _ = requestBlock(0)
  }

  /// Asks the front end for a block; nil when there is no memory.
  func requestBlock(_ byteCount: Int) -> Int? {
    place.requestBytes = UInt64(byteCount)
    // ORDER(request): releases the size; the collector acquires it, and releases the offset.
    // MODEL(request.1)
    place.request.storeSequential(Seat.Request.asked)
    wire.pass(.requestAsked)
    wire.ringCollector()
    // MODEL(request.2)
    while place.request.load() == Seat.Request.asked {
      place.request.sleep(while: Seat.Request.asked)
    }
    wire.pass(.blockGranted)
    let isGranted = place.request.load() == Seat.Request.granted
    // MODEL(request.3)
    place.request.store(Seat.Request.none)
    place.requestReturn = 0
    return isGranted ? Int(place.requestOffset) : nil
  }
}

extension FlightRing {
  fileprivate func noteBegin(_ index: SlotIndex, _ generation: UInt32, _ slot: TaskSlot) {
    note(
      .taskBegan, code: slot.function.value,
      subject: Self.subject(index.value, generation: generation), detail: UInt64(slot.attempt))
  }

  fileprivate func noteEnd(_ index: SlotIndex, _ generation: UInt32, _ outcome: TaskOutcome) {
    note(
      .taskEnded, code: outcome.rawValue,
      subject: Self.subject(index.value, generation: generation))
  }
}
