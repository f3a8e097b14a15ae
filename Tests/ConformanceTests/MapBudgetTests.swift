import Echelon
import Synchronization
import TestSupport
import Testing

/// Counts what a map takes of it; each element says how large its text is to be.
private final class Taken: Sendable {
  private let taken = Mutex(0)
  var count: Int { taken.withLock { $0 } }
  func take() -> Int {
    taken.withLock { taken in
      taken += 1
      return taken
    }
  }
}

private struct Texts: Sequence, Sendable {
  let taken = Taken()
  let count: Int
  let byteCount: Int

  struct Iterator: IteratorProtocol {
    let texts: Texts
    mutating func next() -> String? {
      guard texts.taken.count < texts.count else { return nil }
      let index = texts.taken.take()
      return String(repeating: String(index % 10), count: texts.byteCount)
    }
  }

  func makeIterator() -> Iterator { Iterator(texts: self) }
}

@Suite(.timeLimit(.minutes(2))) struct `The byte budget of a map` {
  private static let mebibyte = 1 << 20

  @Test(arguments: TestedExecutor.allCases, [1, nil] as [Int?])
  func `P4 bounds the arguments in flight, although the buffer has room for more`(
    _ kind: TestedExecutor, _ chunkSize: Int?
  ) throws {
    let pool = try kind.make(2)
    let texts = Texts(count: 200, byteCount: 100_000)
    let mapped = try pool.map(
      texts, chunkSize: chunkSize, bufferBytes: Self.mebibyte
    ) { $0.utf8.count }
    var iterator: MapResults<Int>.Iterator = mapped.makeIterator()
    var read = 0
    while let result = iterator.next() {
      read += 1
      #expect(try result.get() == 100_000)
      // Ten fit, and one call may be made before its size is known.
      #expect(texts.taken.count <= read + 11, "after \(read)")
    }
    #expect(read == 200)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases, [1, nil] as [Int?])
  func `P4 bounds the results in flight and unread, which nobody knows before the first`(
    _ kind: TestedExecutor, _ chunkSize: Int?
  ) throws {
    let pool = try kind.make(2)
    let texts = Texts(count: 200, byteCount: 1)
    let mapped = try pool.map(
      texts, chunkSize: chunkSize, bufferBytes: Self.mebibyte
    ) { String(repeating: $0, count: 100_000) }
    // Two calls for each worker, until a result is there.
    #expect(texts.taken.count <= 4)
    var iterator: MapResults<String>.Iterator = mapped.makeIterator()
    var read = 0
    while let result = iterator.next() {
      read += 1
      #expect(try result.get().utf8.count == 100_000)
      #expect(texts.taken.count <= read + 11, "after \(read)")
    }
    #expect(read == 200)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P4 lets a single call through that is larger, and small ones use the whole buffer`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    let large = Texts(count: 10, byteCount: 50_000)
    let one = try pool.map(large, bufferBytes: 1) { $0.utf8.count }
    var iterator: MapResults<Int>.Iterator = one.makeIterator()
    for read in 1...10 {
      #expect(try iterator.next()?.get() == 50_000)
      #expect(large.taken.count <= read + 1)
    }
    #expect(iterator.next() == nil)

    let small = Texts(count: 100, byteCount: 1)
    let held = try Latch(in: pool)
    let mapped = try pool.map(small, chunkSize: 1, buffer: 64) { (text: String) -> Int in
      held.pass()
      return text.utf8.count
    }
    #expect(small.taken.count == 64, "the size of the results is known from their type")
    held.open()
    var count = 0
    var rest: MapResults<Int>.Iterator = mapped.makeIterator()
    while let result = rest.next() { count += try result.get() }
    #expect(count == 100)
    #expect(throws: PoolError.self) { try pool.map(0..<3, bufferBytes: 0) { $0 } }
    pool.shutdown()
  }
}
