import EchelonLinearAlgebra
import EchelonMemory

// From elements to keys and back, by the number of the type: code that travels is made outside of generic code.

extension ChunkMemory {
  /// Calls `body` with the key of each of the chunk's elements.
  @inline(__always)
  func forEachSortKey(
    _ type: SortableType, _ order: SortDirection, _ body: (Int, UInt64) -> Void
  ) {
    switch type {
    case .float64: withInput(0, of: Double.self) { eachKey(of: $0, order, body) }
    case .float32: withInput(0, of: Float.self) { eachKey(of: $0, order, body) }
    case .int64: withInput(0, of: Int64.self) { eachKey(of: $0, order, body) }
    case .int32: withInput(0, of: Int32.self) { eachKey(of: $0, order, body) }
    case .uint8: withInput(0, of: UInt8.self) { eachKey(of: $0, order, body) }
    case .int: withInput(0, of: Int.self) { eachKey(of: $0, order, body) }
    }
  }
}

/// Calls `body` with the key of each element of a range of an array.
@inline(__always)
func readKeys(
  of bytes: SharedArray<UInt8>, _ range: Range<Int>, _ type: SortableType, _ order: SortDirection,
  _ body: (Int, UInt64) -> Void
) {
  switch type {
  case .float64: bytes.view(as: Double.self)[range].withSpan { eachKey(of: $0, order, body) }
  case .float32: bytes.view(as: Float.self)[range].withSpan { eachKey(of: $0, order, body) }
  case .int64: bytes.view(as: Int64.self)[range].withSpan { eachKey(of: $0, order, body) }
  case .int32: bytes.view(as: Int32.self)[range].withSpan { eachKey(of: $0, order, body) }
  case .uint8: bytes.view(as: UInt8.self)[range].withSpan { eachKey(of: $0, order, body) }
  case .int: bytes.view(as: Int.self)[range].withSpan { eachKey(of: $0, order, body) }
  }
}

@inline(__always)
private func eachKey<Element: SortableElement>(
  of x: Span<Element>, _ order: SortDirection, _ body: (Int, UInt64) -> Void
) {
  switch order {
  case .ascending: for index in x.indices { body(index, x[index].sortKey) }
  case .descending: for index in x.indices { body(index, x[index].descendingSortKey) }
  }
}

/// Writes the elements of keys.
func write(
  _ keys: Span<UInt64>, _ type: SortableType, _ order: SortDirection,
  into bytes: SharedArray<UInt8>,
  from start: Int
) {
  switch type {
  case .float64: write(keys, order, into: bytes.view(as: Double.self), from: start)
  case .float32: write(keys, order, into: bytes.view(as: Float.self), from: start)
  case .int64: write(keys, order, into: bytes.view(as: Int64.self), from: start)
  case .int32: write(keys, order, into: bytes.view(as: Int32.self), from: start)
  case .uint8: write(keys, order, into: bytes.view(as: UInt8.self), from: start)
  case .int: write(keys, order, into: bytes.view(as: Int.self), from: start)
  }
}

private func write<Element: SortableElement>(
  _ keys: Span<UInt64>, _ order: SortDirection, into output: SharedArray<Element>, from start: Int
) {
  output[start..<start + keys.count].withMutableSpan { output in
    switch order {
    case .ascending: for index in keys.indices { output[index] = Element(sortKey: keys[index]) }
    case .descending:
      for index in keys.indices { output[index] = Element(descendingSortKey: keys[index]) }
    }
  }
}

extension SharedArray where Element == UInt8 {
  /// The same bytes as elements of another type, which they are.
  func view<Other>(as type: Other.Type) -> SharedArray<Other> {
    SharedArray<Other>(
      block: block, byteOffset: byteOffset, count: count / MemoryLayout<Other>.stride)
  }
}
