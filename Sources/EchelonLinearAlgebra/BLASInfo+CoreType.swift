internal import CEchelonKernels

/// Core types: OpenBLAS's names for the processors whose kernels it has. Which one is in use decides how fast a
/// product is, by a factor of two to four, and what its bits are.
extension BLASInfo {
  /// The environment variable that an OpenBLAS reads as it loads, to choose the core type.
  public static let coreTypeVariable = "OPENBLAS_CORETYPE"

  /// What workers are to find in their environment: one thread, and the core type that an OpenBLAS should have been
  /// told which this process has loaded already, since workers, too, have it linked in then.
  ///
  /// Does not open a BLAS. One that nobody has loaded is told by each process as it opens it.
  public static var workerEnvironment: [(name: String, value: String)] {
    guard givenCoreType == nil, let missed = loadedMissedCoreType else {
      return singleThreadEnvironment
    }
    return singleThreadEnvironment + [(coreTypeVariable, missed)]
  }

  /// The value of the variable.
  static var givenCoreType: String? {
    // SAFETY: a C string or NULL; one that Echelon itself set for a moment is static text.
    guard let given = unsafe ek_given_core_type() else { return nil }
    return unsafe String(cString: given)
  }

  /// What the OpenBLAS that is loaded now is to be told; nil when it is to be left alone, or none is loaded.
  static var loadedMissedCoreType: String? {
    // SAFETY: a string literal of the C target.
    let missed = unsafe String(cString: ek_missed_core_type())
    return missed.isEmpty ? nil : missed
  }

  /// What the OpenBLAS that Echelon has opened had chosen by itself; nil when it was left alone.
  static var openedOwnCoreType: String? {
    // SAFETY: static text of the C target, written before `ek_open_blas` returns for the first time.
    let own = unsafe String(cString: ek_own_core_type())
    return own.isEmpty ? nil : own
  }

  /// What to tell an OpenBLAS, for any processor; nil when it is to be left alone.
  /// - Parameters:
  ///   - coreType: the one it chose by itself.
  ///   - configuration: what it says of itself.
  ///   - level: the instruction set of the processor, 0 for the baseline, 1 for AVX2, 2 for AVX-512.
  ///   - isAMD: whether AMD made the processor.
  ///   - given: what the user says in `coreTypeVariable`.
  package static func betterCoreType(
    than coreType: String, configuration: String, level: Int, isAMD: Bool, given: String?
  ) -> String? {
    // SAFETY: texts live for the call; the answer is a literal of the C target or NULL.
    let better = unsafe ek_better_core_type(
      coreType, configuration, Int32(level), isAMD ? 1 : 0, given)
    guard let better = unsafe better else { return nil }
    return unsafe String(cString: better)
  }
}
