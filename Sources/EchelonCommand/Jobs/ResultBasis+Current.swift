import EchelonLinearAlgebra
import EchelonMemory

extension ResultBasis {
  /// To be raised with every change after which an operation gives other bits for the same input.
  private static let resultsVersion = 5

  /// That of this process and its workers.
  static let current: ResultBasis = {
    let library = BLASInfo.current
    return ResultBasis(
      echelon: EchelonCommand.release, results: resultsVersion, level: InstructionSet.active.name,
      blas: [library.implementation.rawValue, library.configuration, library.coreType]
        .filter { !$0.isEmpty }.joined(separator: ", "))
  }()
}
