internal import EchelonMemory

/// Why a kernel cannot run on the operands it was given.
public enum KernelError: Error, Equatable, CustomStringConvertible {
  case wrongOperandCount(kernel: String, inputs: Int, outputs: Int, expected: String)
  case wrongElementType(kernel: String, operand: Int, found: String, expected: String)
  case notContiguous(kernel: String, operand: Int)
  case countMismatch(kernel: String, counts: [Int])
  case shapeMismatch(kernel: String, shapes: [String])
  case outputNotWritable(kernel: String, output: Int)
  case outputOverlapsInput(kernel: String, output: Int, input: Int)
  case outputOverlapsItself(kernel: String, output: Int)
  /// A dimension or stride is more than the BLAS interface can count.
  case tooLarge(kernel: String, limit: Int)
  /// The answer for no elements does not exist (the smallest of nothing).
  case emptyInput(kernel: String)
  /// The answer in whole numbers has more than 64 bits.
  case overflow(kernel: String)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .wrongOperandCount(let kernel, let inputs, let outputs, let expected):
      "kernel '\(kernel)' got \(inputs) inputs and \(outputs) outputs; it takes \(expected)"
    case .wrongElementType(let kernel, let operand, let found, let expected):
      "operand \(operand) of kernel '\(kernel)' holds \(found); convert it to \(expected)"
    case .notContiguous(let kernel, let operand):
      "operand \(operand) of kernel '\(kernel)' has gaps between its elements; copy the view into "
        + "an array first"
    case .countMismatch(let kernel, let counts):
      "the operands of kernel '\(kernel)' have \(counts) elements; make them equal"
    case .shapeMismatch(let kernel, let shapes):
      "the shapes \(shapes.joined(separator: ", ")) do not fit together in kernel '\(kernel)'; "
        + (kernel == "multiply" || kernel == "matrix-product"
          ? "the first needs as many columns as the second has rows, and a given result the rows of "
            + "the first and the columns of the second"
          : "check rows and columns")
    case .outputNotWritable(let kernel, let output):
      "output \(output) of kernel '\(kernel)' is read-only; give it a writable array"
    case .outputOverlapsInput(let kernel, let output, let input):
      "output \(output) of kernel '\(kernel)' shares memory with input \(input), so that a chunk "
        + "could not be run again after a crash; write into another array"
    case .outputOverlapsItself(let kernel, let output):
      "output \(output) of kernel '\(kernel)' has elements that share an address; write into a "
        + "dense array"
    case .tooLarge(let kernel, let limit):
      "an operand of kernel '\(kernel)' has a dimension or stride above \(limit); split it"
    case .emptyInput(let kernel):
      "kernel '\(kernel)' has no answer for 0 elements; check the count first"
    case .overflow(let kernel):
      "the \(kernel) has more than 64 bits; convert the elements to Double first"
    }
  }
}
