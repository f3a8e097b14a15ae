import CReference
import Echelon
import EchelonLinearAlgebra
import Glibc
import TestSupport

/// How the values of a matrix are spread, all relative to the largest: DLATM1's modes, which its numbers stand for.
enum Spread: Int, Sendable {
  /// One is 1, the others small.
  case oneLarge = 1
  /// One is small, the others 1.
  case oneSmall = 2
  case geometric = 3
  case arithmetic = 4

  /// `count` numbers from 1 down to 1 / condition.
  func values(count: Int, condition: Double) -> [Double] {
    (0..<count).map { index in
      let part = count > 1 ? Double(index) / Double(count - 1) : 0
      switch self {
      case .oneLarge: return index == 0 ? 1 : 1 / condition
      case .oneSmall: return index < count - 1 || count == 1 ? 1 : 1 / condition
      case .geometric: return exp2(-part * log2(condition))
      case .arithmetic: return 1 - part * (1 - 1 / condition)
      }
    }
  }
}

/// Limits of a precision, as LAPACK's test programs derive the extreme ones of their matrices from them.
struct Precision: Sendable {
  /// The distance from 1 to the next number, DLAMCH's 'Precision'.
  let ulp: Double
  /// The smallest normal number.
  let smallest: Double

  static let double = Precision(
    ulp: Double.ulpOfOne, smallest: Double.leastNormalMagnitude)
  static let float = Precision(
    ulp: Double(Float.ulpOfOne), smallest: Double(Float.leastNormalMagnitude))

  /// Near overflow and underflow, and the conditions of "bad" matrices: DLATB4.
  var small: Double { 0.25 * smallest / ulp }
  var large: Double { 1 / small }
  var badCondition: Double { (0.1 / ulp).squareRoot() }
  var worstCondition: Double { 0.1 / ulp }
  /// For eigenvalues: DCHKST.
  var rootSmall: Double { smallest.squareRoot() / ulp }
  var rootLarge: Double { ulp / smallest.squareRoot() }
}

/// One of the matrices that LAPACK's test programs take: its name there, and how it is made.
struct MatrixType: Sendable, CustomStringConvertible {
  enum Structure: Sendable {
    case zero, identity
    /// Ones below the diagonal.
    case jordan
    case diagonal, full, upper, lower
    /// These columns are 0, for a Hermitian matrix rows too.
    case zeroColumns(first: @Sendable (Int) -> Int, isLast: Bool)
    /// Elements between -1 and 1.
    case random
    /// Two diagonals whose elements spread over ulp⁴.
    case bidiagonal
    /// Eigenvalues on the diagonal of a triangle that is rotated, and scaled by what has this condition.
    case similar(condition: Double)
    /// Three quarters of the rank that it could have.
    case deficient
  }
  let description: String
  let structure: Structure
  var spread = Spread.geometric
  var condition = 2.0
  var norm = 1.0
}

/// Who makes matrices of given singular values or eigenvalues.
enum MatrixSource: String, CaseIterable, Sendable {
  /// Random reflections in the C of the tests.
  case own
  /// LAPACK's DLATMS, out of libtmglib3, where that is installed.
  case latms

  /// The sizes on which it is tested; DLATMS makes no empty ones.
  var sizes: [Int] { self == .own ? testedSizes : testedSizes.filter { $0 > 0 } }

  /// Whether it is there.
  var isAvailable: Bool {
    guard self == .latms else { return true }
    var (value, element) = ([1.0], [0.0])
    return unsafe reference_latms(0, 1, 1, &value, Self.general, 0, 0, &element, 1) != -1000
  }

  /// Those that are there: a test of its own is skipped, and says so, where one is not.
  static var available: [MatrixSource] { allCases.filter(\.isAvailable) }

  static let general = CChar(bitPattern: UInt8(ascii: "N"))
  static let hermitian = CChar(bitPattern: UInt8(ascii: "H"))
}

/// A matrix of a type, in double precision.
struct MadeMatrix {
  let rows: Int
  let columns: Int
  let isComplex: Bool
  /// Column-major, complex numbers as pairs.
  var parts: [Double]
  /// The singular values, or eigenvalues of a Hermitian one, where it was made of them.
  var values: [Double]?

  private var width: Int { isComplex ? 2 : 1 }

