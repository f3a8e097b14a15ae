import EchelonTransfer
import Testing

private func twice(_ n: Int) async -> Int { 2 * n }
@inline(never) private func opaque<Value>(_ value: Value) -> Value { value }

@Suite struct `Async functions` {
  private func message<each Argument, Output>(
    _ function: @escaping @Sendable (repeat each Argument) async throws -> Output,
    _ argument: repeat each Argument
  ) throws -> (signature: [UInt8], bytes: [UInt8]) {
    let call = AsyncFunctionCall<repeat each Argument, Output>(function)
    var writer = ByteWriter()
    try call.encode(repeat each argument, into: &writer)
    return (
      try AsyncFunctionCall<repeat each Argument, Output>.signature().bytes, writer.copyBytes()
    )
  }

  private func run(_ signature: [UInt8], _ bytes: [UInt8]) throws -> Int {
    let runner = try resolveRunner(signature: signature)
    var result = ByteWriter()
    let outcome = ByteReader.reading(bytes) { runner.run(arguments: &$0, result: &result) }
    guard case .value = outcome else { throw TransferError.malformed(what: "\(outcome)") }
    return try ByteReader.reading(result.copyBytes()) { try decodeResult(Int.self, from: &$0) }
  }

  @Test func `travel with what they captured, and are run to their end`() throws {
    let (k, text) = (opaque(3), opaque("more than fifteen bytes"))
    let inner: @Sendable (Int) async -> Int = { $0 + k }
    for (message, expected) in [
      (try message(twice, 4), 8), (try message({ (n: Int) async -> Int in n }, 5), 5),
      (
        try message(
          { (n: Int) async -> Int in
            await Task.yield()
            return n + k + text.count
          }, 1), 27
      ), (try message { await inner(2) }, 5),
    ] { #expect(try run(message.signature, message.bytes) == expected) }
  }

  @Test func `are told from others: neither is taken for the other`() throws {
    let k = opaque(3)
    let asyncCall = AsyncFunctionCall<Int>({ () async -> Int in k })
    let plainCall = FunctionCall<Int>({ k })
    var asyncBytes = ByteWriter()
    var plainBytes = ByteWriter()
    try encodeFunction(storedIn: asyncCall, into: &asyncBytes)
    try encodeFunction(storedIn: plainCall, into: &plainBytes)
    #expect(throws: TransferError.self) {
      try ByteReader.reading(asyncBytes.copyBytes()) {
        try decodeFunction(as: FunctionCall<Int>.self, from: &$0)
      }
    }
    #expect(throws: TransferError.self) {
      try ByteReader.reading(plainBytes.copyBytes()) {
        try decodeFunction(as: AsyncFunctionCall<Int>.self, from: &$0)
      }
    }
    // The same with the form forged: code is no record of an async function, nor the other way round.
    for (bytes, first) in [(asyncBytes.copyBytes(), UInt8(1)), (plainBytes.copyBytes(), 5)] {
      var forged = bytes
      forged[0] = first
      #expect(throws: TransferError.self) {
        if first == 1 {
          _ = try ByteReader.reading(forged) {
            try decodeFunction(as: FunctionCall<Int>.self, from: &$0)
          }
        } else {
          _ = try ByteReader.reading(forged) {
            try decodeFunction(as: AsyncFunctionCall<Int>.self, from: &$0)
          }
        }
      }
    }
  }

  @Test func `damaged give errors, not calls`() throws {
    let (k, text) = (opaque(3), opaque("more than fifteen bytes"))
    var writer = ByteWriter()
    let call = AsyncFunctionCall<Int>({ () async -> Int in k + text.count })
    try encodeFunction(storedIn: call, into: &writer)
    let valid = writer.copyBytes()
    var refused = 0
    for index in valid.indices {
      for bit in 0..<8 {
        var damaged = valid
        damaged[index] ^= 1 << UInt8(bit)
        do throws(TransferError) {
          _ = try ByteReader.reading(damaged) { reader throws(TransferError) in
            try decodeFunction(as: AsyncFunctionCall<Int>.self, from: &reader)
          }
        } catch { refused += 1 }
      }
    }
    // All but those in the captured values.
    #expect(refused >= 29 * 8)
  }
}
