import Echelon
import TestSupport
import Testing

// Situations of CPython's own suite that the other files do not have; see the table in
// `Tests/README.md`.

private struct Refusal: Error, Codable, Equatable { var code: Int }

@Suite(.timeLimit(.minutes(2))) struct `Futures in CPython's situations` {
  @Test func `F1 says its state in its description`() throws {
    let promise = Promise<Int>()
    #expect("\(promise.future)" == "Future(pending)")
    try promise.succeed(7)
    #expect("\(promise.future)" == "Future(success(7))")
    let failed = Promise<Int>()
    try failed.fail(Refusal(code: 3))
    #expect("\(failed.future)".contains("Refusal") && "\(failed.future)".contains("3"))
    let cancelled = Promise<Int>()
    cancelled.future.cancel()
    #expect("\(cancelled.future)" == "Future(cancelled)")
  }

  @Test(arguments: TestedExecutor.allCases)
  func `F1 says that it runs in its description`(_ kind: TestedExecutor) throws {
    let held = try Held(on: kind)
    #expect("\(held.held)" == "Future(running)")
    try held.end()
  }

  @Test func `F6 F7 a thread that is blocked hears of value, error and cancellation`() throws {
    for end in 0..<3 {
      let promise = Promise<Int>()
      let log = Log()
      let told = (0..<2).map { _ in Ended() }
      inBackground {
        do { log.add("\(try promise.future.result())") } catch { log.add("\(type(of: error))") }
        told[0].open()
      }
      inBackground {
        do {
          log.add("error \(try promise.future.error().map { "\($0)" } ?? "none")")
        } catch { log.add("error \(type(of: error))") }
        told[1].open()
      }
      try eventually("both wait") { promise.future.waiterCount == 2 }
      switch end {
      case 0: try promise.succeed(42)
      case 1: try promise.fail(Refusal(code: 1))
      default: promise.future.cancel()
      }
      for thread in told { #expect(thread.wait()) }
      let expected = [
        ["42", "error none"], ["Refusal", "error Refusal(code: 1)"],
        ["CancellationError", "error CancellationError"],
      ]
      #expect(log.entries.sorted() == expected[end].sorted())
    }
  }

  @Test func `F8 calls back at once when it has succeeded, failed or been cancelled before`() throws
  {
    let log = Log()
    let promises = (0..<3).map { _ in Promise<Int>() }
    try promises[0].succeed(5)
    try promises[1].fail(Refusal(code: 1))
    promises[2].future.cancel()
    for promise in promises {
      promise.future.onCompletion { future in
        log.add("\(future.state) \(future.isCancelled)")
      }
    }
    try eventually("all are told") { log.entries.count == 3 }
    // Callbacks of one future keep their order; those of several run side by side.
    #expect(log.entries.sorted() == ["cancelled true", "finished false", "finished false"])
  }

  @Test func `F8 a callback added in a callback runs, after those that were there`() throws {
    let promise = Promise<Int>()
    let log = Log()
    promise.future.onCompletion { future in
      log.add("first")
      future.onCompletion { future in
        log.add("inner")
        future.onCompletion { _ in log.add("innermost") }
      }
    }
    promise.future.onCompletion { _ in log.add("second") }
    try promise.succeed(1)
    try eventually("all ran") { log.entries.count == 4 }
    #expect(log.entries == ["first", "second", "inner", "innermost"])
  }

  @Test func `F8 is not called under a lock: a callback may ask and cancel its own future`() throws
  {
    let promise = Promise<Int>()
    let told = Promise<Bool>()
    promise.future.onCompletion { future in
      let result = try? future.result(timeout: .zero)
      try? told.succeed(result == 2 && !future.cancel() && future.isDone)
    }
    try promise.succeed(2)
    #expect(try told.future.checked())
  }
}
