import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `Datasets without numbers` {
  private static let file = "Tests/EchelonFilesTests/Resources/hdf5/words.h5"

  @Test func `are left out with a note, and refused by name`() throws {
    let path = Self.file + ":/group"
    let note =
      "echelon: \(Self.file): left out, since only numbers of up to two axes are read of such files: 'group/word'"
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

  /// One of three axes kept all others from being read.
  @Test func `are left out with a note when they have three axes`() throws {
    let path = "Tests/EchelonFilesTests/Resources/hdf5/cubes.h5"
    let note =
      "echelon: \(path): left out, since only numbers of up to two axes are read of such files: "
      + "'cube', 3 axes; 'deep/cube', 3 axes; 'nothing'"
    let first = try CommandProcess.run("stats", path)
    if first.errors.contains("libhdf5") { return }
    for command in [
      ["stats", path], ["sort", "x", path], ["batch", "--do", "abs", path, "--output", "-"],
    ] {
      let run = try CommandProcess.run(command)
      #expect(run.status == 0 && run.output.contains("2.5"), "\(command): \(run.errors)")
      #expect(run.errors.components(separatedBy: note).count == 2, "\(command): \(run.errors)")
    }
    let refused = try CommandProcess.run("stats", path + ":/cube")
    #expect(refused.status != 0 && refused.errors.contains("3 axes"), "\(refused.errors)")
  }
}
