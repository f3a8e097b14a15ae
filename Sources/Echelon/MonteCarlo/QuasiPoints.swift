import EchelonKernels
public import EchelonMemory
import EchelonRandom

/// The points of a job: of each replicate those from a part on.
@frozen
@usableFromInline
package struct QuasiRange: BitwiseCopyable, Sendable {
  @usableFromInline let seed: UInt64
  @usableFromInline let dimension: Int
  /// In each replicate, a power of 2.
  @usableFromInline let pointCount: Int
  @usableFromInline let firstPart: Int

  /// Points that are one element of the job; all of a replicate where it has fewer.
  var partLength: Int { min(pointCount, QuasiMonteCarloState.partLength) }
  /// Of the job.
  var partsOfReplicate: Int { pointCount / partLength - firstPart }
}

/// The points of a part of a replicate, some at a time.
@usableFromInline
package struct QuasiPoints {
  private let sequence: SobolSequence
  private var left: Range<UInt64>
  /// Point after point.
  @usableFromInline package private(set) var coordinates: [Double]
  /// How many points are in it.
  @usableFromInline package private(set) var count = 0

  private static let batchLength = 64

  @usableFromInline package init(_ range: QuasiRange, part: Int) {
    let (replicate, place) = (part / range.partsOfReplicate, part % range.partsOfReplicate)
    do {
      sequence = try SobolSequence(
        dimension: range.dimension,
        scrambling: .owen(seed: range.seed, replicate: UInt64(replicate)))
    } catch {
      preconditionFailure("\(error)")  // the front end has made one
    }
    let first = (range.firstPart + place) * range.partLength
    left = UInt64(first)..<UInt64(first + range.partLength)
    coordinates = [Double](repeating: 0, count: range.dimension * Self.batchLength)
  }

  /// Takes the next points.
  /// - Returns: whether there were any.
  @usableFromInline package mutating func advance() -> Bool {
    guard !left.isEmpty else { return false }
    count = min(left.count, Self.batchLength)
    let next = left.lowerBound..<left.lowerBound + UInt64(count)
    let (sequence, size) = (sequence, count * sequence.dimension)
    var span = coordinates.mutableSpan
    var points = span._mutatingExtracting(0..<size)
    sequence.write(next, into: &points)
    left = next.upperBound..<left.upperBound
    return true
  }
}

extension ChunkMemory {
  /// Writes the sum over the points of each part.
  @inlinable @inline(__always)
  package func integrate(_ body: (Span<Double>) -> Double) {
    let range = parameters(as: QuasiRange.self)
    fill { part -> Double in
      var points = QuasiPoints(range, part: part)
      // Compensated (Kahan's): the differences of replicates are small.
      var (sum, lost) = (0.0, 0.0)
      while points.advance() {
        let coordinates = points.coordinates.span
        for point in 0..<points.count {
          let start = point * range.dimension
          let value = body(coordinates.extracting(start..<start + range.dimension))
          let term = value - lost
          let next = sum + term
          lost = (next - sum) - term
          sum = next
        }
      }
      return sum
    }
  }
}
