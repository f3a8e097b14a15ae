import EchelonMemory
import EchelonWire

extension PoolEngine {
  /// How far a dead worker had come in a call on several elements; nil when it does not say.
  ///
  /// The worker is gone, so nothing of this changes any more. Its log is in the outbox of its seat or
  /// in a block that is leased to it; what lies elsewhere is not read.
  func elementProgress(
    in slot: SlotIndex, _ word: StateWord, under seatIndex: SeatIndex, _ state: PoolState
  ) -> ElementProgress? {
    let seat = wire.seat(seatIndex)
    let started = Int(seat.elementsStarted.load())
    let finished = Int(seat.elementsFinished.load())
    guard started > 0, finished <= started,
      seat.current.load() == CurrentWork.task(slot, generation: word.generation).bits
    else { return nil }
    let place = LogPlace(bits: seat.logPlace.load())
    let region =
      place.isBlock ? state.leases[place.offset]?.block.region : wire.outbox(seatIndex)
    let offset = place.isBlock ? 0 : place.offset
    let byteCount = finished == 0 ? 0 : Int(seat.logBytes.load())
    guard let region, offset <= region.byteCount, byteCount <= region.byteCount - offset
    else { return nil }
    let answer = region.withBytes(at: offset, byteCount: byteCount) { $0.copied() }
    return ElementProgress(started: started, finished: finished, answer: answer)
  }
}
