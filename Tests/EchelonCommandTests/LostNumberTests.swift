import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `Numbers that no Double is` {
  private static let rounded = "whole numbers with more than 15 digits are rounded in "
  private static let infinite =
    "numbers beyond 1.8e308, the largest there is here, are infinite in "

  /// Files with an identifier of 16 digits in `id`, and a number that is too large in `x`.
  private static let files = [
    ("a.csv", "id,x,y\n9007199254740993,1e400,1\n1,2,3\n", "'id'", "'x'"),
    (
      "a.jsonl", "{\"id\": 9007199254740993, \"x\": -1e400, \"y\": 1}\n{\"id\": 1}\n", "'id'", "'x'"
    ),
    ("a.json", "{\"id\": [9007199254740993, 1], \"x\": [1e400, 2]}", "'id'", "'x'"),
    (
      "a.mtx", "%%MatrixMarket matrix array real general\n2 2\n9007199254740993\n1\n1e400\n2\n",
      "'col0'", "'col1'"
    ),
    (
      "b.mtx",
      "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n2 1 9007199254740993\n2 2 1e400\n",
      "'col0' and 1 other column", "'col1'"
    ),
    (
      "c.mtx", "%%MatrixMarket matrix array complex general\n1 1\n9007199254740993 -1e400\n",
      "'col0.real'", "'col0.imag'"
    ),
  ]

  @Test func `are told of in every text, by every command`() throws {
    try withFolder { folder in
      for (name, text, rounded, infinite) in Self.files {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        for command in [
          ["stats", path], ["stats", path, "--all"],
          ["stats", path, "--workers", "2", "--divide-from", "1"],
          ["convert", path, "--to", "jsonl"],
          ["convert", path, "--to", "csv", "--piece-bytes", "9"],
          ["batch", "--output", folder + "/out", "--do", "abs", path],
        ] {
          let run = try CommandProcess.run(command)
          #expect(run.status == 0, "\(command): \(run.errors)")
          // Copies of integers have all digits.
          let isKept = !name.contains(".mtx") && command[0] == "convert"
          for (note, count) in [
            (Self.rounded + rounded + ";", isKept ? 0 : 1), (Self.infinite + infinite + ";", 1),
          ] {
            #expect(
              run.errors.components(separatedBy: note).count == count + 1,
              "\(command): \(note) in \(run.errors)")
          }
        }
      }
    }
  }

  @Test func `are not those that are meant so`() throws {
    try withFolder { folder in
      for (name, text) in [
        ("a.csv", "a,b\ninf,1e308\n-Infinity,9007199254740994\n"),
        ("a.jsonl", "{\"a\": 1e999, \"b\": 1e308}\n{\"a\": -1e999, \"b\": 9007199254740994}\n"),
        ("a.jsonl", "{\"a\": \"9007199254740993\", \"b\": null}\n"),
        ("a.mtx", "%%MatrixMarket matrix array real general\n2 1\ninf\n9007199254740992\n"),
      ] {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: path))
        for command in [["stats", path], ["convert", path, "--to", "csv"]] {
          let run = try CommandProcess.run(command)
          #expect(run.status == 0 && run.errors.isEmpty, "\(command): \(run.errors)")
        }
      }
    }
  }
}
