/// A Latin hypercube: n random points, of which in every dimension one lies in each of n stretches of equal length.
///
/// Sums of functions of one variable each have next to no error; no other function has a larger one than random points
/// give, but for a factor of n / (n - 1).
/// - Source: M. D. McKay, R. J. Beckman, W. J. Conover, *Technometrics* 21 (1979); A. B. Owen, *Annals of Statistics*
///   25 (1997).
public struct LatinHypercube: QuasiRandomSequence {
  /// How many points there are.
  public let count: Int
  /// See `QuasiRandomSequence`.
  public let dimension: Int
  private let seed: UInt64
  private let replicate: UInt64
  /// For each dimension, the stretch of each point: 4 bytes for each coordinate of the sample.
  private let strata: [UInt32]

  /// - Parameters:
  ///   - count: n, 1 or more and below 2³².
  ///   - dimension: 1 or more.
  ///   - seed: makes others.
  ///   - replicate: of several samples of one seed, which one.
  /// - Throws: `QuasiRandomError` for a number of points or dimensions that there is not.
  public init(
    count: Int, dimension: Int, seed: UInt64, replicate: UInt64 = 0
  ) throws(QuasiRandomError) {
    guard count > 0, count <= Int(UInt32.max) else { throw .invalidCount(count) }
    guard dimension > 0, dimension <= Int.max / count / 8 else {
      throw .invalidDimension(dimension, most: Int.max / count / 8)
    }
    self.count = count
    self.dimension = dimension
    self.seed = seed
    self.replicate = replicate
    var strata: [UInt32] = []
    strata.reserveCapacity(count * dimension)
    for coordinate in 0..<dimension {
      var generator = Philox64Generator(
        seed: seed, index: UInt64(coordinate), stream: Self.stream(replicate, 0))
      var order = Array(0..<UInt32(count))
      generator.shuffle(&order)
      strata += order
    }
    self.strata = strata
  }

  /// See `QuasiRandomSequence`.
  public func write(_ points: Range<UInt64>, into output: inout MutableSpan<Double>) {
    check(points, output.count, limit: UInt64(count))
    var place = 0
    for index in points {
      var generator = Philox64Generator(
        seed: seed, index: index, stream: Self.stream(replicate, 1))
      for coordinate in 0..<dimension {
        let stratum = Double(strata[coordinate * count + Int(index)])
        let x = (stratum + generator.uniformOpen()) / Double(count)
        // The upper end of the last stretch may be rounded to.
        output[place] = min(x, 1 - 0x1p-53)
        place += 1
      }
    }
  }

  /// Of orders and of places in a stretch.
  private static func stream(_ replicate: UInt64, _ use: UInt64) -> UInt64 {
    mixed(2 &* replicate &+ use, key: 0x6c61_7469_6e)
  }
}
