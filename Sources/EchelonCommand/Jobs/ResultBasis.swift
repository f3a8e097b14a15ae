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
}
