internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// Which singular vectors are computed.
  public enum SingularVectors: Sendable, Codable, Hashable {
    /// None: singular values only.
    case none
    /// As many on each side as there are singular values.
    case thin
    /// All: U and V are square.
    case full

    var letter: CChar { self == .none ? letterN : self == .thin ? letterS : letterA }

    /// The shapes of U and of Vᴴ for an m × n matrix; of none, without columns and without rows.
    public func shapes(rows: Int, columns: Int) -> (u: ColumnMajorShape, vAdjoint: ColumnMajorShape)
    {
      let (left, right) =
        switch self {
        case .none: (0, 0)
        case .thin: (min(rows, columns), min(rows, columns))
        case .full: (rows, columns)
        }
      return (
        ColumnMajorShape(rows: rows, columns: left), ColumnMajorShape(rows: right, columns: columns)
      )
    }
  }

  /// Decomposes A into U·Σ·Vᴴ, by divide and conquer; A is lost.
  /// - Parameters:
  ///   - values: min(m, n), in descending order.
  ///   - u: of the shape that `vectors` says, and so is `vAdjoint`.
  /// - Returns: whether it converged; `gesvd` then does in nearly all cases.
  public static func gesdd<Element: LinearAlgebraScalar>(
    _ vectors: SingularVectors, _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    values: inout MutableSpan<Element.Real>, u: inout MutableSpan<Element>,
    vAdjoint: inout MutableSpan<Element>
  ) throws(LinearAlgebraError) -> Bool {
    let info = unsafe decompose(ek_gesdd, vectors, &a, shape, &values, &u, &vAdjoint)
    return try checked(info) == 0
  }

  /// Decomposes A into U·Σ·Vᴴ, by the QR algorithm; A is lost.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  public static func gesvd<Element: LinearAlgebraScalar>(
    _ vectors: SingularVectors, _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    values: inout MutableSpan<Element.Real>, u: inout MutableSpan<Element>,
    vAdjoint: inout MutableSpan<Element>
  ) throws(LinearAlgebraError) {
    let info = unsafe decompose(ek_gesvd, vectors, &a, shape, &values, &u, &vAdjoint)
    try checkConvergence(info, "gesvd")
  }

  /// What both routines take: element type, job, m, n, A, σ, U and Vᴴ.
  private typealias Routine = (
    Int32, CChar, Int32, Int32, UnsafeMutableRawPointer?, Int32, UnsafeMutableRawPointer?,
    UnsafeMutableRawPointer?, Int32, UnsafeMutableRawPointer?, Int32
  ) -> Int32

  @unsafe private static func decompose<Element: LinearAlgebraScalar>(
    _ routine: Routine, _ vectors: SingularVectors, _ a: inout MutableSpan<Element>,
    _ shape: ColumnMajorShape, _ values: inout MutableSpan<Element.Real>,
    _ u: inout MutableSpan<Element>, _ vAdjoint: inout MutableSpan<Element>
  ) -> Int32 {
    let (uShape, vShape) = vectors.shapes(rows: shape.rows, columns: shape.columns)
    shape.check(a.count)
    uShape.check(u.count)
    vShape.check(vAdjoint.count)
    precondition(values.count >= min(shape.rows, shape.columns))
    return unsafe withAddress(&a) { a in
      unsafe withAddress(&values) { values in
        unsafe withAddress(&u) { u in
          unsafe withAddress(&vAdjoint) { vAdjoint in
            unsafe routine(
              Element.scalarType.rawValue, vectors.letter, shape.m, shape.n, a, shape.lda, values,
              u, uShape.lda, vAdjoint, vShape.lda)
          }
        }
      }
    }
  }

  /// - Parameter info: how many values an iteration has not found.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  static func checkConvergence(_ info: Int32, _ routine: String) throws(LinearAlgebraError) {
    let remaining = try checked(info)
    if remaining > 0 { throw .noConvergence(operation: routine, remaining: remaining) }
  }
}