  /// - Parameter isHermitian: whether values are eigenvalues, of both signs if `isIndefinite`.
  init(
    _ type: MatrixType, rows: Int, columns: Int, isComplex: Bool, isHermitian: Bool = false,
    isIndefinite: Bool = false, source: MatrixSource = .own, seed: UInt64
  ) {
    (self.rows, self.columns, self.isComplex) = (rows, columns, isComplex)
    let count = min(rows, columns)
    parts = [Double](repeating: 0, count: rows * columns * (isComplex ? 2 : 1))
    guard count > 0 else { return }
    var random = TestRandom(seed: seed)
    var values = type.spread.values(count: count, condition: type.condition).map { $0 * type.norm }
    if isIndefinite {
      values = values.map { Bool.random(using: &random) ? -$0 : $0 }
    }
    switch type.structure {
    case .zero: self.values = [Double](repeating: 0, count: count)
    case .identity:
      setDiagonal([Double](repeating: 1, count: count))
      self.values = [Double](repeating: 1, count: count)
    case .jordan: for i in 1..<max(1, count) { parts[(i + (i - 1) * rows) * width] = 1 }
    case .diagonal:
      setDiagonal(values)
      self.values = values
    case .full:
      make(values, isHermitian, source, lower: rows - 1, upper: columns - 1, seed)
    case .upper:
      make(values, false, source, lower: source == .own ? rows - 1 : 0, upper: columns - 1, seed)
    case .lower:
      make(values, false, source, lower: rows - 1, upper: source == .own ? columns - 1 : 0, seed)
    case .zeroColumns(let first, let isLast):
      make(values, isHermitian, source, lower: rows - 1, upper: columns - 1, seed)
      self.values = nil
      let start = first(count)
      for column in start..<(isLast ? columns : start + 1) {
        for row in 0..<rows { setZero(row, column) }
        if isHermitian { for other in 0..<columns { setZero(column, other) } }
      }
    case .random:
      unsafe reference_fill(parts.count, &parts, seed)
      if isHermitian { mirror() }
      parts = parts.map { $0 * type.norm }
    case .bidiagonal:
      for i in 0..<count {
        let range = 2 * log2(type.condition)
        parts[(i + i * rows) * width] = exp2(Double.random(in: -range...range, using: &random))
        guard i + 1 < columns else { continue }
        parts[(i + (i + 1) * rows) * width] = exp2(
          Double.random(in: -range...range, using: &random))
      }
    case .similar(let condition):
      fillUpper(values, seed)
      if condition > 1 {
        unsafe reference_rotate(isComplex ? 1 : 0, Int32(rows), Int32(rows), &parts, 1, seed &+ 1)
        let scales = Spread.geometric.values(count: count, condition: condition)
        for j in 0..<columns {
          for i in 0..<rows * width { parts[i + j * rows * width] *= scales[i / width] / scales[j] }
        }
      }
      unsafe reference_rotate(isComplex ? 1 : 0, Int32(rows), Int32(rows), &parts, 1, seed &+ 2)
    case .deficient:
      let rank = Self.deficientRank(count)
      values = (0..<count).map {
        $0 >= rank
          ? 0 : $0 == 0 ? type.norm : type.norm * Double.random(in: 0.1...1, using: &random)
      }
      make(values, isHermitian, source, lower: rows - 1, upper: columns - 1, seed)
    }
  }

  /// The rank of a deficient one: that of DQRT15.
  static func deficientRank(_ count: Int) -> Int { max(1, count * 3 / 4) }

  private mutating func make(
    _ values: [Double], _ isHermitian: Bool, _ source: MatrixSource, lower: Int, upper: Int,
    _ seed: UInt64
  ) {
    self.values = values
    if source == .own {
      setDiagonal(values)
      unsafe reference_rotate(
        isComplex ? 1 : 0, Int32(rows), Int32(columns), &parts, isHermitian ? 1 : 0, seed)
      if isHermitian { mirror() }
      return
    }
    var diagonal = values
    let info = unsafe reference_latms(
      isComplex ? 1 : 0, Int32(rows), Int32(columns), &diagonal,
      isHermitian ? MatrixSource.hermitian : MatrixSource.general, Int32(lower), Int32(upper),
      &parts, seed)
    precondition(info == 0, "DLATMS: \(info)")
  }

  private mutating func setDiagonal(_ values: [Double]) {
    for (i, value) in values.enumerated() { parts[(i + i * rows) * width] = value }
  }

  private mutating func setZero(_ row: Int, _ column: Int) {
    for part in 0..<width { parts[(row + column * rows) * width + part] = 0 }
  }

  /// Exactly Hermitian: rounding has made it nearly so.
  private mutating func mirror() {
    for j in 0..<columns {
      if isComplex { parts[(j + j * rows) * 2 + 1] = 0 }
      for i in 0..<j {
        let (from, to) = ((j + i * rows) * width, (i + j * rows) * width)
        parts[to] = parts[from]
        if isComplex { parts[to + 1] = -parts[from + 1] }
      }
    }
  }

  /// A triangle with eigenvalues on its diagonal; every third pair of a real matrix is a pair of conjugates.
  private mutating func fillUpper(_ values: [Double], _ seed: UInt64) {
    let scale = values.map(abs).max() ?? 1
    unsafe reference_fill(parts.count, &parts, seed)
    for j in 0..<columns {
      for i in 0..<rows {
        for part in 0..<width {
          let index = (i + j * rows) * width + part
          parts[index] = i > j ? 0 : i == j && part == 0 ? values[j] : parts[index] * scale
        }
      }
    }
    guard !isComplex else { return }
    for i in stride(from: 0, to: rows - 1, by: 6) {
      parts[i + 1 + (i + 1) * rows] = parts[i + i * rows]
      let off = abs(parts[i + (i + 1) * rows])
      parts[i + (i + 1) * rows] = off
      parts[i + 1 + i * rows] = -off
    }
  }
}
