import Echelon
import EchelonFiles
import EchelonLinearAlgebra

/// Whether an OpenBLAS uses the instructions that the processor has, and what that is worth.
extension DoctorReport {
  mutating func addCoreType(of library: BLASInfo) {
    guard !library.coreType.isEmpty else { return }
    add("Kernels for", library.coreType)
    if let own = library.ownCoreType {
      add(
        "Its own choice",
        "\(own), since it does not know this processor; Echelon told it the better one",
        .string(own))
    }
    if let given = library.givenCoreType { add(BLASInfo.coreTypeVariable, given) }
  }

  /// Measures one worker with the kernels that are not in use, if there is a choice between two.
  /// - Parameter inUse: one worker as workers are without further ado.
  mutating func measureGainOfCoreType(
    of library: BLASInfo, inUse: MatrixProductSpeed
  ) async throws {
    let isGiven = library.givenCoreType != nil
    let missed = library.missedCoreType
    // Workers are told also what this process has loaded too early to be told; see `workerEnvironment`.
    let own = library.ownCoreType ?? (missed != nil && !isGiven ? library.coreType : nil)
    guard let other = own ?? missed else { return }
    let speed = try await MatrixProductSpeed.measure(
      order: Self.order, workers: 1, environment: [BLASInfo.coreTypeVariable: other])
    add(speed, own == nil ? "Product, better kernels" : "Product, own choice", kernels: other)

    let ratio = speed.operationsPerSecond / inUse.operationsPerSecond
    let gain = own == nil ? ratio : 1 / ratio
    let text = "\(gain.rounded(significantDigits: 2)) times as fast"
    add("Gain", "\(text) with the better kernels", .number(gain))

    guard let missed, gain > 1.1 else { return }  // less may be noise
    if isGiven {
      advise(
        "Unset \(BLASInfo.coreTypeVariable), which chooses the kernels for \(library.coreType): "
          + "matrix products become \(text) with those for \(missed).")
    } else {
      advise(
        "Set \(BLASInfo.coreTypeVariable)=\(missed) before the program starts: it has an OpenBLAS "
          + "loaded that uses its kernels for \(library.coreType), and matrix products outside of "
          + "workers become \(text).")
    }
  }
}
