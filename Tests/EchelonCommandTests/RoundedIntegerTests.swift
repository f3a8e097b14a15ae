import Foundation
import TestSupport
import Testing

/// Integers of 64 bits in a file, with numbers of which no `Double` is one.
struct StoredIntegers: CustomTestStringConvertible, Sendable {
  let isSigned: Bool
  let isBigEndian: Bool

  static let all = [true, false].flatMap { isSigned in
    [true, false].map { StoredIntegers(isSigned: isSigned, isBigEndian: $0) }
  }

  var testDescription: String { raw }

  /// As `--raw` has it.
  var raw: String { (isSigned ? "i8" : "u8") + (isBigEndian ? "be" : "le") }

  /// The first one that is rounded stands behind others that are not.
  var texts: [String] {
    ["7", "9007199254740992", "1152921504606846976", "9007199254740993"]
      + (isSigned ? ["-9223372036854775807", "-1"] : ["18446744073709551615", "1"])
  }

  func bytes(_ texts: [String]) -> Data {
    Data(
      texts.flatMap { text in
        let bits = isSigned ? UInt64(bitPattern: Int64(text)!) : UInt64(text)!
        return (0..<8).map { byte in
          UInt8(truncatingIfNeeded: bits >> UInt64(8 * (isBigEndian ? 7 - byte : byte)))
        }
      })
  }

  func npy(_ texts: [String]) -> Data {
    let code = (isBigEndian ? ">" : "<") + (isSigned ? "i8" : "u8")
    let header = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(texts.count),), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 118, 0]) + Data(padded.utf8)
      + bytes(texts)
  }
}

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

