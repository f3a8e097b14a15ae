import CEchelonKernels

/// Sobol's sequence: of the first 2ᵏ points, every part of the unit cube that comes of halving it often enough has as
/// many.
///
/// The points are those of SciPy's `qmc.Sobol`, in its order (of Gray's code), the origin first; take a power of two of
/// them, from the first on. In 52 bits, so that there are 2⁵² points.
/// - Source: I. M. Sobol', *USSR Computational Mathematics and Mathematical Physics* 7 (1967); direction numbers of S.
///   Joe, F. Y. Kuo, *SIAM J. Sci. Comput.* 30 (2008), the set of 21,201 dimensions.
public struct SobolSequence: QuasiRandomSequence {
  /// How many dimensions there are direction numbers for.
  public static let largestDimension = 21_201
  /// Bits of an index, and of a coordinate.
  private static let width = 52

  /// See `QuasiRandomSequence`.
  public let dimension: Int
  /// How the points are moved.
  public let scrambling: Scrambling
  /// For each dimension, of each bit of an index, what it changes: fractions of 2⁶⁴.
  private let directions: [UInt64]
  private let keys: [UInt64]

  /// - Throws: `QuasiRandomError` for a dimension below 1 or above 21,201.
  public init(
    dimension: Int, scrambling: Scrambling = .none
  ) throws(QuasiRandomError) {
    guard (1...Self.largestDimension) ~= dimension else {
      throw .invalidDimension(dimension, most: Self.largestDimension)
    }
    self.dimension = dimension
    self.scrambling = scrambling
    keys = (0..<dimension).map { scrambling.key(of: $0) }
    var directions: [UInt64] = []
    directions.reserveCapacity(dimension * Self.width)
    for bit in 0..<Self.width { directions.append(1 << UInt64(63 - bit)) }
    var table = DirectionBits()
    for _ in 1..<dimension {
      let degree = table.next(5)
      let coefficients = table.next(degree - 1)
      let start = directions.count
      for bit in 0..<degree {
        let number = UInt64(2 * table.next(bit) + 1)
        directions.append(number << UInt64(63 - bit))
      }
      for bit in degree..<Self.width {
        let first = directions[start + bit - degree]
        var direction = first ^ first >> UInt64(degree)
        for k in 1..<max(1, degree) where (coefficients >> (degree - 1 - k)) & 1 == 1 {
          direction ^= directions[start + bit - k]
        }
        directions.append(direction)
      }
    }
    self.directions = directions
  }

  /// See `QuasiRandomSequence`.
  public func write(_ points: Range<UInt64>, into output: inout MutableSpan<Double>) {
    check(points, output.count, limit: 1 << UInt64(Self.width))
    guard let first = points.first else { return }
    let code = first ^ first >> 1
    for coordinate in 0..<dimension {
      let start = coordinate * Self.width
      var x: UInt64 = 0
      var bits = code
      while bits != 0 {
        x ^= directions[start + bits.trailingZeroBitCount]
        bits &= bits - 1
      }
      var place = coordinate
      for index in points {
        output[place] = number(x, coordinate)
        place += dimension
        // The next index's code differs in one bit; after the last there may be none.
        let bit = (index + 1).trailingZeroBitCount
        if bit < Self.width { x ^= directions[start + bit] }
      }
    }
  }

  @inline(__always)
  private func number(_ x: UInt64, _ coordinate: Int) -> Double {
    let key = keys[coordinate]
    switch scrambling {
    case .none: return Double(x &>> 11) * 0x1p-53
    case .digitalShift: return interior(x ^ key)
    case .owen: return interior(owenScrambled(x, key: key))
    }
  }
}

/// A fraction of 2⁶⁴ as a number in (0, 1), an odd multiple of 2⁻⁵³.
@inline(__always)
private func interior(_ x: UInt64) -> Double { (Double(x &>> 12) + 0.5) * 0x1p-52 }

/// Flips each bit at random, as the bits above it say.
///
/// The first 32 by a hash of their own for each node of the tree of halves, the rest by one of what is above them:
/// fewer than 2³² points of a sequence have no more than those in common.
private func owenScrambled(_ x: UInt64, key: UInt64) -> UInt64 {
  var flips: UInt64 = 0
  for level in 0..<32 as Range<UInt64> {
    let node = 1 &<< level | (level == 0 ? 0 : x &>> (64 &- level))
    flips |= (mixed(node, key: key) &>> 63) &<< (63 &- level)
  }
  return x ^ flips ^ (mixed(1 << 32 | x >> 32, key: key) >> 32)
}

/// The bits of `sobol_directions.h`, one field after the other.
private struct DirectionBits {
  private var position = 0

  mutating func next(_ width: Int) -> Int {
    var value = 0
    for bit in 0..<max(0, width) {
      let byte = Int(ek_sobol_byte(position >> 3))
      value |= ((byte >> (position & 7)) & 1) << bit
      position += 1
    }
    return value
  }
}
