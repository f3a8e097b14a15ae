/// 64 bytes that travel by value: the partial result of one chunk, or a kernel's parameters.
///
/// Its layout is written into shared memory: eight 64-bit words, in the byte order of the machine.
@frozen
public struct CacheLine: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var words: InlineArray<8, UInt64>

  /// All bytes zero.
  @inlinable public init() { words = InlineArray(repeating: 0) }

  /// The number of words.
  public static let wordCount = 8

  /// Word `index`, 0…7, as bits.
  @inlinable public subscript(word index: Int) -> UInt64 {
    get { words[index] }
    set { words[index] = newValue }
  }

  /// Word `index`, 0…7, as a floating-point number; every bit pattern survives, NaNs included.
  @inlinable public subscript(double index: Int) -> Double {
    get { Double(bitPattern: words[index]) }
    set { words[index] = newValue.bitPattern }
  }

  /// Word `index`, 0…7, as an integer.
  @inlinable public subscript(integer index: Int) -> Int {
    get { Int(truncatingIfNeeded: words[index]) }
    set { words[index] = UInt64(bitPattern: Int64(newValue)) }
  }

  /// Whether all bits are the same.
  public static func == (left: CacheLine, right: CacheLine) -> Bool {
    (0..<wordCount).allSatisfy { left.words[$0] == right.words[$0] }
  }
}

/// What one chunk of a kernel hands back for merging; all zero for kernels that only write outputs.
public typealias KernelPartial = CacheLine

/// What a kernel is told besides its operands; all zero for kernels that need nothing.
public typealias KernelParameters = CacheLine
