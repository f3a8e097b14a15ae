import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Messages about what is written` {
  /// A table of two columns, in a folder.
  private func withTable(_ body: (_ folder: String, _ path: String) throws -> Void) throws {
    try withFolder { folder in
      let path = folder + "/t.csv"
      try Data("a,b\n1,2.5\n3,4\n".utf8).write(to: URL(filePath: path))
      try body(folder, path)
    }
  }

  @Test func `name standard output, and no file that stands for it`() throws {
    try withTable { _, path in
      for command in [
        ["batch", "--do", "to-npy i1", path, "--output", "-"],
        ["batch", "--do", "abs", "to-bin u2", path, "--output", "-"],
        ["convert", path, "--to", "npz", "--type", "i8"],
      ] {
        let run = try CommandProcess.run(command)
        #expect(run.status == 1 && run.output.isEmpty, "\(command)")
        #expect(
          run.errors.contains("standard output: not written: row 1 of 'b' is 2.5"), "\(run.errors)")
        #expect(!run.errors.contains("/proc/"), "\(run.errors)")
        #expect(!run.errors.contains("earlier run"), "\(run.errors)")
      }
    }
  }

  @Test func `say before anything is read that a place is none`() throws {
    try withTable { folder, path in
      let (plain, pipe) = ("\(folder)/plain", "\(folder)/pipe.csv")
      try Data("old".utf8).write(to: URL(filePath: plain))
      let made = try CommandProcess.shell("mkfifo \(pipe)")
      #expect(made.status == 0)
      for (command, place, status, message) in [
        (["filter", "a > 1"], "\(folder)/no/x.csv", 2, "there is no folder '\(folder)/no'"),
        (["sort", "a"], "\(folder)/no/x.npy", 2, "there is no folder '\(folder)/no'"),
        (["filter", "a > 1"], plain, 2, "is a file, and does not say its format"),
        (["convert"], plain, 2, "is a file, and does not say its format"),
        (["sort", "a"], pipe, 1, "a pipe or a device is there"),
        (["filter", "a > 1"], pipe, 1, "a pipe or a device is there"),
      ] as [([String], String, Int, String)] {
        let run = try CommandProcess.run(command + [path, "--output", place])
        #expect(run.status == status && run.errors.contains(message), "\(run.errors)")
      }
      #expect(try contents(plain) == Data("old".utf8))
      #expect(try CommandProcess.shell("test -p \(pipe)").status == 0)
      let shown = try CommandProcess.run("filter", "a > 1", path, "--output", "/dev/stdout")
      #expect(shown.status == 0 && shown.output == "a,b\n3,4\n", "\(shown.errors)")
    }
  }

  @Test func `list the types that there are`() throws {
    try withTable { folder, path in
      let all = "i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8, c8, c16"
      for (step, message) in [
        ("to-npy b1", "'b1' is no type that to-npy writes; there are \(all)\n"),
        ("to-npz f4be", "'f4be' is no type that to-npz writes; there are \(all)\n"),
        (
          "to-h5 c8",
          "'c8' is no type that to-h5 writes; there are i1, i2, i4, i8, u1, u2, u4, u8, f4, f8\n"
        ),
        ("to-bin q", "'q' is no type that to-bin writes; there are \(all), and with be"),
        ("to-csv f4", "'to-csv' takes no type, here 'f4'; leave it out"),
      ] {
        let run = try CommandProcess.run("batch", "--do", step, path, "--output", "\(folder)/out")
        #expect(run.status == 2 && run.errors.contains(message), "\(run.errors)")
      }
      let run = try CommandProcess.run(
        "convert", path, "--type", "b1", "--output", "\(folder)/x.npy")
      #expect(run.status == 2 && run.errors.contains("c16"), "\(run.errors)")
    }
  }

  @Test func `say how plain numbers are read again`() throws {
    try withTable { folder, path in
      let numbers = folder + "/x.bin"
      for command in [["filter", "a > 0"], ["map", "b = b"], ["select", "a, b"], ["sort", "a"]] {
        let run = try CommandProcess.run(command + [path, "--output", numbers])
        #expect(run.errors.contains("\(numbers): written as plain numbers"), "\(run.errors)")
        let option = try #require(run.errors.split(separator: "--raw ").last)
        let form = option.trimmingCharacters(in: .whitespacesAndNewlines)
        let again = try CommandProcess.run("convert", numbers, "--raw", form)
        #expect(again.output == "col0,col1\n1,2.5\n3,4\n", "\(form): \(again.errors)")
      }
    }
  }

  @Test func `are not needed for an array of a compressed archive`() throws {
    try withTable { folder, path in
      for suffix in ["", ".gz"] {
        let archive = "\(folder)/t.npz\(suffix)"
        #expect(try CommandProcess.run("convert", path, "--output", archive).status == 0)
        let run = try CommandProcess.run("convert", archive + ":b")
        #expect(run.output == "b\n2.5\n4\n", "\(run.errors)")
        let missing = try CommandProcess.run("convert", archive + ":c")
        #expect(missing.errors.contains("\(archive): has no array 'c'; it has a, b"))
        // A run that resumes knows the file by its bytes.
        let command = [
          "batch", "--do", "abs", archive + ":b", "--output", "\(folder)/out", "--resume",
        ]
        _ = try CommandProcess.run(command)
        let again = try CommandProcess.run(command)
        #expect(again.errors.contains("1 of them before"), "\(again.errors)")
      }
      let none = try CommandProcess.run("convert", "\(folder)/none.npz.gz:x")
      #expect(none.errors.contains("none.npz.gz: no such file"), "\(none.errors)")
    }
  }
}
