import Foundation
import TestSupport
import Testing

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
}
