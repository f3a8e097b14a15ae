/// How many bytes a map has in flight: arguments that were handed over, and results that are on their way or
/// wait to be read.
///
/// Arguments are counted as they were encoded, results as they came. Those that are on their way are
/// taken to be as large as those before; until the first is there, few calls are made.
struct MapBudget {
  let limit: Int
  private var argumentBytes = 0
  private var resultBytes = 0
  private var bytesPerArgument = 0.0
  private var bytesPerResult: Double?

  /// - Parameter resultSize: of each result, where the type tells.
  init(limit: Int, resultSize: Int?) {
    self.limit = limit
    bytesPerResult = resultSize.map(Double.init)
  }

  /// Whether anything is known of the size of results.
  var knowsResults: Bool { bytesPerResult != nil }

  /// Whether elements may be handed over while others are in flight.
  func hasRoom(for count: Int, inFlight: Int) -> Bool {
    let expected = Double(inFlight) * (bytesPerResult ?? 0)
    return Double(argumentBytes + resultBytes) + expected + Double(count) * bytesPerElement
      <= Double(limit)
  }

  /// How many elements fit into a part of the budget, 1 or more.
  func elementCount(inPart part: Int) -> Int {
    guard bytesPerElement > 0 else { return .max }
    return Int(max(1, min(1e9, Double(limit / part) / bytesPerElement)))
  }

  private var bytesPerElement: Double { bytesPerArgument + (bytesPerResult ?? 0) }

  /// Elements were handed over.
  mutating func send(_ count: Int, byteCount: Int) {
    argumentBytes += byteCount
    if byteCount > 0 { bytesPerArgument = Double(byteCount) / Double(max(1, count)) }
  }

  /// Their call has ended.
  mutating func receive(sent byteCount: Int, results count: Int, resultBytes bytes: Int) {
    argumentBytes -= byteCount
    resultBytes += bytes
    guard count > 0 else { return }
    let measured = Double(bytes) / Double(count)
    bytesPerResult = bytesPerResult.map { 0.5 * ($0 + measured) } ?? measured
  }

  /// A result was read.
  mutating func read(byteCount: Int) { resultBytes -= byteCount }
}
