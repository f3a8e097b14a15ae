/// Points of the unit cube that fill it more evenly than random ones do.
///
/// A point depends on its index alone, so workers that take ranges of indices make the points that one would make.
///
///     let points = try SobolSequence(dimension: 5, scrambling: .owen(seed: 42))
///     let mean = (0..<1 << 16).reduce(0.0) { $0 + f(points.point(UInt64($1))) } / 65536
public protocol QuasiRandomSequence: Sendable {
  /// How many coordinates a point has.
  var dimension: Int { get }
  /// Writes points of successive indices, one after the other.
  /// - Parameters:
  ///   - points: which ones.
  ///   - output: of points.count·dimension elements; traps otherwise.
  func write(_ points: Range<UInt64>, into output: inout MutableSpan<Double>)
}

extension QuasiRandomSequence {
  /// One point.
  public func point(_ index: UInt64) -> [Double] {
    var point = [Double](repeating: 0, count: dimension)
    var span = point.mutableSpan
    write(index..<index + 1, into: &span)
    return point
  }

  func check(_ points: Range<UInt64>, _ count: Int, limit: UInt64) {
    precondition(points.upperBound <= limit, "point \(points.upperBound - 1) of \(limit)")
    precondition(
      UInt64(count) == UInt64(points.count) * UInt64(dimension),
      "\(count) elements for \(points.count) points of \(dimension) coordinates")
  }
}

/// How points are moved at random, so that a mean over them is without bias, and several such means tell its error.
public enum Scrambling: Sendable, Hashable {
  /// They are not. Some coordinates are 0 then, where a quantile is infinite.
  case none
  /// The digits of a coordinate are shifted by the same random digits in every point. The cheapest; differences of
  /// points stay what they are.
  case digitalShift(seed: UInt64, replicate: UInt64 = 0)
  /// Each digit of a coordinate is permuted at random in a way that depends on the digits before it (A. B. Owen's
  /// nested uniform scrambling). Of smooth functions the error falls faster than without.
  case owen(seed: UInt64, replicate: UInt64 = 0)

  /// A word for each coordinate, from which all that is random about it comes.
  func key(of coordinate: Int) -> UInt64 {
    switch self {
    case .none: 0
    case .digitalShift(let seed, let replicate), .owen(let seed, let replicate):
      // A stream that nothing else draws from.
      Philox64Generator.block(
        counter: (UInt64(coordinate), replicate, 0x5c4a_3b1e, 0), key: (seed, 0x7175_6173_69)
      ).0
    }
  }
}

/// A hash of a word, all bits of which change with each bit of the word.
/// - Source: D. Stafford's thirteenth variant of the finalizer of MurmurHash3, as in SplitMix64 (G. Steele, D. Lea, C.
///   Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
@inline(__always)
func mixed(_ word: UInt64) -> UInt64 {
  var z = word
  z = (z ^ z &>> 30) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ z &>> 27) &* 0x94d0_49bb_1331_11eb
  return z ^ z &>> 31
}

/// The same of the place of a node in a tree, under a key.
@inline(__always)
func mixed(_ node: UInt64, key: UInt64) -> UInt64 {
  mixed(key &+ node &* 0x9e37_79b9_7f4a_7c15)
}

/// Why there is no such sequence.
public enum QuasiRandomError: Error, Equatable, Sendable, CustomStringConvertible {
  /// It has fewer dimensions, or none.
  case invalidDimension(Int, most: Int)
  /// A sample has a number of points that it cannot have.
  case invalidCount(Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .invalidDimension(let dimension, let most):
      "a sequence of \(dimension) dimensions; there are 1 to \(most), and random numbers beyond"
    case .invalidCount(let count):
      "a sample of \(count) points; it has 1 or more, and fewer than 2³²"
    }
  }
}
