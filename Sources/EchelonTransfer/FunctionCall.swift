/// A function of any signature, in the one form that every use of it shares.
///
/// It is both the wrapper a function travels in and, as a type, the program that runs it in a
/// worker: a worker that has this type, with its arguments filled in, can decode, call and encode.
package struct FunctionCall<each Argument, Output> {
  package let function: (repeat each Argument) throws -> Output

  package init(_ function: @escaping (repeat each Argument) throws -> Output) {
    self.function = function
  }
}

/// How a call ended in the worker.
package enum CallOutcome: Sendable {
  /// The result is encoded.
  case value
  /// The function threw, and the error is encoded.
  case error
  /// The function, or one of its arguments, could not be read. It was not called.
  case argumentUndecodable(TransferError)
  /// The function returned what can't be sent.
  case resultUnencodable(TransferError)
}

/// A type that runs a call that came from another process.
package protocol IncomingCall {
  /// Reads a function and its arguments, calls it, and appends its result or error.
  ///
  /// Nothing is appended in the last two outcomes.
  static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome
}

/// The type that runs calls with this signature, from the bytes of `CallSignature`.
///
/// Costs a look-up under a lock; keep what it returns.
package func resolveRunner(signature: [UInt8]) throws(TransferError) -> any IncomingCall.Type {
  let type = try TypeCode.type(from: signature)
  guard let runner = type as? any IncomingCall.Type else {
    throw .malformed(what: "'\(type)' does not run calls")
  }
  return runner
}

extension FunctionCall: IncomingCall {
  package static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    let call: Self
    do throws(TransferError) {
      call = try decodeFunction(as: Self.self, from: &arguments)
    } catch {
      return .argumentUndecodable(error)
    }
    // An error before the call is ours, one after it is the function's.
    var undecodable: TransferError?
    let output: Output
    do {
      output = try call.function(
        repeat try decode((each Argument).self, from: &arguments, noting: &undecodable))
    } catch {
      if let undecodable { return .argumentUndecodable(undecodable) }
      result.append(error: error, place: call.place)
      return .error
    }
    let start = result.count
    do throws(TransferError) {
      try EchelonTransfer.encode(output, into: &result)
      return .value
    } catch {
      result.rewind(to: start)
      return .resultUnencodable(error)
    }
  }

  /// What the function is called. In debug builds it may be the thunk around it.
  private var place: String {
    unsafe withUnsafeBytes(of: self) { bytes in
      // SAFETY: a function is two words, of which the first is its code.
      unsafe describeFunction(atCode: bytes.loadUnaligned(as: UInt.self))
    }
  }
}

private func decode<Value>(
  _: Value.Type, from reader: inout ByteReader, noting failure: inout TransferError?
) throws(TransferError) -> Value {
  do throws(TransferError) {
    return try decode(Value.self, from: &reader)
  } catch {
    failure = error
    throw error
  }
}

// MARK: - The front end's side

/// What the front end knows about a signature: whether it can be sent, and its name in bytes.
package final class CallSignature: Sendable {
  /// The bytes for `resolveRunner`.
  package let bytes: [UInt8]
  fileprivate let refusal: TransferError?

  fileprivate init(runner: Any.Type, refusal: TransferError?) {
    var refusal = refusal
    var bytes: [UInt8] = []
    if refusal == nil {
      do throws(TransferError) { bytes = try TypeCode.bytes(of: runner) } catch { refusal = error }
    }
    self.bytes = bytes
    self.refusal = refusal
  }

  fileprivate static let known = PermanentCache<CallSignature>()
}

extension FunctionCall {
  /// This signature, checked: throws what `submit` should throw for it.
  package static func signature() throws(TransferError) -> CallSignature {
    let signature = CallSignature.known.value(for: TypeMetadata(Self.self).address.bits) {
      var refusal = TransferPlan<Output>.current.refusal
      for argument in repeat TransferPlan<each Argument>.current.refusal {
        refusal = refusal ?? argument
      }
      return CallSignature(runner: Self.self, refusal: refusal)
    }
    if let refusal = signature.refusal { throw refusal }
    return signature
  }

  /// Appends the function and its arguments, for `IncomingCall.run`.
  package func encode(_ argument: repeat each Argument, into writer: inout ByteWriter)
    throws(TransferError)
  {
    try encodeFunction(storedIn: self, into: &writer)
    for value in repeat each argument { try EchelonTransfer.encode(value, into: &writer) }
  }
}

/// Reads the result of a call that ended with `CallOutcome.value`.
package func decodeResult<Output>(_: Output.Type, from reader: inout ByteReader)
  throws(TransferError) -> Output
{
  try decode(Output.self, from: &reader)
}

/// Reads the error of a call that ended with `CallOutcome.error`.
package func decodeError(from reader: inout ByteReader) throws(TransferError) -> any Error {
  try reader.readError()
}
