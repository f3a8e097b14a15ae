import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `JSON lines in pieces` {
  private static let rows = (0..<60).map { row in
    "{\"a\": \(row % 7 == 0 ? "null" : "\(Double(row * row) / 8)"), \"w\": \"x\(row % 3)é\", "
      + "\"id\": \(9_007_199_254_740_993 + row)\(row == 40 ? ", \"late\": true" : "")}\n"
  }

  @Test(arguments: [
    ["filter", "a > 9 and w != 'x1é'"], ["map", "a = sin(a) / row()"], ["select", "id, late"],
    ["convert"], ["convert", "--to", "jsonl"], ["quantiles", "0.5"],
    ["histogram", "a", "--bins", "5"],
    ["stats", "--workers", "2", "--divide-from", "1"],
  ])
  func `give what the whole gives`(_ command: [String]) throws {
    try withFolder { folder in
      let path = folder + "/t.jsonl"
      try Data(Self.rows.joined().utf8).write(to: URL(filePath: path))
      let arguments = command + [path, "--format", "csv", "--piece-bytes"]
      let usual = command[0] == "convert" ? command + [path, "--piece-bytes"] : arguments
      let whole = try CommandProcess.run(usual + ["1000000"])
      #expect(whole.status == 0, "\(whole.errors)")
      #expect(whole.output.split(separator: "\n").count > 1, "\(whole.output)")
      for size in ["1", "100"] {
        let pieces = try CommandProcess.run(usual + [size])
        #expect(pieces.status == whole.status, "\(command): \(pieces.errors)")
        #expect(pieces.output == whole.output, "\(command)")
        #expect(pieces.errors == whole.errors, "\(command)")
      }
      // Compressed, and through a pipe.
      let words = usual.map { $0 == path ? "-" : "\"\($0)\"" }
      _ = try CommandProcess.shell("gzip -k \(path)")
      let piped = try CommandProcess.shell(
        "cat \(path).gz | \"$ECHELON\" \(words.joined(separator: " ")) 1")
      let name = { (text: String) in text.replacing(path, with: "-") }
      #expect(piped.output == name(whole.output), "\(command): \(piped.errors)")
    }
  }

  @Test func `are refused with line and column before anything is written`() throws {
    try withFolder { folder in
      let path = folder + "/t.jsonl"
      try Data((Self.rows.joined() + "{\"a\": 1,}\n").utf8).write(to: URL(filePath: path))
      let run = try CommandProcess.run("filter", "a > 9", path, "--piece-bytes", "1")
      #expect(run.status != 0 && run.output.isEmpty)
      #expect(run.errors.contains("t.jsonl:61:9: "), "\(run.errors)")
    }
  }
}