@Suite(.timeLimit(.minutes(3))) struct `Copies of integers of 64 bits` {
  @Test(arguments: StoredIntegers.all)
  func `have all digits where integers are asked for`(_ integers: StoredIntegers) throws {
    try withFolder { folder in
      let path = folder + "/x.npy"
      try integers.npy(integers.texts).write(to: URL(filePath: path))
      let type = integers.isSigned ? "i8" : "u8"
      let text = "col0\n" + integers.texts.map { $0 + "\n" }.joined()
      for (name, raw) in [("y.npy", nil), ("y.npz", nil), ("y.bin", type + "le")] {
        let copy = "\(folder)/\(name)"
        let made = try CommandProcess.run(
          "convert", path, "--output", copy, "--type", type)
        #expect(made.status == 0 && !made.errors.contains("rounded"), "\(name): \(made.errors)")
        let read = try CommandProcess.run(["convert", copy] + (raw.map { ["--raw", $0] } ?? []))
        #expect(read.output == text, "\(name): \(read.output)")
      }
      let many = try CommandProcess.run(
        "convert", path, "--to", "npy", "--type", type, "--output", folder + "/all")
      #expect(many.status == 0 && !many.errors.contains("rounded"), "\(many.errors)")
      #expect(try CommandProcess.run("convert", folder + "/all/x.npy").output == text)
      // What neither type has is refused with its digits.
      let other = try CommandProcess.run(
        "convert", path, "--output", folder + "/z.npy", "--type", integers.isSigned ? "u8" : "i8")
      #expect(other.status != 0 && other.errors.contains("is no number of"), "\(other.errors)")
      #expect(
        other.errors.contains(integers.isSigned ? "-9223372036854775807" : "18446744073709551615"))
    }
  }

  @Test func `are refused where they would be rounded, unless that is asked for`() throws {
    try withFolder { folder in
      let integers = StoredIntegers(isSigned: true, isBigEndian: false)
      let path = folder + "/x.npy"
      try integers.npy(integers.texts).write(to: URL(filePath: path))
      for command in [
        ["--output", folder + "/y.npy"], ["--output", folder + "/y.npy", "--piece-bytes", "8"],
        ["--output", folder + "/y.npz"], ["--output", folder + "/y.bin"],
        ["--to", "npy", "--output", folder + "/out"],
      ] {
        let run = try CommandProcess.run(["convert", path] + command)
        #expect(
          run.status != 0 && run.errors.contains("--type i8 or u8"), "\(command): \(run.errors)")
        #expect(
          run.errors.contains("echelon: \(path): integers of 64 bits in 'col0'"), "\(run.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/y.npy"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/out/x.npy.npy"))
      let asked = try CommandProcess.run(
        "convert", path, "--output", folder + "/y.npy", "--type", "f8")
      #expect(
        asked.status == 0 && asked.errors.contains("are rounded in 'col0'"), "\(asked.errors)")
      // Computed ones are Doubles, which is said.
      let computed = try CommandProcess.run(
        "map", "col0 = 2 * col0", path, "--output", folder + "/y.npy")
      #expect(computed.status == 0 && computed.errors.contains("are rounded in 'col0'"))
      // Those that are Doubles are copied.
      try integers.npy(["1", "9007199254740992"]).write(to: URL(filePath: path))
      let plain = try CommandProcess.run("convert", path, "--output", folder + "/y.npy")
      #expect(plain.status == 0 && plain.errors.isEmpty, "\(plain.errors)")
    }
  }

  @Test(arguments: StoredIntegers.all)
  func `have all digits where rows are chosen and put in order`(_ integers: StoredIntegers) throws {
    try withFolder { folder in
      let path = folder + "/x.npy"
      try integers.npy(integers.texts).write(to: URL(filePath: path))
      let sorted: [String]
      if integers.isSigned {
        let numbers = integers.texts.compactMap { Int64($0) }
        sorted = numbers.sorted(by: >).map { String($0) }
      } else {
        let numbers = integers.texts.compactMap { UInt64($0) }
        sorted = numbers.sorted(by: >).map { String($0) }
      }
      let rest = Array(integers.texts.dropFirst())
      let pieces = ["--piece-bytes", "16"]
      let cases: [(command: [String], rows: [String])] = [
        (["sort", "col0 desc"], sorted), (["filter", "row() > 1"], rest),
        (["filter", "row() > 1"] + pieces, rest),
        (["filter", "row() > 1", "--numbers-kept", "1"] + pieces, rest),
        (["sample", "100%"], integers.texts), (["select", "col0"], integers.texts),
      ]
      for (command, expected) in cases {
        let text = (["col0"] + expected).map { $0 + "\n" }.joined()
        let shown = try CommandProcess.run(command + [path])
        #expect(shown.status == 0 && shown.errors.isEmpty, "\(command): \(shown.errors)")
        #expect(shown.output == text, "\(command): \(shown.output)")
        for name in ["y.npy", "y.bin", "y.csv"] {
          let copy = "\(folder)/\(name)"
          let made = try CommandProcess.run(command + [path, "--output", copy])
          #expect(made.status == 0 && !made.errors.contains("rounded"), "\(made.errors)")
          let raw = (integers.isSigned ? "i8" : "u8") + "le"
          if name == "y.bin" { #expect(made.errors.contains("--raw \(raw)"), "\(made.errors)") }
          let read =
            try name == "y.csv"
            ? String(contentsOfFile: copy, encoding: .utf8)
            : CommandProcess.run(["convert", copy] + (name == "y.bin" ? ["--raw", raw] : []))
              .output
          #expect(read == text, "\(command) \(name): \(read)")
        }
      }
      let many = try CommandProcess.run(
        "batch", "--do", "filter row() > 1", "--do", "to-npy", path, "--output", folder + "/all")
      #expect(many.status == 0 && !many.errors.contains("rounded"), "\(many.errors)")
      let all = try CommandProcess.run("convert", folder + "/all/x.npy")
      #expect(all.output == (["col0"] + rest).map { $0 + "\n" }.joined(), "\(all.errors)")
      // No type has these and fractions.
      for more in [[], ["--piece-bytes", "8"]] {
        let mixed = try CommandProcess.run(
          ["map", "r = row() / 2", path, "--output", folder + "/z.npy"] + more)
        #expect(mixed.status != 0 && mixed.errors.contains("numbers in 'r'"), "\(mixed.errors)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/z.npy"))
      // Where every column has a type of its own, each gets one that has them.
      let both = try CommandProcess.run(
        "map", "r = row() / 2", path, "--output", folder + "/z.npz")
      #expect(both.status == 0 && both.errors.isEmpty, "\(both.errors)")
      let halves = ["0.5", "1", "1.5", "2", "2.5", "3"]
      let rows = zip(integers.texts, halves).map { $0.0 + "," + $0.1 + "\n" }
      let read = try CommandProcess.run("convert", folder + "/z.npz")
      #expect(read.output == "col0,r\n" + rows.joined(), "\(read.output)")
    }
  }

  @Test(arguments: StoredIntegers.all)
  func `are told apart as keys, and kept by join and concat`(_ integers: StoredIntegers) throws {
    try withFolder { folder in
      let (path, other) = (folder + "/x.npy", folder + "/y.npy")
      // As Doubles the two are one number.
      let texts = ["9007199254740993", "9007199254740992"]
      try integers.npy(texts).write(to: URL(filePath: path))
      try integers.npy([texts[1], "5"]).write(to: URL(filePath: other))
      let both = "\(texts[1])\n"
      for (command, expected) in [
        (["join", "--on", "col0", path, other], "col0\n" + both),
        (
          ["join", "--on", "col0", "--kind", "outer", path, other],
          "col0\n\(texts[0])\n\(texts[1])\n5\n"
        ),
        (["concat", path, other], "col0\n\(texts[0])\n\(texts[1])\n\(texts[1])\n5\n"),
        (["group", "n = count() by col0", path], "col0,n\n\(texts[1]),1\n\(texts[0]),1\n"),
      ] as [([String], String)] {
        let run = try CommandProcess.run(command)
        #expect(run.output == expected, "\(command): \(run.output)")
        #expect(run.status == 0 && run.errors.isEmpty, "\(command): \(run.errors)")
      }
      let json = try CommandProcess.run("group", "n = count() by col0", path, "--format", "json")
      #expect(json.output.contains("[\(texts[1]), \(texts[0])]"), "\(json.output)")
      #expect(json.output.contains("[1, 1]") && json.errors.isEmpty, "\(json.errors)")
      // Groups are the same where the result has Doubles, which is said.
      let shown = try CommandProcess.run("group", "n = count() by col0", path, "--format", "table")
      #expect(shown.output.split(separator: "\n").count > 2, "\(shown.output)")
      #expect(shown.errors.contains("rounded"), "\(shown.errors)")
      let left = folder + "/left.csv"
      try Data("k\n0\n1\n".utf8).write(to: URL(filePath: left))
      let gaps = try CommandProcess.run(
        "join", "--on", "k = col0", "--kind", "outer", left, path, "--output", folder + "/o.csv")
      #expect(gaps.status == 0 && gaps.errors.isEmpty, "\(gaps.errors)")
      #expect(
        try String(contentsOfFile: folder + "/o.csv", encoding: .utf8)
          == "k\n0\n1\n\(texts[0])\n\(texts[1])\n")
      let batch = try CommandProcess.run(
        "batch", "--do", "join \(other) on col0", path, "--output", folder + "/out")
      #expect(batch.status == 0, "\(batch.errors)")
      let rows = try String(contentsOfFile: folder + "/out/x.npy.csv", encoding: .utf8)
      #expect(rows == "col0\n" + both, "\(rows)")
      // A type that is asked for is what is written.
      let floats = try CommandProcess.run(
        "convert", path, "--type", "f8", "--output", folder + "/f.npz")
      #expect(floats.status == 0 && floats.errors.contains("rounded"), "\(floats.errors)")
      let read = try CommandProcess.run("convert", folder + "/f.npz")
      #expect(read.output == "col0\n" + both + both, "\(read.output)")
    }
  }

  @Test(arguments: StoredIntegers.all)
  func `keep their digits beside missing ones`(_ integers: StoredIntegers) throws {
    try withFolder { folder in
      let (left, right) = (folder + "/left.csv", folder + "/right.npz")
      let texts = ["9007199254740993", "9007199254740992", "7"]
      try Data("k\n2\n9\n0\n1\n".utf8).write(to: URL(filePath: left))
      let (keys, ids) = (folder + "/k.npy", folder + "/id.npy")
      try integers.npy(["0", "1", "2"]).write(to: URL(filePath: keys))
      try integers.npy(texts).write(to: URL(filePath: ids))
      let table = folder + "/t.csv"
      let rows = texts.enumerated().map { "\($0.offset),\($0.element)\n" }.joined()
      try Data(("k,id\n" + rows).utf8).write(to: URL(filePath: table))
      let type = integers.isSigned ? "i8" : "u8"
      let made = try CommandProcess.run("convert", table, "--output", right, "--type", type)
      #expect(made.status == 0, "\(made.errors)")
      let join = ["join", "--on", "k", "--kind", "left", left, right]
      let joined = "k,id\n2,7\n9,\n0,\(texts[0])\n1,\(texts[1])\n"
      let shown = try CommandProcess.run(join)
      #expect(shown.output == joined && shown.errors.isEmpty, "\(shown.output) \(shown.errors)")
      let json = try CommandProcess.run(join + ["--format", "json"])
      #expect(json.output.contains("[7, null, \(texts[0]), \(texts[1])]"), "\(json.output)")
      // They come back from there, are put in order, and are told apart as keys.
      for name in ["j.csv", "j.json", "j.jsonl"] {
        let copy = "\(folder)/\(name)"
        let written = try CommandProcess.run(join + ["--output", copy])
        #expect(written.status == 0 && written.errors.isEmpty, "\(name): \(written.errors)")
        for (command, ids) in [
          (["convert"], ["7", "", texts[0], texts[1]]),
          (["sort", "id"], ["7", texts[1], texts[0], ""]),
          (["sort", "id desc"], [texts[0], texts[1], "7", ""]),
          (["group", "n = count() by id"], ["7", texts[1], texts[0], ""]),
          (["filter", "k < 5"], ["7", texts[0], texts[1]]),
        ] {
          let run = try CommandProcess.run(command + [copy])
          #expect(run.status == 0 && run.errors.isEmpty, "\(name) \(command): \(run.errors)")
          let place = command[0] == "group" ? 0 : 1
          let found = run.output.split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false)[place] }
          #expect(found.map { String($0) } == ids, "\(name) \(command): \(run.output)")
        }
        // No type of an array has both.
        for other in ["o.npy", "o.npz", "o.bin"] {
          let array = try CommandProcess.run("convert", copy, "--output", folder + "/" + other)
          #expect(array.status != 0, "\(name) \(other)")
          #expect(
            array.errors.contains("missing, which i8 cannot say")
              && array.errors.contains("--type f8"), "\(name) \(other): \(array.errors)")
          let floats = try CommandProcess.run(
            "convert", copy, "--output", folder + "/" + other, "--type", "f8")
          #expect(floats.status == 0 && floats.errors.contains("are rounded in 'id'"), "\(other)")
        }
      }
    }
  }

  /// In the pieces in which there is nothing else they do, and where they are lost that is said.
  @Test func `are told of where a piece of a column has fractions`() throws {
    try withFolder { folder in
      let path = folder + "/x.csv"
      let rows = ["9007199254740993", "9007199254740995", "0.5", "9007199254740997"]
      try Data("id\n\(rows.joined(separator: "\n"))\n".utf8).write(to: URL(filePath: path))
      let each = try CommandProcess.run("convert", path, "--piece-bytes", "1")
      #expect(each.output == "id\n" + rows.map { $0 + "\n" }.joined(), "\(each.output)")
      #expect(each.errors.isEmpty, "\(each.errors)")
      for size in ["24", "1000"] {
        let some = try CommandProcess.run("convert", path, "--piece-bytes", size)
        let note = "are rounded in 'id'"
        #expect(some.errors.components(separatedBy: note).count == 2, "\(size): \(some.errors)")
      }
      // Blanks and quotes are no part of a number, and zeros in front of it go.
      try Data("id,n\n 9007199254740993 ,1\n\"0009007199254740995\",2\n+1,3\n".utf8)
        .write(to: URL(filePath: path))
      let odd = try CommandProcess.run("convert", path)
      let kept = "id,n\n9007199254740993,1\n9007199254740995,2\n1,3\n"
      #expect(odd.output == kept && odd.errors.isEmpty, "\(odd.output) \(odd.errors)")
    }
  }

  @Test func `have all digits that delimited text has`() throws {
    try withFolder { folder in
      let (path, copy) = (folder + "/x.csv", folder + "/y.npz")
      let text = "id,n\n9007199254740993,1\n-9223372036854775807,2\n7,3\n"
      // Words are left out, so that columns have other places.
      let lines = text.split(separator: "\n")
      let table = "w,\(lines[0])\n" + lines.dropFirst().map { "a,\($0)\n" }.joined()
      try Data(table.utf8).write(to: URL(filePath: path))
      let made = try CommandProcess.run("convert", path, "--output", copy, "--type", "i8")
      #expect(made.status == 0 && !made.errors.contains("rounded"), "\(made.errors)")
      #expect(try CommandProcess.run("convert", copy).output == text)
      let unasked = try CommandProcess.run("convert", path, "--output", copy)
      #expect(unasked.status == 0 && !unasked.errors.contains("rounded"), "\(unasked.errors)")
      #expect(try CommandProcess.run("convert", copy).output == text)
      let floats = try CommandProcess.run("convert", path, "--output", copy, "--type", "f8")
      #expect(floats.status == 0 && floats.errors.contains("are rounded in 'id'"))
      // So they do in rows that are chosen and put in order, in pieces and whole.
      let last = text.split(separator: "\n").dropFirst().map(String.init)
      for (command, rows) in [
        (["sort", "id"], [last[1], last[2], last[0]]), (["filter", "n > 1"], Array(last[1...])),
        (["filter", "n > 1", "--piece-bytes", "8"], Array(last[1...])),
        (["convert", "--piece-bytes", "8"], last), (["convert", "--to", "json"], []),
        (["group", "m = max(n) by id"], [last[1], last[2], last[0]]),
      ] {
        let run = try CommandProcess.run(command + [path])
        #expect(run.status == 0 && run.errors.isEmpty, "\(command): \(run.errors)")
        if rows.isEmpty {
          let ids = "[9007199254740993, -9223372036854775807, 7]"
          #expect(run.output.contains(ids), "\(command): \(run.output)")
          continue
        }
        for row in rows { #expect(run.output.contains(row), "\(command): \(run.output)") }
        let numbers = run.output.split(separator: "\n").dropFirst().map { $0.suffix(1) }
        #expect(numbers == rows.map { $0.suffix(1) }, "\(command): \(run.output)")
      }
      let asked = try CommandProcess.run("filter", "id > 0", path)
      #expect(asked.errors.contains("are rounded in 'id'"), "\(asked.errors)")
      // A number that is missing, or has a fraction, is none of the type.
      try Data("id\n9007199254740993\nNA\n".utf8).write(to: URL(filePath: path))
      let missing = try CommandProcess.run("convert", path, "--output", copy, "--type", "i8")
      #expect(missing.status != 0 && missing.errors.contains("is missing"), "\(missing.errors)")
    }
  }
}
