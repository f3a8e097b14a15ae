/// A call that a process makes when it starts, with all that is needed to make it: a signature and
/// the function with its arguments, as bytes.
package enum StartCall {
  /// - Throws: as for a call that is submitted.
  ///
  /// Generic over the result, which nobody looks at: a function with a fixed one would be wrapped in
  /// a closure that captures it.
  package static func encode<each Argument, Output>(
    _ function: @escaping (repeat each Argument) throws -> Output, _ argument: repeat each Argument
  ) throws(TransferError) -> [UInt8] {
    let call = FunctionCall<repeat each Argument, Output>(function)
    let signature = try FunctionCall<repeat each Argument, Output>.signature()
    var message = ByteWriter()
    message.append(count: signature.bytes.count)
    for byte in signature.bytes { message.append(byte) }
    try call.encode(repeat each argument, into: &message)
    guard message.retained.isEmpty else {
      throw .functionNotTransferable(
        reason: "a worker's initializer cannot take shared arrays: the pool that they belong to is"
          + " not there yet; pass the values, or read them from a file in the initializer")
    }
    return message.copyBytes()
  }

  /// Makes the call.
  /// - Returns: nil when it was made and threw nothing, else why not, as bytes.
  package static func run(_ bytes: [UInt8]) -> [UInt8]? {
    ByteReader.reading(bytes) { reader in
      var result = ByteWriter()
      do throws(TransferError) {
        let count = try reader.readCount()
        let signature = try unsafe Array(reader.read(byteCount: count))
        let runner = try resolveRunner(signature: signature)
        switch runner.run(arguments: &reader, result: &result) {
        case .value: return nil
        case .error: return [StartFailure.Form.thrown] + result.copyBytes()
        case .argumentUndecodable(let error), .resultUnencodable(let error): throw error
        }
      } catch {
        return StartFailure.notRun("the call could not be read in the worker: \(error)").bytes
      }
    }
  }
}

/// Why a process that has started is of no use.
package enum StartFailure: Sendable {
  /// The function threw.
  case thrown(any Error)
  /// It could not be called, or what it threw could not be sent.
  case notRun(String)
  /// It left more than one thread in a template; their names.
  case threads([String])

  enum Form {
    static let thrown: UInt8 = 0
    static let notRun: UInt8 = 1
    static let threads: UInt8 = 2
  }

  /// For another process. What was thrown is in its bytes already, see `StartCall.run`.
  package var bytes: [UInt8] {
    var message = ByteWriter()
    switch self {
    case .thrown(let error):
      message.append(Form.thrown)
      message.append(error: error, place: "an initializer")
    case .notRun(let text):
      message.append(Form.notRun)
      message.append(text: text)
    case .threads(let names):
      message.append(Form.threads)
      message.append(count: names.count)
      for name in names { message.append(text: name) }
    }
    return message.copyBytes()
  }

  /// Reads what `bytes` or `StartCall.run` wrote.
  package init(_ bytes: [UInt8]) {
    self = ByteReader.reading(bytes) { reader in
      do throws(TransferError) {
        switch try reader.read(UInt8.self) {
        case Form.thrown: return .thrown(try decodeError(from: &reader))
        case Form.threads:
          var names: [String] = []
          for _ in 0..<(try reader.readCount(ofThingsTaking: 1)) {
            names.append(try reader.readText())
          }
          return .threads(names)
        default: return .notRun(try reader.readText())
        }
      } catch {
        return .notRun("its answer could not be read: \(error)")
      }
    }
  }
}
