import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `Integers of 64 bits` {
  private static let note = "integers of 64 bits are rounded in 'col0'; where they are identifiers"

  @Test(arguments: StoredIntegers.all)
  func `are rounded only where that is said, in pieces and whole`(_ integers: StoredIntegers) throws
  {
    try withFolder { folder in
      let path = folder + "/x.npy"
      try integers.npy(integers.texts).write(to: URL(filePath: path))
      let pieces = ["--piece-bytes", "16"]
      let pool = ["--workers", "2", "--divide-from", "1"]
      for command in [
        ["filter", "col0 > 0", path], ["filter", "col0 > 0", path] + pieces,
        ["quantiles", "0.5", path], ["quantiles", "0.5", path] + pieces,
        ["sort", "col0", path, "--format", "table"], ["map", "x = col0 / 2", path] + pieces,
        ["stats", path], ["stats", path] + pool, ["stats", path] + pool + ["--piece-rows", "2"],
        ["stats", path, "--all"],
        ["batch", "--output", folder + "/out", "--do", "abs", path],
      ] {
        let run = try CommandProcess.run(command)
        #expect(run.status == 0, "\(command): \(run.errors)")
        let notes = run.errors.components(separatedBy: Self.note).count - 1
        #expect(notes == 1, "\(command): \(run.errors)")
        #expect(run.errors.contains("--types 'col0=text'"), "\(command): \(run.errors)")
      }
    }
  }

  @Test(arguments: StoredIntegers.all)
  func `keep all digits in delimited text`(_ integers: StoredIntegers) throws {
    try withFolder { folder in
      let (path, raw) = (folder + "/x.npy", folder + "/x.bin")
      try integers.npy(integers.texts).write(to: URL(filePath: path))
      try integers.bytes(integers.texts).write(to: URL(filePath: raw))
      let text = "col0\n" + integers.texts.map { $0 + "\n" }.joined()
      for command in [
        ["convert", path], ["convert", path, "--to", "tsv"],
        ["convert", path, "--piece-bytes", "8"],
        ["convert", raw, "--raw", integers.raw],
      ] {
        let run = try CommandProcess.run(command)
        #expect(run.output == text && run.errors.isEmpty, "\(command): \(run.output) \(run.errors)")
      }
      let batch = try CommandProcess.run(
        "batch", "--output", "\(folder)/out", "--do", "to-csv", path)
      #expect(!batch.errors.contains("rounded"), "\(batch.errors)")
      let written = folder + "/out/x.npy.csv"
      #expect(try String(contentsOfFile: written, encoding: .utf8) == text)
      // So they do in JSON and Matrix Market, and on the way from there to others.
      for name in ["y.json", "y.jsonl", "y.mtx", "y.json.gz"] {
        let copy = "\(folder)/\(name)"
        for command in [["filter", "row() > 0", path], ["convert", path]] {
          let made = try CommandProcess.run(command + ["--output", copy])
          #expect(made.status == 0 && made.errors.isEmpty, "\(command) \(name): \(made.errors)")
          let read = try CommandProcess.run("convert", copy)
          #expect(read.output == text && read.errors.isEmpty, "\(name): \(read.output)")
        }
        for (other, type) in [("z.npy", nil), ("z.npz", nil), ("z.npy", "8"), ("z.mtx", nil)] {
          let again = "\(folder)/\(other)"
          let made = try CommandProcess.run(
            ["convert", copy, "--output", again]
              + (type.map { ["--type", (integers.isSigned ? "i" : "u") + $0] } ?? []))
          #expect(made.status == 0 && made.errors.isEmpty, "\(name) \(other): \(made.errors)")
          #expect(try CommandProcess.run("convert", again).output == text, "\(name) \(other)")
        }
        let floats = try CommandProcess.run(
          "convert", copy, "--output", folder + "/f.npy", "--type", "f8")
        #expect(floats.status == 0 && floats.errors.contains("are rounded in 'col0'"), "\(name)")
        let computed = try CommandProcess.run("filter", "col0 > 0", copy)
        #expect(computed.errors.contains("are rounded in 'col0'"), "\(name): \(computed.errors)")
      }
      for (step, name) in [
        ("to-json", "x.npy.json"), ("to-jsonl", "x.npy.jsonl"), ("to-mtx", "x.npy.mtx"),
      ] {
        let run = try CommandProcess.run(
          "batch", "--output", "\(folder)/out", "--do", step, path)
        #expect(run.status == 0 && !run.errors.contains("rounded"), "\(step): \(run.errors)")
        let back = try CommandProcess.run(
          "batch", "--output", "\(folder)/back", "--do", "to-csv", "\(folder)/out/\(name)")
        #expect(back.status == 0 && !back.errors.contains("rounded"), "\(step): \(back.errors)")
        let read = try String(contentsOfFile: "\(folder)/back/\(name).csv", encoding: .utf8)
        #expect(read == text, "\(step): \(read)")
      }
      let kept = try CommandProcess.run("sort", "col0", "--types", "col0=text", written)
      #expect(kept.errors.isEmpty && kept.output.contains("\n9007199254740993\n"), "\(kept.output)")
    }
  }

  @Test func `that are Doubles are no matter, however large`() throws {
    try withFolder { folder in
      let integers = StoredIntegers(isSigned: false, isBigEndian: false)
      let path = folder + "/x.npy"
      try integers.npy(["9223372036854775808", "9007199254740994", "0"])
        .write(to: URL(filePath: path))
      for command in [["stats", path], ["filter", "col0 > 0", path]] {
        let run = try CommandProcess.run(command)
        #expect(run.status == 0 && run.errors.isEmpty, "\(command): \(run.errors)")
      }
      // Nor are large numbers with an exponent, or among numbers with fractions.
      let large = folder + "/large.csv"
      try Data("a,b\n1e20,0.5\n3e21,100000000000000000001\n".utf8).write(to: URL(filePath: large))
      let stats = try CommandProcess.run("stats", large)
      #expect(stats.status == 0 && stats.errors.isEmpty, "\(stats.errors)")
      // Of text, statistics say it, too.
      let text = folder + "/x.csv"
      try Data("id,n\n1,1e300\n9007199254740993,2\n".utf8).write(to: URL(filePath: text))
      for command in [["stats", text], ["stats", text, "--workers", "2", "--divide-from", "1"]] {
        let run = try CommandProcess.run(command)
        #expect(run.errors.contains("rounded in 'id'; where"), "\(run.errors)")
      }
    }
  }
}
