import EchelonMemory
package import EchelonTransfer
import EchelonWire

/// Publishes how far a call on several elements has come, so that the death of this worker costs one
/// element and not those that are done.
///
/// The log is a copy of the answer so far, in the outbox while it fits there, else in a block. Each
/// store is one that the front end can read after any other: bytes first, then the count of elements.
///
/// Used by the worker's one thread.
package final class ElementLog: @unchecked Sendable {
  private let place: Seat
  private let outbox: Outbox
  private var area: (region: Region, offset: Int, isBlock: Bool)?
  private var written = 0
  private var isOpen = false
  /// There was no room for more; what it holds stays, and so does its place, until it is forgotten.
  private var isFull = false

  init(outbox: Outbox) {
    self.outbox = outbox
    place = outbox.place
    // The worker that sat here before may have died in a call. Should this one die in its first, before
    // the first element, those counts would be taken for its own.
    place.elementsStarted.store(0)
    place.elementsFinished.store(0)
  }

  /// A call on some elements begins.
  package func begin() {
    isOpen = true
    isFull = false
    written = 0
    area = nil
    if let (region, offset) = outbox.rest {
      area = (region, offset, false)
      place.logPlace.store(LogPlace(offset: offset, isBlock: false).bits)
    }
  }

  /// An element begins.
  package func start(_ index: Int, at moment: UInt64) {
    // ORDER(current): the moment comes before the count, and both before what the element does.
    place.since.store(moment)
    outbox.wire.step()
    place.elementsStarted.store(UInt32(index + 1))
  }

  /// An element is done, and its result is in the answer.
  package func finish(_ index: Int, of count: Int, _ answer: borrowing ByteWriter) {
    guard makeRoom(for: answer.count, index: index, of: count), let area else { return }
    answer.withSpan { bytes in
      area.region.copy(from: bytes.extracting(written..<bytes.byteCount), at: written)
    }
    written = answer.count
    outbox.wire.step()
    place.logBytes.store(UInt32(written))
    outbox.wire.step()
    place.elementsFinished.store(UInt32(index + 1))
  }

  /// Without room the log ends where it is; what comes after is done again after a death.
  private func makeRoom(for byteCount: Int, index: Int, of count: Int) -> Bool {
    guard !isFull, let old = area else { return false }
    if byteCount <= old.region.byteCount { return true }
    guard byteCount < Int(UInt32.max) else {
      isFull = true
      return false
    }
    // What the rest is likely to need, so that it moves once.
    let likely = byteCount / (index + 1) * count / 4 * 5 + 4096
    let size = max(2 * byteCount, min(likely, 1 << 30))
    guard let offset = outbox.requestBlock(size) else {
      isFull = true
      return false
    }
    let region = outbox.wire.arena.region.subregion(at: offset, byteCount: size)
    old.region.withBytes(at: 0, byteCount: written) { region.copy(from: $0, at: 0) }
    place.logPlace.store(LogPlace(offset: offset, isBlock: true).bits)
    area = (region, offset, true)
    if old.isBlock { outbox.giveBack(old.offset) }
    return true
  }

  /// The block that the log lies in, if it has room for the whole answer, which is put there.
  func takeBlock(for bytes: RawSpan) -> Int? {
    guard isOpen, !isFull, let area, area.isBlock, bytes.byteCount <= area.region.byteCount else {
      return nil
    }
    area.region.copy(from: bytes, at: 0)
    self.area = nil  // it is the result's from now on
    return area.offset
  }

  /// Where in the outbox the log lies, if it does.
  var outboxOffset: Int? {
    guard isOpen, let area, !area.isBlock else { return nil }
    return area.offset
  }

  /// Forgets the call that has ended: its result is where it belongs, and whoever dies from here on dies in
  /// another.
  @inline(__always)
  func reset() { if isOpen { resetNow() } }

  private func resetNow() {
    place.elementsStarted.store(0)
    place.elementsFinished.store(0)
    if let area, area.isBlock { outbox.giveBack(area.offset) }
    area = nil
    isOpen = false
  }
}
