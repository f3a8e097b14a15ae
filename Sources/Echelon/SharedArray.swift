public import EchelonMemory
import EchelonPool
import EchelonTransfer

/// A one-dimensional array in the shared memory of a pool: workers read and write its elements where
/// they lie, and it travels as a handle of a few bytes whatever its size.
///
/// Copies of a `SharedArray` are views of the same elements. The memory is free again when the last
/// view and the last piece of work that uses it are gone. It is not a `Sequence`, so that
/// `pool.map(array)` can only mean the parallel map; `Array(array)` copies the elements out.
///
/// Reading elements while a worker writes them gives no defined values: await the work first.
@frozen public struct SharedArray<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The memory behind the array.
  @usableFromInline package let block: ArenaBlock
  /// Bytes from the start of the block to the first element.
  @usableFromInline package let byteOffset: Int
  /// The number of elements.
  public let count: Int

  @inlinable package init(block: ArenaBlock, byteOffset: Int = 0, count: Int) {
    let size = MemoryLayout<Element>.stride
    precondition(count >= 0 && byteOffset >= 0 && byteOffset % MemoryLayout<Element>.alignment == 0)
    precondition(count <= (block.byteCount - byteOffset) / size, "the block is too small")
    self.block = block
    self.byteOffset = byteOffset
    self.count = count
  }

  /// Whether there are no elements.
  public var isEmpty: Bool { count == 0 }
  /// The indices, 0 ..< count.
  public var indices: Range<Int> { 0..<count }

  /// Reads all elements in place.
  @inlinable
  public func withSpan<R: ~Copyable, E: Error>(_ body: (Span<Element>) throws(E) -> R) throws(E)
    -> R
  {
    try block.withSpan(of: Element.self, byteOffset: byteOffset, count: count, body)
  }

  /// Reads and writes all elements in place.
  @inlinable
  public func withMutableSpan<R: ~Copyable, E: Error>(
    _ body: (inout MutableSpan<Element>) throws(E) -> R
  ) throws(E) -> R {
    try block.withMutableSpan(of: Element.self, byteOffset: byteOffset, count: count, body)
  }

  /// One element; for tests and odd ones. For many, `withSpan`.
  @inlinable
  public subscript(index: Int) -> Element {
    get { withSpan { $0[index] } }
    nonmutating set { withMutableSpan { $0[index] = newValue } }
  }

  /// A view of a part of the elements, without a copy.
  @inlinable
  public subscript(range: Range<Int>) -> SharedArray {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) lies outside 0..<\(count)")
    return SharedArray(
      block: block, byteOffset: byteOffset + range.lowerBound * MemoryLayout<Element>.stride,
      count: range.count)
  }

  /// Sets every element to `value`.
  @inlinable
  public func fill(_ value: Element) {
    withMutableSpan { span in for index in span.indices { span[index] = value } }
  }

  /// The array as an operand of a job.
  var operand: JobOperand {
    JobOperand(
      block: block, byteOffset: byteOffset, count: count, rows: 1, columns: count,
      rowStride: count, columnStride: 1)
  }

  /// Whether any element's bytes are also another array's.
  func overlaps<Other>(_ other: SharedArray<Other>) -> Bool {
    guard block === other.block, count > 0, other.count > 0 else { return false }
    let mine = byteOffset..<byteOffset + count * MemoryLayout<Element>.stride
    let theirs = other.byteOffset..<other.byteOffset + other.count * MemoryLayout<Other>.stride
    return mine.overlaps(theirs)
  }
}

extension Array where Element: BitwiseCopyable & Sendable {
  /// A copy of the elements of a shared array.
  public init(_ shared: SharedArray<Element>) {
    self = shared.withSpan { $0.copied() }
  }
}

extension SharedArray: CustomStringConvertible {
  /// The first and last elements, and how many there are.
  public var description: String { describe(count: count) { "\(self[$0])" } }
}

/// A list of elements, or its beginning, its end and how many there are.
func describe(count: Int, _ element: (Int) -> String) -> String {
  let shown = 6
  func list(_ range: Range<Int>) -> String { range.map(element).joined(separator: ", ") }
  if count <= 2 * shown { return "[\(list(0..<count))]" }
  return "[\(list(0..<shown)), …, \(list(count - shown..<count))] (\(count) elements)"
}

extension SharedArray: HandleTransferable, Codable {
  package func encodeHandle(into encoder: inout HandleEncoder) throws(TransferError) {
    encoder.encode(block.handle)
    encoder.encode(Int64(byteOffset))
    encoder.encode(Int64(count))
    encoder.retain(block)
  }

  package init(handle decoder: inout HandleDecoder) throws(TransferError) {
    let handle = try decoder.decode(BlockHandle.self)
    let byteOffset = try decoder.decode(Int64.self)
    let count = try decoder.decode(Int64.self)
    let block: ArenaBlock
    do throws(ArenaError) { block = try ArenaRegistry.block(handle) } catch {
      throw .decodingFailed(type: "\(Self.self)", path: "", reason: "\(error)")
    }
    guard byteOffset >= 0, count >= 0, byteOffset <= block.byteCount,
      Int(byteOffset) % MemoryLayout<Element>.alignment == 0,
      count <= (block.byteCount - Int(byteOffset)) / MemoryLayout<Element>.stride
    else {
      throw .decodingFailed(
        type: "\(Self.self)", path: "", reason: "\(count) elements do not fit into their block")
    }
    self.init(block: block, byteOffset: Int(byteOffset), count: Int(count))
  }

  /// Writes the handle; works with Echelon's own coder only.
  public func encode(to encoder: any Encoder) throws { try encodeHandle(to: encoder) }
  /// Reads the handle; works with Echelon's own coder only.
  public init(from decoder: any Decoder) throws { self = try Self.decodeHandle(from: decoder) }
}
