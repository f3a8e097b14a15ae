internal import CEchelonKernels

/// Straight-line code over the elements of arrays, run block by block: one pass over memory however many
/// operations there are.
///
/// Operands are numbered: first the inputs, then the constants, then what instructions have made. The last
/// instruction makes the output. Every element is computed by itself and every operation rounds to the
/// element type, so a result depends on the elements alone, not on where they lie or who computed them.
public struct VectorProgram: Hashable, Sendable {
  /// An operation and the numbers of its operands and of what it makes, packed into a word.
  public struct Instruction: Hashable, Sendable, BitwiseCopyable {
    /// Operation, target, operands: a byte each, the lowest first.
    public let word: UInt64

    /// An instruction that was packed before.
    public init(word: UInt64) { self.word = word }

    /// `target = operation(operands)`.
    public init(_ operation: VectorOperation, _ operands: [Int], target: Int) {
      precondition(operands.count == operation.operandCount, "\(operation) of \(operands.count)")
      var word = UInt64(operation.rawValue) | UInt64(UInt8(target)) << 8
      for (index, operand) in operands.enumerated() {
        word |= UInt64(UInt8(operand)) << (16 + 8 * UInt64(index))
      }
      self.word = word
    }
  }

  /// Operands that a program can have at the most: inputs, constants and temporary ones together.
  public static var operandLimit: Int { Int(EK_OPERAND_LIMIT) }

  /// The code.
  public let instructions: [Instruction]
  /// The numbers in it, as `VectorProgramScalar.constantBits` has them.
  public let constants: [UInt64]
  /// How many arrays it reads.
  public let inputCount: Int
  /// How many values it keeps at a time.
  public let temporaryCount: Int

  /// - Returns: nil for code that names operands which do not exist or have no value yet.
  public init?(
    _ instructions: [Instruction], constants: [UInt64], inputCount: Int, temporaryCount: Int
  ) {
    self.instructions = instructions
    self.constants = constants
    self.inputCount = inputCount
    self.temporaryCount = temporaryCount
    let limits = 0...Self.operandLimit
    guard limits ~= inputCount, limits ~= temporaryCount, constants.count <= Self.operandLimit,
      instructions.count <= Int(Int32.max),
      // SAFETY: the function reads the program and keeps nothing.
      unsafe withProgram({ unsafe ek_program_is_sound($0) != 0 })
    else { return nil }
  }

  /// Whether it does nothing but copy its only input.
  public var isCopy: Bool {
    instructions == [Instruction(.copy, [0], target: 0)] && inputCount == 1
  }

  /// Runs the program.
  /// - Parameters:
  ///   - output: takes the results; shares no memory with an input.
  ///   - inputs: as many elements each as `output` has; traps for another count.
  ///   - level: the instruction set; nil is the active one.
  public func run<Element: VectorProgramScalar>(
    into output: inout MutableSpan<Element>, inputs: some VectorInputs, level: InstructionSet? = nil
  ) {
    let count = output.count
    // SAFETY: `output` is ours while it is borrowed here, and it has `count` elements.
    unsafe output.withUnsafeMutableBufferPointer { output in
      guard let target = output.baseAddress else { return }
      unsafe lend(inputs, [], of: count) { inputs in
        // SAFETY: the program is sound, checked when it was made.
        unsafe withProgram { program in
          unsafe Element.evaluate(
            ProgramCall(
              level: level.number, program: program, inputs: inputs, output: target, count: count))
        }
      }
    }
  }

  /// Calls `body` with the addresses of all inputs, inside of the calls that lend them.
  private func lend<Element: VectorProgramScalar>(
    _ inputs: some VectorInputs, _ lent: [UnsafePointer<Element>?], of count: Int,
    _ body: (UnsafePointer<UnsafePointer<Element>?>?) -> Void
  ) {
    let index = unsafe lent.count
    if index == inputCount {
      return unsafe lent.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
    inputs.withInput(index, of: Element.self) { span in
      precondition(span.count == count, "input \(index) has \(span.count) elements, not \(count)")
      unsafe span.withUnsafeBufferPointer {
        unsafe lend(inputs, lent + [$0.baseAddress], of: count, body)
      }
    }
  }

  private func withProgram<R>(_ body: (UnsafePointer<ek_program>) -> R) -> R {
    unsafe instructions.withUnsafeBytes { code in
      unsafe constants.withUnsafeBufferPointer { constants in
        var program = unsafe ek_program(
          instructions: code.baseAddress?.assumingMemoryBound(to: UInt64.self),
          constants: constants.baseAddress, instruction_count: Int32(instructions.count),
          input_count: Int32(inputCount), constant_count: Int32(constants.count),
          temporary_count: Int32(temporaryCount))
        return unsafe withUnsafePointer(to: &program) { unsafe body($0) }
      }
    }
  }
}

/// What lends a program its inputs.
public protocol VectorInputs {
  /// Lends the elements of one input during the call.
  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void)

  /// Puts the elements of one input, all of them, where they are wanted, if it would have to put them somewhere to
  /// lend them.
  /// - Returns: false when they lie one behind the other as they are, and nothing is done.
  func gatherInput<Element: VectorProgramScalar>(
    _ index: Int, into output: inout MutableSpan<Element>
  ) -> Bool
}

extension VectorInputs {
  /// Nothing: most inputs lie as they are needed.
  public func gatherInput<Element: VectorProgramScalar>(
    _ index: Int, into output: inout MutableSpan<Element>
  ) -> Bool { false }
}
