internal import CEchelonKernels

/// An element type whose matrix product the system's BLAS computes.
///
/// The requirement takes pointers because it is the other side of the fence; callers use
/// `multiply(_:_:into:)`.
public protocol BLASScalar: BinaryFloatingPoint, BitwiseCopyable {
  /// `C = A·B`, row-major, by `cblas_?gemm`. A BLAS is there: `BLASInfo.require` has been asked.
  /// One call; the arguments have been checked.
  @unsafe static func gemm(_ call: GEMMCall<Self>)
}

/// The arguments of one call of `cblas_?gemm` with row-major C, α = 1 and β = 0.
@unsafe public struct GEMMCall<Element> {
  var rows: Int32
  var columns: Int32
  var inner: Int32
  var a: UnsafePointer<Element>
  var transposeA: Bool
  var leadingA: Int32
  var b: UnsafePointer<Element>
  var transposeB: Bool
  var leadingB: Int32
  var c: UnsafeMutablePointer<Element>
  var leadingC: Int32
}

// SAFETY, for both: `multiply` has checked that there is a BLAS, that the views lie inside their spans,
// that C has no two elements at one address, and that all dimensions fit into 32 bits.

extension Double: BLASScalar {
  /// See `BLASScalar`.
  @unsafe public static func gemm(_ call: GEMMCall<Double>) {
    unsafe ek_dgemm(
      call.transposeA ? 1 : 0, call.transposeB ? 1 : 0, call.rows, call.columns, call.inner, call.a,
      call.leadingA, call.b, call.leadingB, call.c, call.leadingC)
  }
}

extension Float: BLASScalar {
  /// See `BLASScalar`.
  @unsafe public static func gemm(_ call: GEMMCall<Float>) {
    unsafe ek_sgemm(
      call.transposeA ? 1 : 0, call.transposeB ? 1 : 0, call.rows, call.columns, call.inner, call.a,
      call.leadingA, call.b, call.leadingB, call.c, call.leadingC)
  }
}
