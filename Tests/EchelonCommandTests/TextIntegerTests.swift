import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `Integers of 64 bits in delimited text` {
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
