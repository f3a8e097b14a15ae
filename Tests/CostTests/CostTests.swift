import Foundation
import TestSupport
import Testing

/// What work costs in numbers that no neighbour on the machine changes, of the build that users run. A limit is what was
/// counted when it was written and some room for another compiler and C library: who goes beyond it on purpose
/// raises it, and says why.
///
/// Counted on x86-64 by Swift 6.3.1 and glibc 2.36, with two workers.
struct Limits: Sendable, CustomTestStringConvertible {
  let work: String
  /// Of the front end's memory, by all its threads.
  let allocations: Double
  /// By all threads of the front end and the workers. A round trip takes hundredths while all are awake, and up
  /// to six where everyone sleeps in between, as on a busy machine: the limit is for that.
  let systemCalls: Double
  /// Tasks and jobs that workers are told of.
  let messages: Double
  /// Of the caller until it has handed the work over; nil where it waits for answers, and counts while it does.
  let instructions: Double?

  var testDescription: String { work }

  static let all = [
    Limits(
      work: "round-trip", allocations: 2.1, systemCalls: 8, messages: 1, instructions: nil),
    Limits(work: "submit", allocations: 2.1, systemCalls: 0.5, messages: 1, instructions: 4300),
    Limits(
      work: "submit-each", allocations: 2.1, systemCalls: 0.5, messages: 1, instructions: 3000),
    // Jobs of several hundred calls each.
    Limits(
      work: "map-calls", allocations: 0.05, systemCalls: 0.5, messages: 0.005, instructions: nil),
    Limits(
      work: "chunks", allocations: 0.01, systemCalls: 0.5, messages: 0.0005, instructions: nil),
    Limits(work: "sum", allocations: 18, systemCalls: 12, messages: 1, instructions: nil),
  ]
}

@Suite(.enabled(if: isReleaseBuild, "numbers of a debug build mean nothing"))
struct `Costs of an operation` {
  @Test(arguments: Limits.all)
  func `are within their limits`(_ limits: Limits) throws {
    let allocations = try CostProgram.leastCount("allocations", of: limits.work, 2000)
    #expect(try #require(allocations) <= limits.allocations)
    let messages = try CostProgram.count("messages", of: limits.work, 2000)
    #expect(try #require(messages) <= limits.messages)
  }

  @Test(
    .enabled(if: CostProgram.isTraceable, "the system does not let processes be traced"),
    arguments: Limits.all)
  func `are within their limits of system calls`(_ limits: Limits) throws {
    let calls = try CostProgram.leastCount("calls", of: limits.work, 2000)
    #expect(try #require(calls) <= limits.systemCalls)
  }

  @Test(
    .enabled(if: CostProgram.isTraceable, "the system does not let processes be traced"),
    arguments: Limits.all.filter { $0.instructions != nil })
  func `are within their limits of instructions`(_ limits: Limits) throws {
    // The difference of two counts has nothing of what is paid once.
    let few = try #require(try CostProgram.count("instructions", of: limits.work, 50))
    let many = try #require(try CostProgram.count("instructions", of: limits.work, 150))
    let each = (many * 150 - few * 50) / 100
    #expect(try each <= #require(limits.instructions))
    // A counter that counts nothing would always be within.
    #expect(each > 100)
  }
}

/// The program that counts.
enum CostProgram {
  /// Of three runs the one with the fewest: who has to wait, since others had the processor, allocates and calls the system
  /// for that, too, and work that has become dearer is so in each run.
  static func leastCount(_ subject: String, of work: String, _ size: Int) throws -> Double? {
    try (0..<3).compactMap { _ in try count(subject, of: work, size) }.min()
  }

  static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "CostProgram")

  /// False in a container that forbids it.
  static let isTraceable = (try? count("calls", of: "round-trip", 1)) != .some(nil)

  /// Of one operation of `count`; nil when the program cannot trace itself.
  static func count(_ subject: String, of work: String, _ count: Int) throws -> Double? {
    let process = Process()
    process.executableURL = executable
    process.arguments = [work, String(count), subject]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if output.hasPrefix("untraceable=") { return nil }
    let number = output.split(separator: "=").last.flatMap {
      Double($0.trimmingCharacters(in: .newlines))
    }
    guard process.terminationStatus == 0, let number else {
      throw Failed(
        description: "\(work) \(count) \(subject): \(process.terminationStatus), \(output)")
    }
    return number
  }

  struct Failed: Error, CustomStringConvertible { let description: String }
}
