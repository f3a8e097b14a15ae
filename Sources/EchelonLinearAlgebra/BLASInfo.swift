internal import CEchelonKernels

/// Which BLAS the process uses, and how it is set. It is opened when it is first needed.
public struct BLASInfo: Hashable, Sendable, CustomStringConvertible {
  /// The implementations that are told apart.
  public enum Implementation: String, Sendable {
    case openBLAS = "OpenBLAS"
    case blis = "BLIS"
    case reference = "reference BLAS"
  }

  /// Which one it is.
  public let implementation: Implementation
  /// The file that `cblas_dgemm` comes from, symbolic links resolved; empty if unknown.
  public let path: String
  /// What the library says of itself: version and build options; empty if it says nothing.
  public let configuration: String
  /// The processor type whose kernels it uses; empty if it does not say. Part of what the bits of
  /// a product depend on.
  public let coreType: String
  /// The core type that it had chosen by itself, when Echelon told it a better one as it was opened.
  public let ownCoreType: String?
  /// What the user chose in `coreTypeVariable`; Echelon leaves it at that.
  public let givenCoreType: String?
  /// The value of `coreTypeVariable` with which it would use the instructions that the processor has; nil when it
  /// uses them, or nothing better is known. There is one when the user chose another, and when the BLAS could
  /// not be told: a program that links it has it loaded before Echelon can set the variable.
  public let missedCoreType: String?
  /// Threads of one call in this process.
  public let threadCount: Int

  /// Environment variables that keep a BLAS to one thread; to be set before the image starts, since
  /// libraries read them as they load.
  ///
  /// A pool has as many workers as cores, so that more threads would only compete; and a product's
  /// bits may depend on their number.
  public static let singleThreadEnvironment: [(name: String, value: String)] = [
    ("OPENBLAS_NUM_THREADS", "1"),
    ("GOTO_NUM_THREADS", "1"),
    ("OMP_NUM_THREADS", "1"),
    ("BLIS_NUM_THREADS", "1"),
    ("MKL_NUM_THREADS", "1"),
    ("VECLIB_MAXIMUM_THREADS", "1"),
  ]

  /// Opens the BLAS if that has not been done.
  /// - Throws: `LinearAlgebraError.noBLAS` when the system has none.
  public static func require() throws(LinearAlgebraError) {
    guard ek_open_blas() != 0 else { throw .noBLAS }
  }

  /// Asks the libraries; without any, path and configuration are empty.
  public static var current: BLASInfo {
    _ = ek_open_blas()
    let implementation: Implementation =
      has("openblas_get_config") ? .openBLAS : has("bli_info_get_version_str") ? .blis : .reference
    // SAFETY: the shim copies nothing and frees nothing: its strings are static, the library's own,
    // or this thread's until its next call. What is missing comes back as "" or 0.
    return unsafe BLASInfo(
      implementation: implementation,
      path: String(cString: ek_file_of_function("cblas_dgemm")),
      configuration: String(
        cString: ek_ask_text(
          implementation == .blis ? "bli_info_get_version_str" : "openblas_get_config")),
      coreType: String(cString: ek_ask_text("openblas_get_corename")),
      ownCoreType: openedOwnCoreType, givenCoreType: givenCoreType,
      missedCoreType: loadedMissedCoreType,
      threadCount: max(
        1,
        implementation == .blis
          ? ek_ask_long("bli_thread_get_num_threads")
          : Int(ek_ask_int("openblas_get_num_threads"))))
  }

  /// Whether a call of the BLAS may have more threads than one. The reference BLAS has none, and neither have builds of others
  /// without them.
  public static var hasThreads: Bool {
    _ = ek_open_blas()
    // SAFETY: a question without arguments; what is missing answers 0.
    if has("openblas_set_num_threads") {
      let isParallel = unsafe ek_ask_int("openblas_get_parallel") != 0
      return isParallel || !has("openblas_get_parallel")
    }
    // SAFETY: as above.
    return has("bli_thread_set_num_threads")
      && (unsafe ek_ask_long("bli_info_get_enable_threading") != 0
        || !has("bli_info_get_enable_threading"))
  }

  private static func has(_ function: String) -> Bool {
    // SAFETY: only looks a name up.
    unsafe ek_has_function(function) != 0
  }

  /// One line: implementation, core type, threads, file.
  public var description: String {
    let core = coreType.isEmpty ? "" : " for \(coreType)"
    let threads = threadCount == 1 ? "1 thread" : "\(threadCount) threads"
    return "\(implementation.rawValue)\(core), \(threads), \(path.isEmpty ? "unknown file" : path)"
  }
}
