import Echelon
import Foundation

/// Another build of this program, which measures what it is asked for: a name a line, and a line with the seconds.
final class OtherBuild: Sendable {
  private let process = Process()
  private let questions = Pipe()
  private let answers = Pipe()

  init(_ path: String, _ setup: Setup) throws {
    process.executableURL = URL(filePath: path)
    process.arguments = [
      "--answer", "--workers", "\(setup.workers)", "--shrink", "\(setup.shrink)",
    ]
    process.standardInput = questions
    process.standardOutput = answers
    try process.run()
  }

  func seconds(_ name: String) throws -> Double {
    try questions.fileHandleForWriting.write(contentsOf: Data("\(name)\n".utf8))
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { throw ComparisonError.rivalFailed("measure \(name) in its own build") }
      line += more
    }
    guard let seconds = Double(String(decoding: line.dropLast(), as: UTF8.self)) else {
      throw ComparisonError.rivalFailed("measure \(name) in its own build")
    }
    return seconds
  }

  func end() {
    process.terminate()
    process.waitUntilExit()
  }

  /// The other side: answers until there are no more questions.
  static func answer(_ setup: Setup) throws {
    var pool: ProcessPool?
    var current: (name: String, run: () throws -> Void)?
    defer { pool?.shutdown() }
    while let name = readLine() {
      if current?.name != name {
        guard let builtIn = BuiltIn.all.first(where: { $0.name == name }) else { break }
        current = nil
        pool?.shutdown()
        let fresh = try Figures.pool(setup)
        pool = fresh
        current = (name, try builtIn.prepare(Inputs(fresh, shrink: setup.shrink)))
      }
      guard let run = current?.run else { break }
      let seconds = try BuiltIn.sample(run)
      try FileHandle.standardOutput.write(contentsOf: Data("\(seconds)\n".utf8))
    }
  }
}
