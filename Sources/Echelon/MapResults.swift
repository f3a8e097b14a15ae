public import Synchronization

/// The results of `map` over a sequence, in its order: computed ahead of the reader by a bounded
/// number of elements, as it is read.
///
///     for result in try pool.map(files, parse) { … }                  // blocking
///     for await result in try pool.map(files, parse) { … }            // in async code
///     let all = try await pool.map(files) { parse($0) }.collect()     // or the first error
///
/// It can be read once. Leaving the loop early cancels what no worker has begun.
public struct MapResults<Output: Sendable>: Sequence, AsyncSequence, Sendable {
  /// One element's value, or its own error; the others keep theirs.
  public typealias Element = Result<Output, any Error>
  /// Reading does not throw: errors are elements.
  public typealias Failure = Never

  let driver: any MapDriving<Output>
  private var ready: ReadyResults<Output> { driver.ready }

  init(driver: any MapDriving<Output>) { self.driver = driver }

  /// Reads with blocking calls.
  public struct Iterator: IteratorProtocol {
    @usableFromInline let driver: any MapDriving<Output>
    @usableFromInline let ready: ReadyResults<Output>
    /// The next result in order; nil at the end.
    @inlinable public mutating func next() -> Result<Output, any Error>? {
      // Inlined, and so compiled for the type: it is called for every element.
      ready.popFirst() ?? driver.nextBlocking()
    }
  }

  /// Reads in async code.
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline let driver: any MapDriving<Output>
    @usableFromInline let ready: ReadyResults<Output>
    /// The next result in order; nil at the end.
    @inlinable public mutating func next() async -> Result<Output, any Error>? {
      if let result = ready.popFirst() { return result }
      return await driver.next()
    }
  }

  /// Reads no more: what no worker has begun is cancelled, and reading goes on to the end at once.
  public func cancel() { driver.stop() }

  /// Reads with blocking calls.
  public func makeIterator() -> Iterator { Iterator(driver: driver, ready: ready) }
  /// Reads in async code.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(driver: driver, ready: ready)
  }

  /// All values in order.
  /// - Throws: the first element's error; what no worker has begun is then cancelled.
  public func collect() async throws -> [Output] {
    var values: [Output] = []
    for await result in self { values.append(try result.get()) }
    return values
  }

  /// All values in order, blocking.
  /// - Throws: the first element's error; what no worker has begun is then cancelled.
  @available(*, noasync)
  public func collect() throws -> [Output] {
    var values: [Output] = []
    for result in AnySequence({ makeIterator() }) { values.append(try result.get()) }
    return values
  }

  /// The values alone: reading ends with the first element's error.
  public var values: AsyncThrowingMapSequence<MapResults<Output>, Output> {
    map { result in try result.get() }
  }
}

/// What reads a map's results, without the type of its input.
@usableFromInline protocol MapDriving<Output>: AnyObject, Sendable {
  associatedtype Output: Sendable
  /// What is there already, which readers take without asking.
  var ready: ReadyResults<Output> { get }
  func nextBlocking() -> Result<Output, any Error>?
  func next() async -> Result<Output, any Error>?
  func stop()
}

/// The results of one call that are there and wait to be read, in order.
@usableFromInline final class ReadyResults<Output: Sendable>: Sendable {
  @usableFromInline struct Content: Sendable {
    @usableFromInline var results: [Result<Output, any Error>] = []
    @usableFromInline var next = 0
  }
  @usableFromInline let content = Mutex<Content>(Content())

  /// The first, which is let go here.
  @inlinable func popFirst() -> Result<Output, any Error>? {
    content.withLock { content in
      guard content.next < content.results.count else { return nil }
      let result = content.results[content.next]
      if !_isPOD(Output.self) { content.results[content.next] = .failure(ResultTaken.error) }
      content.next += 1
      return result
    }
  }

  var count: Int { content.withLock { $0.results.count - $0.next } }

  /// Those of the next call, or none; all before them are gone.
  func replace(by results: [Result<Output, any Error>]) {
    content.withLock { $0 = Content(results: results) }
  }
}

/// Stands for a result that was read.
@usableFromInline struct ResultTaken: Error {
  @usableFromInline static let error: any Error = ResultTaken()
}

/// The elements of a map, read some at a time. Used by one thread at a time.
@usableFromInline final class MapSource<Input> {
  @usableFromInline let take: (Int) -> [Input]

  /// Inlined, and so compiled for the type of the sequence: this is done with every element.
  @inlinable init<Elements: IteratorProtocol>(_ elements: Elements)
  where Elements.Element == Input {
    var elements = elements
    take = { count in
      var taken: [Input] = []
      taken.reserveCapacity(min(count, 4096))
      while taken.count < count, let element = elements.next() { taken.append(element) }
      return taken
    }
  }

  /// The next `count` elements; fewer at the end.
  func next(_ count: Int) -> [Input] { take(count) }
}
