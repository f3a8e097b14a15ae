/// OpenBLAS's core types, as far as a test has to know them.
public enum CoreTypes {
  /// Whether the kernels of a core type use an instruction set, or a wider one.
  /// - Parameter instructionSet: a name of `InstructionSet`.
  public static func use(_ instructionSet: String, _ coreType: String) -> Bool {
    let wide = ["SkylakeX", "Cooperlake", "SapphireRapids"]
    return switch instructionSet {
    case "avx512": wide.contains(coreType)
    case "avx2": (wide + ["Haswell", "Zen", "Excavator"]).contains(coreType)
    default: true
    }
  }
}
