import EchelonFiles
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Tables that come in pieces` {
  /// Texts in which a piece may end at a bad place, or the last piece says something new.
  private static let texts = [
    "quotes": "a,b,c\n1,\"x\ny\",2\n3,\"\n\n\",4\n5,\"p\"\"q\",6\n7,\"r,\",8\n",
    "CR LF": "a,b,c\r\n1,x,2\r\n3,\"y\r\nz\",4\r\n5,,6\r\n7,w,8",
    "late gap": "a,b,c\n1,x,2\n3,y,4\n5,z,6\n,,\n",
    "late word": "a,b,c\n1,x,2\n3,y,4\n5,z,6\n7,w,eight\n",
    "no rows": "a,b,c\n", "one row": "a,b,c\n1,x,2\n", "no bytes": "",
    "large numbers": "a,b,c\n1,x,2\n3,y,4\n12345678901234567891,z,6\n7,w,8\n",
    "ragged": "a,b,c\n1,x,2\n3,y\n5,z,6\n",
  ]

  private static let commands = [
    ["filter", "a > 2 and b != 'y'"], ["map", "a = sin(a) / row()"], ["select", "c, b"],
    ["convert", "--to", "jsonl"],
  ]

  @Test(arguments: texts.keys.sorted())
  func `are what the whole is, to the byte`(_ name: String) throws {
    try withFolder { folder in
      let path = folder + "/t.csv"
      try Data(Self.texts[name]!.utf8).write(to: URL(filePath: path))
      let isShort = name.hasPrefix("no ") || name.hasPrefix("one")
      for command in Self.commands.prefix(isShort ? 1 : 4) {
        let arguments = command + [path, "--piece-bytes"]
        let whole = try CommandProcess.run(arguments + ["1000000"])
        let pieces = try CommandProcess.run(arguments + ["1"])
        #expect(pieces.status == whole.status, "\(command)")
        #expect(pieces.output == whole.output, "\(command)")
        #expect(pieces.errors == whole.errors, "\(command)")
      }
      let converted = try CommandProcess.run("convert", path, "--piece-bytes", "1")
      // With the digits that the command keeps.
      let reader = try? DataFileReader.open(path)
      let table = try reader.map { try $0.keepingIntegers(in: $0.table()) }
      #expect(converted.output == table.map { CSVWriter.text($0) } ?? "")
    }
  }

  @Test func `number their rows through, and have the types of the whole`() throws {
    try withFolder { folder in
      let path = folder + "/t.csv"
      try Data("a,b\n10,1\n20,2\n30,x\n".utf8).write(to: URL(filePath: path))
      let mapped = try CommandProcess.run("map", "r = row()", path, "--piece-bytes", "1")
      #expect(mapped.output == "a,b,r\n10,1,1\n20,2,2\n30,x,3\n", "\(mapped.errors)")
      let lines = try CommandProcess.run(
        "convert", path, "--to", "jsonl", "--piece-bytes", "1")
      #expect(lines.output.hasPrefix("{\"a\": 10, \"b\": \"1\"}\n"), "\(lines.output)")
      let packed = try CommandProcess.run(
        "filter", "a > 10", path, "--piece-bytes", "1", "--output", "\(folder)/p.tsv.gz")
      #expect(packed.status == 0, "\(packed.errors)")
      #expect(try contents("\(folder)/p.tsv.gz").starts(with: [0x1F, 0x8B]))
      let written = try DataFileReader.open("\(folder)/p.tsv.gz").table()
      #expect(written.columns.map(\.name) == ["a", "b"] && written.columns[1].text == ["2", "x"])
      let piped = try CommandProcess.shell(
        "\"$ECHELON\" select b - --piece-bytes 1 < \(path) && \"$ECHELON\" map 'r = row()' "
          + "--piece-bytes 3 --raw u1:1 \(path) | head -n 3")
      #expect(piped.output == "b\n1\n2\nx\ncol0,r\n97,1\n44,2\n", "\(piped.errors)")
    }
  }

  @Test func `have the quantiles and bins of sorted values`() throws {
    let seed = testSeed()
    var generator = TestRandom(seed: seed)
    try withFolder { folder in
      let path = folder + "/a.npy"
      // More than are kept at once.
      let count = 40_001
      let values = (0..<count).map { row in
        row % 1_000 == 7
          ? Double.nan : row % 3 == 0 ? 0.25 : Double.random(in: -1...1, using: &generator)
      }
      let whole = (0..<count).map { Double($0 % 10) }
      let all = values + whole
      try NPYWriter.write(all.span, shape: [count, 2], isFortranOrder: true, to: path)
      let ordered = whole.sorted()
      let sorted = values.filter { !$0.isNaN }.sorted()
      for pieces in ["50000", "100000000"] {
        let run = try CommandProcess.run(
          "quantiles", "0,0.001,0.5,0.999,1", path, "--piece-bytes", pieces)
        let found = try table(run.output)
        #expect(found["count"]?.numbers == [Double(sorted.count), Double(count)])
        for level in [0, 0.001, 0.5, 0.999, 1] {
          let place = level * Double(sorted.count - 1)
          let (below, above) = (sorted[Int(place)], sorted[Int(place.rounded(.up))])
          let quantile = found["q\(level == 0 ? "0" : level == 1 ? "1" : "\(level)")"]?.numbers
          let expected = below + (above - below) * (place - place.rounded(.down))
          #expect(abs((quantile?[0] ?? .nan) - expected) <= 1e-15, "seed \(seed), \(level)")
          #expect(quantile?[1] == ordered[Int(level * Double(count - 1))])
        }
        let bars = try CommandProcess.run(
          "histogram", "2 * col0", path, "--format", "csv", "--bins", "4", "--piece-bytes", pieces)
        let bins = try table(bars.output)
        #expect(bins["from"]?.numbers?.first == 2 * sorted[0])
        let counts = bins["count"]?.numbers ?? []
        #expect(counts.count == 4 && counts.reduce(0, +) == Double(sorted.count))
        let edge = bins["from"]?.numbers?[1] ?? .nan
        #expect(counts.first == Double(sorted.count { 2 * $0 < edge }), "seed \(seed)")
        #expect(bars.errors.contains("left out"))
        let automatic = try CommandProcess.run(
          "histogram", "row()", path, "--format", "csv", "--piece-bytes", pieces)
        let numbers = try table(automatic.output)["count"]?.numbers ?? []
        // Freedman and Diaconis: the range over 2 · (n / 2) / ∛n.
        #expect(numbers.count == 35 && numbers.reduce(0, +) == Double(count))
      }
      let words = try CommandProcess.run("quantiles", "0.5", "data/iris.csv", "--columns", "class")
      #expect(words.status == 1 && words.errors.contains("is a column of words"), "\(words.errors)")
    }
  }

  @Test func `become arrays column after column`() throws {
    try withFolder { folder in
      let path = folder + "/t.csv"
      let lines = (0..<50).map { "\($0),w\($0),\(Double($0) / 8),\($0 == 40 ? "" : "7")\n" }
      try Data(("a,w,b,c\n" + lines.joined()).utf8).write(to: URL(filePath: path))
      for command in [["convert"], ["filter", "a != 3"], ["select", "w,b"], ["filter", "a < 0"]] {
        var results: [Data] = []
        // All at once; some columns; a column, which is not kept.
        for kept in ["1000", "110", "10"] {
          let run = try CommandProcess.run(
            command + [
              path, "--output", "\(folder)/t.npy", "--piece-bytes", "30", "--numbers-kept", kept,
            ])
          #expect(run.status == 0, "\(run.errors)")
          if command == ["convert"] {
            #expect(run.errors.contains("1 column of words left out: 'w'"), "\(run.errors)")
          }
          results.append(try contents("\(folder)/t.npy"))
        }
        #expect(results[0] == results[1] && results[0] == results[2], "\(command)")
        let written = try DataFileReader.open("\(folder)/t.npy").table()
        if command == ["convert"] {
          let all = try DataFileReader.open(path).table()
          let numbers = all.columns.compactMap(\.numbers)
          #expect(
            written.columns.map { $0.numbers?.map(\.bitPattern) }
              == numbers.map { $0.map(\.bitPattern) })
          let joined = Array(numbers.joined())
          try NPYWriter.write(
            joined.span, shape: [50, 3], isFortranOrder: true, to: "\(folder)/whole.npy")
          #expect(try contents("\(folder)/whole.npy") == results[0])
        } else {
          #expect(written.rowCount == ["a != 3": 49, "w,b": 50, "a < 0": 0][command[1]])
        }
      }
      try Data("w\nx\n".utf8).write(to: URL(filePath: path))
      let words = try CommandProcess.run("convert", path, "--output", "\(folder)/w.npy")
      #expect(words.status == 1 && words.errors.contains("has no column of numbers"))
      #expect(names(in: folder) == ["t.csv", "t.npy", "whole.npy"])
    }
  }

  private func table(_ text: String) throws -> DataTable {
    try CSVFile(name: "output", bytes: Array(text.utf8)).table()
  }

  @Test func `that end in a word that is not UTF-8 leave no file`() throws {
    try withFolder { folder in
      let path = folder + "/t.csv"
      try Data("a,b\n1,x\n2,y\n3,".utf8 + [0xFF] + "\n".utf8).write(to: URL(filePath: path))
      for target in [["--output", "\(folder)/out.csv"], []] {
        let run = try CommandProcess.run(
          ["filter", "a > 0", path, "--piece-bytes", "1"] + target)
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.errors.contains("t.csv:4:3: bytes that are not UTF-8"), "\(run.errors)")
        #expect(names(in: folder) == ["t.csv"])
      }
    }
  }

  @Test func `go through the steps of a batch as the whole does`() throws {
    try withFolder { folder in
      let path = folder + "/t.csv"
      // Several pieces of the usual size.
      let lines = (0..<40_000).map { row in
        "\(row),\(Double(row % 977) - 400),\(row % 5 == 0 ? "" : "word \(row % 13), or more of it")"
      }
      let rows = lines.map { line in
        let fields = line.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        return "\(fields[0]),\(fields[1]),\"\(fields[2])\",\(String(repeating: "x", count: 30))\n"
      }
      try Data(("id,x,w,y\n" + rows.joined()).utf8).write(to: URL(filePath: path))
      #expect(try contents(path).count > 2 << 20)
      let steps = ["to-jsonl", "log", "filter id % 3 != 1", "map r = row()", "to-csv"]
      var outputs: [[Data]] = []
      var reports: [String] = []
      // Sorting, which changes nothing here, needs the whole.
      for first in [[], ["sort id"]] {
        let out = "\(folder)/out\(outputs.count)"
        let run = try CommandProcess.run(
          ["batch", path, "--output", out, "--format", "json", "--workers", "2"]
            + (first + steps).flatMap { ["--do", $0] })
        #expect(run.status == 0, "\(run.errors)")
        outputs.append(try results(in: out).map { try contents("\(out)/\($0)") })
        reports.append(run.output.replacing(out, with: "out"))
      }
      #expect(outputs[0].count == 2 && outputs[0] == outputs[1])
      #expect(reports[0] == reports[1] && reports[0].contains("\"undefined\": "), "\(reports[0])")
    }
  }
}
