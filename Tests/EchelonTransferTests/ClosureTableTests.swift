import ClosureTable
import EchelonTransfer
import Testing

/// A closure of the table and its arguments as they cross to another process, and what a call here
/// gave.
struct ClosureMessage: Codable, Sendable {
  let name: String
  let signature: [UInt8]
  let content: [UInt8]
  let expected: [UInt8]

  /// Runs the call and gives what came of it as bytes.
  func run() throws -> [UInt8] {
    let runner = try resolveRunner(signature: signature)
    var result = ByteWriter()
    let (outcome, rest) = ByteReader.reading(content) {
      (runner.run(arguments: &$0, result: &result), $0.remaining)
    }
    guard case .value = outcome, rest == 0 else {
      Issue.record("\(name): \(outcome), \(rest) bytes are left")
      return []
    }
    return result.copyBytes()
  }
}

/// Collects the table.
final class ClosureCollector: ClosureVisitor {
  var messages: [ClosureMessage] = []
  var failures: [String] = []
  var refusals = 0

  func travels<each Argument: Sendable, Output: Sendable>(
    _ name: String, _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    do {
      var writer = ByteWriter()
      try FunctionCall<repeat each Argument, Output>(function)
        .encode(repeat each argument, into: &writer)
      messages.append(
        ClosureMessage(
          name: name,
          signature: try FunctionCall<repeat each Argument, Output>.signature().bytes,
          content: writer.copyBytes(), expected: try bytes(of: function(repeat each argument))))
    } catch {
      failures.append("\(name): \(error)")
    }
  }

  func isRefused<each Argument: Sendable, Output: Sendable>(
    _ name: String, naming capture: String,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    refusals += 1
    var writer = ByteWriter()
    do throws(TransferError) {
      try encodeFunction(
        storedIn: FunctionCall<repeat each Argument, Output>(function), into: &writer)
      failures.append("\(name): was not refused")
    } catch {
      guard case .captureNotTransferable(let captured, let advice) = error else {
        failures.append("\(name): \(error)")
        return
      }
      if !captured.contains(capture) || advice.isEmpty { failures.append("\(name): \(error)") }
    }
  }
}

@Suite struct `The table of closures` {
  private let travellers: ClosureCollector = {
    let collector = ClosureCollector()
    visitTravellers(collector)
    return collector
  }()

  @Test func `has more than sixty that travel, and all can be encoded`() {
    #expect(travellers.failures == [])
    #expect(travellers.messages.count > 60)
  }

  @Test func `arrives with its captures in this process`() throws {
    try checkArrivals(travellers.messages)
  }

  @Test func `arrives with its captures in another process`() async throws {
    let messages = travellers.messages
    await #expect(processExitsWith: .success) { [messages = messages as [ClosureMessage]] in
      try checkArrivals(messages)
    }
  }

  @Test func `names what cannot travel, and says what to do`() {
    let collector = ClosureCollector()
    visitRefusals(collector)
    #expect(collector.failures == [])
    #expect(collector.refusals > 20)
  }
}

/// Runs in either process: a failed expectation in the other one fails the test here.
private func checkArrivals(_ messages: [ClosureMessage]) throws {
  #expect(messages.count > 60)
  for message in messages {
    let result = try message.run()
    #expect(result == message.expected, "\(message.name)")
  }
}
