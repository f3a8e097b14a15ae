import EchelonMemory

/// A thread of an `InProcessExecutor`. The lock of the core guards every stored property.
///
///     started ─► runs ⇄ sleeps ─► ended
///                  └─► given up: goes on with its piece, is counted no more, and ends with it
final class InProcessThread: @unchecked Sendable {
  /// Which of the executor's threads it is, for what each of them is to run once; nil for one that
  /// runs instead of a blocked one.
  let place: Int?
  /// What it runs a piece of.
  var work: InProcessWork?
  /// Its initializer has ended.
  var isReady = false
  /// It waits for other work in the middle of its piece, or did and may again before the piece ends:
  /// another may run instead of it.
  var isReplaced = false
  /// Its piece was to stop and did not: whatever comes of it is of no interest any more.
  var isGivenUp = false
  /// What it sleeps on.
  var gate: Gate?

  init(place: Int?) { self.place = place }
}
