import EchelonLinearAlgebra
import EchelonMemory

/// What the bits of results depend on beside the input and what is done with it.
struct ResultBasis: Codable, Hashable, Sendable {
  /// The release of Echelon.
  let echelon: String
  /// See `resultsVersion`.
  let results: Int
  /// The instruction set of the vector loops.
  let level: String
  /// The BLAS, how it was built, and whose kernels it uses.
  let blas: String

  /// To be raised with every change after which an operation gives other bits for the same input.
  private static let resultsVersion = 2

  /// That of this process and its workers.
  static let current: ResultBasis = {
    let library = BLASInfo.current
    return ResultBasis(
      echelon: EchelonCommand.release, results: resultsVersion, level: InstructionSet.active.name,
      blas: [library.implementation.rawValue, library.configuration, library.coreType]
        .filter { !$0.isEmpty }.joined(separator: ", "))
  }()
}
