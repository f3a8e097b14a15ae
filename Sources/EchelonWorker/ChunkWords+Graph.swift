import EchelonKernels
import EchelonMemory
import EchelonWire

extension ChunkWords {
  /// The first chunk that nobody has claimed and that waits for none any more; nil when there is none now,
  /// or when the job has ended and the words are another's: one of those could never be claimed, and who
  /// came back for it would not leave again.
  /// - Parameter start: the first one to look at.
  func firstReady(of graph: ChunkGraph, from start: Int = 0) -> Int? {
    guard start < count, graph.steps.count == count else { return nil }
    // MODEL(ready.1)
    return (start..<count).first { chunk in
      isAt(.unclaimed, chunk) && graph.isReady(chunk) { isAt(.done, $0) }
    }
  }

  /// The first chunk from `start` on that is not done, as far as can be told: the number of chunks if there is
  /// none. What is done stays done, so nobody needs to look below it again.
  func firstNotDone(from start: Int) -> Int {
    (start..<count).first { !isAt(.done, $0) } ?? count
  }

  /// ORDER(chunk-done): acquires what the chunk wrote. Sequential, since a worker that finds nothing ready
  /// goes to sleep (`JobRunner.offerNext`).
  private func isAt(_ phase: ChunkWord.Phase, _ chunk: Int) -> Bool {
    let word = ChunkWord(bits: word(chunk).loadSequential())
    return word.isAt(phase) && word.generation == generation
  }
}
