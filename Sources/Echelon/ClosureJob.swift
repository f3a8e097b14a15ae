public import EchelonMemory
import EchelonPool
import EchelonTransfer

/// A job whose chunks a user's closure works on, with its types checked and its shape decided: what
/// the numeric maps and Monte Carlo hand to an executor.
public struct ClosureJob<Program: ChunkProgram, Value: Sendable> {
  /// The form of the closure that the compiler has specialised.
  let function: ChunkFunction
  /// The user's own closure, for when the other cannot be sent (generic code in debug builds).
  let program: Program
  let label: String
  let elementCount: Int
  let chunkLength: Int
  /// What the chunks write; nil when each has a partial result instead, or none.
  let output: ArrayReference?
  let inputs: [ArrayReference]
  let parameters: ParameterBytes
  var options = JobOptions()
  /// Where the output is copied to when all chunks are done, of the same number of bytes.
  ///
  /// A chunk may run again, so its output must not be its input: a map in place goes through an array
  /// of its own.
  var destination: ArrayReference?
  /// Makes the value of the partial results, 64 bytes for each chunk.
  let merge: @Sendable (ArenaBlock?) throws -> Value

  /// Whether each chunk has a partial result.
  var hasPartials: Bool { output == nil && isForValue }
  /// Whether anything comes of it but what the closure writes into arrays of its own.
  var isForValue = true

  /// The number of chunks; depends on the number of elements alone.
  var chunkCount: Int { elementCount / chunkLength + (elementCount % chunkLength == 0 ? 0 : 1) }

  /// Output first, then the inputs.
  var operands: [JobOperand] { ((output.map { [$0] } ?? []) + inputs).map(\.operand) }

  /// What is written to.
  var writtenOperands: [JobOperand] { [output, destination].compactMap(\.?.operand) }

  /// The closure and the parameters as they travel.
  ///
  /// The form that contains the whole loop is sent if it can be; in an optimised build its captures are
  /// then those of the user's closure. Otherwise the generic program goes, whose closure is the user's
  /// own.
  /// - Throws: `TransferError` for a closure that cannot be sent.
  func encoded() throws(TransferError) -> EncodedClosure {
    var writer = ByteWriter()
    var type: any ChunkProgram.Type = ChunkFunction.self
    do {
      try encodeFunction(storedIn: function, into: &writer)
    } catch .captureNotTransferable {
      writer = ByteWriter()
      try encodeFunction(storedIn: program, into: &writer)
      type = Program.self
    }
    return EncodedClosure(
      bytes: writer.copyBytes() + parameters.bytes, program: type,
      retained: writer.retained.compactMap { $0 as? ArenaBlock })
  }
}

/// A closure and its parameters as they travel.
struct EncodedClosure {
  let bytes: [UInt8]
  /// What reads them in the worker.
  let program: any ChunkProgram.Type
  /// The memory that they name by handle.
  let retained: [ArenaBlock]
}

/// An array without its element type.
@usableFromInline
package struct ArrayReference: Sendable {
  let operand: JobOperand
  private let byteCount: Int

  @usableFromInline
  package init<Element>(_ array: SharedArray<Element>) {
    operand = array.operand
    byteCount = array.count * MemoryLayout<Element>.stride
  }

  /// The same memory as an array of bytes.
  var bytes: SharedArray<UInt8> {
    SharedArray(block: operand.block, byteOffset: operand.byteOffset, count: byteCount)
  }
}

/// Parameters of a map as bytes.
@usableFromInline
package struct ParameterBytes: Sendable {
  let bytes: [UInt8]

  @usableFromInline
  package static var none: ParameterBytes { ParameterBytes(bytes: []) }

  init(bytes: [UInt8]) { self.bytes = bytes }

  @usableFromInline
  package init<Value: BitwiseCopyable>(_ value: Value) throws {
    var writer = ByteWriter()
    // The type is checked as an argument of `submit` would be: no pointers, no references.
    try checkTransferable(Value.self)
    writer.append(value)
    self.init(bytes: writer.copyBytes())
  }
}
