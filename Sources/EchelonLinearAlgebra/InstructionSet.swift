internal import CEchelonKernels

/// The instruction sets the vector loops are compiled for.
///
/// All levels give the same bits for the reductions; the level still belongs to what a result
/// depends on, since a BLAS chooses its own.
public struct InstructionSet: Hashable, Sendable, CustomStringConvertible {
  let level: Int32

  /// The levels this machine has, slowest first; the first is the baseline of the architecture.
  public static let available: [InstructionSet] = (0..<Int32(EK_LEVEL_COUNT))
    .filter { ek_level_is_available($0) != 0 }
    .map { InstructionSet(level: $0) }

  /// The level in use: the one that `ECHELON_ISA` pins, or else the fastest available.
  public static var active: InstructionSet { InstructionSet(level: ek_active_level()) }

  /// The name of the environment variable that pins a level by name (`sse2`, `avx2`, `avx512`).
  public static let environmentVariable = "ECHELON_ISA"

  /// Whether `ECHELON_ISA` names a level that this machine or build does not have; the fastest
  /// available is used then, so whoever promised a pinned level must refuse to start.
  public static var requestIsUnavailable: Bool {
    Int(ek_requested_level()) == EK_REQUEST_UNAVAILABLE
  }

  /// The level of that name, if this machine has it.
  public init?(named name: String) {
    guard let found = Self.available.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  private init(level: Int32) { self.level = level }

  /// `sse2`, `avx2`, `avx512` or `neon`.
  public var name: String {
    // SAFETY: a string literal of the C target, for any number.
    unsafe String(cString: ek_level_name(level))
  }

  /// The name.
  public var description: String { name }
}
