internal import CEchelonKernels

/// An element type that systems of equations can be solved in.
///
/// The requirements take pointers because they are the other side of the fence; callers use `solve` and
/// `determinant`.
package protocol SystemScalar: BLASScalar {
  /// Elements of memory that `solve` works in, of n × n elements and m right sides.
  static func solveScratch(_ n: Int, _ m: Int) -> Int
  /// - Returns: 0, or the number of the first column without a pivot, from 1 on.
  @unsafe static func solve(_ call: SolveCall<Self>) -> Int
  /// The determinant of `a`.
  @unsafe static func determinant(_ call: SolveCall<Self>) -> ScaledProduct
}

/// The arguments of one solution. The right sides are the columns of the identity when there is no `b`.
@unsafe package struct SolveCall<Element> {
  var size: Int
  var sideCount: Int
  var isPositive: Bool
  var a: UnsafePointer<Element>?
  var aView: MatrixView
  var b: UnsafePointer<Element>?
  var bView: MatrixView
  var x: UnsafeMutablePointer<Element>?
  var xView: MatrixView
  var scratch: UnsafeMutablePointer<Element>?
  var level: InstructionSet?
}

extension MatrixView {
  fileprivate var layout: ek_layout {
    ek_layout(columns: columns, row_stride: rowStride, column_stride: columnStride)
  }
}

// SAFETY, for all: `solve` and `determinant` have checked that the views have the shapes that belong together and
// lie inside their spans, and that the scratch is aligned and large enough.

extension SolveCall {
  /// What solves small systems, by the shim's code for an instruction set: level, n, m, whether A is positive definite,
  /// A, B, X, and scratch memory.
  typealias SmallRoutine = (
    Int32, Int, Int, Int32, UnsafePointer<Element>?, ek_layout, UnsafePointer<Element>?,
    ek_layout, UnsafeMutablePointer<Element>?, ek_layout, UnsafeMutablePointer<Element>?
  ) -> Int
  /// What solves large ones, by LAPACK: the same without a level.
  typealias LargeRoutine = (
    Int, Int, Int32, UnsafePointer<Element>?, ek_layout, UnsafePointer<Element>?, ek_layout,
    UnsafeMutablePointer<Element>?, ek_layout, UnsafeMutablePointer<Element>?
  ) -> Int

  @unsafe fileprivate func solution(_ small: SmallRoutine, _ large: LargeRoutine) -> Int {
    let positive: Int32 = unsafe isPositive ? 1 : 0
    if unsafe size > Int(EK_SMALL_SYSTEM) {
      return unsafe large(
        size, sideCount, positive, a, aView.layout, b, bView.layout, x, xView.layout, scratch)
    }
    return unsafe small(
      level.number, size, sideCount, positive, a, aView.layout, b, bView.layout, x, xView.layout,
      scratch)
  }
}

extension Double: SystemScalar {
  /// See `SystemScalar`.
  package static func solveScratch(_ n: Int, _ m: Int) -> Int {
    n <= Int(EK_SMALL_SYSTEM)
      ? ek_solve_scratch_f64(EK_LEVEL_ACTIVE, n, m) : ek_solve_large_scratch_f64(n, m)
  }

  /// See `SystemScalar`.
  @unsafe package static func solve(_ call: SolveCall<Double>) -> Int {
    unsafe call.solution(ek_solve_f64, ek_solve_large_f64)
  }

  /// See `SystemScalar`.
  @unsafe package static func determinant(_ call: SolveCall<Double>) -> ScaledProduct {
    unsafe ScaledProduct(
      ek_determinant_f64(call.level.number, call.size, call.a, call.aView.layout, call.scratch))
  }
}

extension Float: SystemScalar {
  /// See `SystemScalar`.
  package static func solveScratch(_ n: Int, _ m: Int) -> Int {
    n <= Int(EK_SMALL_SYSTEM)
      ? ek_solve_scratch_f32(EK_LEVEL_ACTIVE, n, m) : ek_solve_large_scratch_f32(n, m)
  }

  /// See `SystemScalar`.
  @unsafe package static func solve(_ call: SolveCall<Float>) -> Int {
    unsafe call.solution(ek_solve_f32, ek_solve_large_f32)
  }

  /// See `SystemScalar`.
  @unsafe package static func determinant(_ call: SolveCall<Float>) -> ScaledProduct {
    unsafe ScaledProduct(
      ek_determinant_f32(call.level.number, call.size, call.a, call.aView.layout, call.scratch))
  }
}
