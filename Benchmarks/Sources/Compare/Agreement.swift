import Echelon
import EchelonLinearAlgebra

/// What both sides of a figure computed, each in a number that depends on all of it: in every pair they have to agree.
final class Agreement {
  private let figure: String
  private let tolerance: Double
  private let isRelative: Bool
  private var echelon: Double?
  private var rival: Double?

  /// - Parameter tolerance: a part of the rival's number; or, if not `isRelative`, a difference.
  init(_ figure: String, within tolerance: Double, isRelative: Bool = true) {
    (self.figure, self.tolerance, self.isRelative) = (figure, tolerance, isRelative)
  }

  /// - Throws: `ComparisonError.disagreement`.
  func echelon(_ value: Double) throws {
    echelon = value
    try check()
  }

  /// - Throws: `ComparisonError.disagreement`.
  func rival(_ value: Double) throws {
    rival = value
    try check()
  }

  private func check() throws {
    guard let echelon, let rival else { return }
    // Not by `>`: NaN agrees with nothing.
    if abs(echelon - rival) <= tolerance * (isRelative ? abs(rival) : 1) { return }
    throw ComparisonError.disagreement(figure: figure, echelon: echelon, rival: rival)
  }
}

/// A number from 0 to below 1 that looks random and is the same here, in `blas.c` and in `python.py` (SplitMix64): what
/// both sides work on.
func mixed(_ index: Int) -> Double {
  var z = UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
}

/// Σ |x[i]|·(i + 1)/n: a number that depends on every element and its place. `blas.c` and `python.py` have the same.
enum Digest {
  static func of(_ x: SharedArray<Double>) -> Double {
    x.withSpan { span in
      var sum = 0.0
      for index in span.indices { sum += abs(span[index]) * Double(index + 1) }
      return sum / Double(span.count)
    }
  }

  /// Row by row.
  static func of(_ x: SharedMatrix<Double>) -> Double {
    var sum = 0.0
    for row in 0..<x.rows {
      let first = row * x.columns + 1
      for column in 0..<x.columns { sum += abs(x[row, column]) * Double(first + column) }
    }
    return sum / Double(x.count)
  }

  /// Of the diagonal, whose last elements depend on the whole of a factorization.
  static func ofDiagonal(_ x: SharedMatrix<Double>) -> Double {
    of(min(x.rows, x.columns)) { x[$0, $0] }
  }

  static func of(_ count: Int, _ element: (Int) -> Double) -> Double {
    (0..<count).reduce(0) { $0 + abs(element($1)) * Double($1 + 1) } / Double(count)
  }
}
