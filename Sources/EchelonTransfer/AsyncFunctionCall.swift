/// An `async` function of any signature, as `FunctionCall` is for others: the wrapper that it travels in,
/// and the program that runs it in a worker, to its end.
@usableFromInline @frozen
package struct AsyncFunctionCall<each Argument, Output> {
  package let function: (repeat each Argument) async throws -> Output

  package init(_ function: @escaping (repeat each Argument) async throws -> Output) {
    self.function = function
  }

  /// This signature, checked: throws what `submit` should throw for it.
  package static func signature() throws(TransferError) -> CallSignature {
    try CallSignature.checked(Self.self) {
      var refusal = TransferPlan.plan(for: Output.self).refusal
      for argument in repeat TransferPlan.plan(for: (each Argument).self).refusal {
        refusal = refusal ?? argument
      }
      return refusal
    }
  }

  /// Appends the function and its arguments, for `IncomingCall.run`.
  package func encode(_ argument: repeat each Argument, into writer: inout ByteWriter)
    throws(TransferError)
  {
    try encodeFunction(storedIn: self, into: &writer)
    for value in repeat each argument { try EchelonTransfer.encode(value, into: &writer) }
  }
}

extension AsyncFunctionCall: IncomingCall {
  package static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    let call: AsyncInvocation<repeat each Argument, Output>
    do throws(TransferError) {
      call = try AsyncInvocation(from: &arguments)
    } catch {
      return .argumentUndecodable(error)
    }
    switch AsyncRun.toEnd({ try await call.make() }) {
    case .success(let output):
      let start = result.count
      do throws(TransferError) {
        try EchelonTransfer.encode(output, into: &result)
        return .value
      } catch {
        result.rewind(to: start)
        return .resultUnencodable(error)
      }
    case .failure(let error):
      result.append(error: error, place: "an async task")
      return .error
    }
  }
}

/// A function and its arguments on the way to the Swift task that makes the call.
private struct AsyncInvocation<each Argument, Output>: @unchecked Sendable {
  // They were decoded for this one call, and only it uses them.
  private let call: AsyncFunctionCall<repeat each Argument, Output>
  private let arguments: (repeat each Argument)

  init(from reader: inout ByteReader) throws(TransferError) {
    call = try decodeFunction(
      as: AsyncFunctionCall<repeat each Argument, Output>.self, from: &reader)
    arguments = (repeat try decode((each Argument).self, from: &reader))
  }

  func make() async throws -> Output { try await call.function(repeat each arguments) }
}
