import EchelonMemory
import Testing

@Suite struct `Endings of names` {
  @Test(arguments: [
    ("data.csv", ".csv", true), ("DATA.CSV", ".csv", true), ("x.Csv", ".csv", true),
    (".csv", ".csv", true), ("csv", ".csv", false), ("x.csv.gz", ".csv", false),
    ("", ".csv", false),
    ("x", "", true), ("ä.CſV", ".csv", false), ("x@csv", ".csv", false),
    ("x.\u{43}SV", ".csv", true),
  ])
  func `are the same in small letters and capitals`(_ name: String, _ ending: String, _ has: Bool) {
    #expect(name.hasEnding(ending) == has)
  }

  @Test func `tell parts of files from files`() {
    func part(_ name: String) -> [String]? {
      name.part(ofFileEndingIn: [".npz", ".npz.gz"]).map { [$0.file, $0.part] }
    }
    #expect(part("run.npz:x") == ["run.npz", "x"])
    #expect(part("q/RUN.NPZ.GZ:x") == ["q/RUN.NPZ.GZ", "x"])
    #expect(part("run.npz:day:x") == ["run.npz", "day:x"])
    #expect(part("a.npz:b.npz:x") == ["a.npz:b.npz", "x"])  // the last that can be one
    #expect(part("run.npz:") == ["run.npz", ""])
    #expect(part("run.csv:x") == nil)
    #expect(part("run.npz") == nil)
  }
}
