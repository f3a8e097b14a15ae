import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `Datasets without numbers` {
  private static let file = "Tests/EchelonFilesTests/Resources/hdf5/words.h5"

  @Test func `are left out with a note, and refused by name`() throws {
    let path = Self.file + ":/group"
    let note =
      "echelon: \(Self.file): left out, since only numbers are read of such files: 'group/word'"
    // Systems without the library say so.
    let first = try CommandProcess.run("stats", path)
    if first.errors.contains("libhdf5") { return }
    for command in [
      ["stats", path], ["stats", path, "--workers", "2"], ["sort", "n", path],
      ["filter", "n > 7", path], ["convert", path],
      ["batch", "--do", "abs", path, "--output", "-"],
    ] {
      let run = try CommandProcess.run(command)
      #expect(run.status == 0 && run.output.contains("8"), "\(command): \(run.errors)")
      #expect(run.errors.components(separatedBy: note).count == 2, "\(command): \(run.errors)")
    }
    let refused = try CommandProcess.run("stats", Self.file + ":/words")
    #expect(refused.status != 0 && refused.errors.contains("no plain numbers"), "\(refused.errors)")
  }
}
