package import Synchronization

/// A function of any signature, in the one form that every use of it shares.
///
/// It is both the wrapper a function travels in and, as a type, the program that runs it in a
/// worker: a worker that has this type, with its arguments filled in, can decode, call and encode.
@usableFromInline @frozen
package struct FunctionCall<each Argument, Output> {
  package let function: (repeat each Argument) throws -> Output

  @usableFromInline
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
      call = try Self(words: FunctionWords.decode(.synchronous, from: &arguments))
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

  // Both cast this struct instead of calling the general functions for wrappers: those would need
  // the metadata of this type, which the runtime takes long to find for packs. The cast is of the
  // struct, not of the function, which would be wrapped in a thunk first.

  /// Takes over the reference to the context of `words`.
  private init(words: FunctionWords) {
    // SAFETY: this struct is one function of two words. The cast gives a reference of its own.
    self = unsafe unsafeBitCast(words, to: Self.self)
    words.release()
  }

  /// The two words, which are valid for as long as this value lives.
  private var words: FunctionWords {
    // SAFETY: this struct is one function of two words.
    unsafe unsafeBitCast(self, to: FunctionWords.self)
  }

  /// What the function is called. In debug builds it may be the thunk around it.
  private var place: String { describeFunction(atCode: words.code) }
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
@usableFromInline
package final class CallSignature: Sendable {
  /// The bytes for `resolveRunner`.
  package let bytes: [UInt8]
  /// For whoever puts signatures into a table: which table had it last, and where.
  package let lastPlace = Atomic<UInt64>(0)
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

  /// The signature of a type that runs calls.
  static func checked(
    _ runner: Any.Type, refusal: () -> TransferError?
  ) throws(TransferError) -> CallSignature {
    let signature = known.value(for: TypeMetadata(runner).address.bits) {
      CallSignature(runner: runner, refusal: refusal())
    }
    if let refusal = signature.refusal { throw refusal }
    return signature
  }
}

/// A type of calls that can say how it is sent.
@usableFromInline package protocol OutgoingCall {
  static func makeSignature() -> CallSignature
}

extension OutgoingCall {
  /// This signature, checked: throws what `submit` should throw for it.
  ///
  /// Of the protocol, so that it is given the type: a function of `FunctionCall` would have to ask the
  /// runtime for it again, from its parameters, which for packs of them takes long.
  @usableFromInline
  package static func signature() throws(TransferError) -> CallSignature {
    let signature = CallSignature.known.value(for: TypeMetadata(Self.self).address.bits) {
      makeSignature()
    }
    if let refusal = signature.refusal { throw refusal }
    return signature
  }
}

extension FunctionCall: OutgoingCall {
  @usableFromInline package static func makeSignature() -> CallSignature {
    var refusal = TransferPlan.plan(for: Output.self).refusal
    for argument in repeat TransferPlan.plan(for: (each Argument).self).refusal {
      refusal = refusal ?? argument
    }
    return CallSignature(runner: Self.self, refusal: refusal)
  }

  /// Appends the function and its arguments, for `IncomingCall.run`.
  @usableFromInline
  package func encode(_ argument: repeat each Argument, into writer: inout ByteWriter)
    throws(TransferError)
  {
    try encodeFunction(into: &writer)
    try Self.encodeArguments(repeat each argument, into: &writer)
  }

  /// Appends the first half of what `encode` does.
  @usableFromInline
  package func encodeFunction(into writer: inout ByteWriter) throws(TransferError) {
    try words.encode(.synchronous, into: &writer)  // `self` outlives this call, and so does its context
  }

  /// Appends the second half.
  @usableFromInline
  package static func encodeArguments(
    _ argument: repeat each Argument, into writer: inout ByteWriter
  )
    throws(TransferError)
  {
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
