/// Halton's sequence: the digits of the index in the bases 2, 3, 5, …, one for each dimension, behind the point in
/// reverse.
///
/// For some ten dimensions; the points of large bases lie on lines for long. Scrambling mends that in part.
/// - Source: J. H. Halton, *Numerische Mathematik* 2 (1960); scrambled as in A. B. Owen, "A randomized Halton algorithm
///   in R" (2017), each digit by its own shift, or nested.
public struct HaltonSequence: QuasiRandomSequence {
  /// How many dimensions there are.
  public static let largestDimension = 1000

  /// How the points are moved.
  public let scrambling: Scrambling
  private let bases: [UInt64]
  private let keys: [UInt64]

  /// - Throws: `QuasiRandomError` for a dimension below 1 or above 1000.
  public init(dimension: Int, scrambling: Scrambling = .none) throws(QuasiRandomError) {
    guard (1...Self.largestDimension) ~= dimension else {
      throw .invalidDimension(dimension, most: Self.largestDimension)
    }
    self.scrambling = scrambling
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < dimension {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    bases = primes
    keys = (0..<dimension).map { scrambling.key(of: $0) }
  }

  /// See `QuasiRandomSequence`.
  public var dimension: Int { bases.count }

  /// See `QuasiRandomSequence`.
  public func write(_ points: Range<UInt64>, into output: inout MutableSpan<Double>) {
    check(points, output.count, limit: 1 << 52)
    var place = 0
    for index in points {
      for coordinate in bases.indices {
        output[place] = number(index, coordinate)
        place += 1
      }
    }
  }

  private func number(_ index: UInt64, _ coordinate: Int) -> Double {
    let (base, key) = (bases[coordinate], keys[coordinate])
    var (rest, numerator, denominator) = (index, 0.0, 1.0)
    // Digits below 2⁻⁵² do not show; those of a scrambled index do not end.
    var (level, node): (UInt64, UInt64) = (0, 1)
    while scrambling == .none ? rest > 0 : denominator < 0x1p52 {
      let digit = rest % base
      rest /= base
      let moved =
        switch scrambling {
        case .none: digit
        case .digitalShift: (digit + below(base, mixed(level, key: key))) % base
        case .owen: permuted(digit, below: base, mixed(node, key: key))
        }
      numerator = numerator * Double(base) + Double(moved)
      denominator *= Double(base)
      level += 1
      node = mixed(node &* base &+ digit)
    }
    // Products beyond 2⁵³ are rounded, which shifts a coordinate by less than that.
    let x = numerator / denominator
    return scrambling == .none ? x : min(max(x, 0x1p-53), 1 - 0x1p-53)
  }
}

/// A number below a bound, of the bits of a word.
@inline(__always)
private func below(_ bound: UInt64, _ word: UInt64) -> UInt64 {
  word.multipliedFullWidth(by: bound).high
}

/// The place of a digit in a random permutation of 0 ..< bound: by a walk through a random order, as in a shuffle that
/// is followed for one element alone.
private func permuted(_ digit: UInt64, below bound: UInt64, _ key: UInt64) -> UInt64 {
  // Durstenfeld's shuffle from the first place on: the element is exchanged once it is reached, and whenever a later
  // place takes the one where it is.
  var place = digit
  for last in 1..<bound where last >= 1 {
    let other = below(last + 1, mixed(last, key: key))
    if place == last { place = other } else if place == other { place = last }
  }
  return place
}
