internal import CEchelonKernels

/// Runs `body` with at least a number of threads in each call of the BLAS, if it has such a setting.
///
/// The setting is the process's: only for processes in which nobody else calls the BLAS meanwhile, as in workers.
/// - Parameter count: nil leaves it as it is.
public func withBLASThreads<R>(
  _ count: Int?, _ body: () throws(LinearAlgebraError) -> R
) throws(LinearAlgebraError) -> R {
  guard let count, count > 1 else { return try body() }
  let before = ek_set_blas_threads(Int32(count))
  // Who has set more than Echelon's one keeps that.
  if before > count { _ = ek_set_blas_threads(before) }
  defer { if before > 0 { _ = ek_set_blas_threads(before) } }
  return try body()
}
