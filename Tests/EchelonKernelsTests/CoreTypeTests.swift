import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `An OpenBLAS` {
  /// Instruction sets as `betterCoreType` counts them.
  static let (baseline, avx2, avx512) = (0, 1, 2)

  private func better(
    than coreType: String, level: Int, isAMD: Bool = false, given: String? = nil,
    configuration: String = "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY MAX_THREADS=64"
  ) -> String? {
    BLASInfo.betterCoreType(
      than: coreType, configuration: configuration, level: level, isAMD: isAMD, given: given)
  }

  @Test(arguments: [
    "Prescott", "Core2", "Nehalem", "Barcelona", "Bobcat", "Sandybridge", "Piledriver",
    "Steamroller",
  ])
  func `with the kernels of an older processor is told those of this one`(_ coreType: String) {
    #expect(better(than: coreType, level: Self.avx512) == "SKYLAKEX")
    #expect(better(than: coreType, level: Self.avx512, isAMD: true) == "SKYLAKEX")
    #expect(better(than: coreType, level: Self.avx2) == "HASWELL")
    #expect(better(than: coreType, level: Self.avx2, isAMD: true) == "ZEN")
    #expect(better(than: coreType, level: Self.baseline) == nil)
  }

  @Test(arguments: ["Haswell", "Zen", "Excavator"])
  func `with kernels for AVX2 is told others only where there is AVX-512`(_ coreType: String) {
    #expect(better(than: coreType, level: Self.avx512) == "SKYLAKEX")
    #expect(better(than: coreType, level: Self.avx2, isAMD: true) == nil)
    #expect(better(than: coreType, level: Self.baseline) == nil)
  }

  @Test(arguments: [
    "SkylakeX", "Cooperlake", "SapphireRapids", "Zen9", "", "Unknown", "armv8", "NEOVERSEN1",
  ])
  func `with the widest kernels, or with ones nobody here knows, is left alone`(_ coreType: String)
  {
    for level in [Self.baseline, Self.avx2, Self.avx512] {
      #expect(better(than: coreType, level: level) == nil)
    }
  }

  @Test(arguments: ["Nehalem", "SKYLAKEX", "nonsense", ""])
  func `for which the user has chosen is left alone`(_ given: String) {
    #expect(better(than: "Prescott", level: Self.avx512, given: given) == nil)
  }

  @Test func `built for one processor is left alone`() {
    #expect(
      better(
        than: "Prescott", level: Self.avx512,
        configuration: "OpenBLAS 0.3.21 NO_AFFINITY Prescott SINGLE_THREADED") == nil)
    #expect(better(than: "Prescott", level: Self.avx512, configuration: "") == nil)
  }

  @Test func `opened here uses the instructions that the processor has`() throws {
    try BLASInfo.require()
    let info = BLASInfo.current
    guard info.configuration.contains("DYNAMIC_ARCH"), info.givenCoreType == nil else {
      #expect(info.ownCoreType == nil)
      return
    }
    let level = InstructionSet.active.name
    #expect(CoreTypes.use(level, info.coreType), "\(info)")
    #expect(info.missedCoreType == nil)
    if let own = info.ownCoreType { #expect(!CoreTypes.use(level, own), "\(own)") }
    // Whoever opens it in a worker finds the same out.
    #expect(!BLASInfo.workerEnvironment.contains { $0.name == BLASInfo.coreTypeVariable })
  }
}
