import CEchelon
import EchelonKernels
import EchelonMemory
import EchelonWire

/// The operands of a job as a worker reads them: every handle is checked against the arena before a
/// byte behind it is touched.
struct JobOperands {
  private let arena: Arena
  private let cells: [job_operand]
  private let windows: [ArenaWindow]
  /// The job's parameters: in its record, or in a block when they have no room there.
  let parameters: Region

  init(_ record: JobRecord, _ fields: job_record, in arena: Arena) throws(JobProblem) {
    guard fields.operand_count <= UInt32(JobRecord.operandLimit) else {
      throw JobProblem(.badOperand)
    }
    self.arena = arena
    var cells: [job_operand] = []
    var windows: [ArenaWindow] = []
    for index in 0..<Int(fields.operand_count) {
      let cell = record.operand(index)
      do throws(ArenaError) {
        windows.append(
          try ArenaWindow(
            in: arena, offset: cell.offset, byteCount: cell.byte_count, index: cell.block,
            generation: cell.generation, file: cell.file))
      } catch {
        throw JobProblem(.badOperand, message: "\(error)")
      }
      cells.append(cell)
    }
    if fields.has_parameter_block != 0, let cell = cells.popLast() {
      windows.removeLast()
      guard cell.offset % 64 == 0, cell.file == 0 else { throw JobProblem(.badOperand) }
      parameters = arena.region.subregion(at: Int(cell.offset), byteCount: Int(cell.byte_count))
    } else {
      parameters = record.region.subregion(
        at: JobRecord.parametersOffset,
        byteCount: min(Int(fields.parameter_bytes), JobRecord.parameterLimit))
    }
    self.cells = cells
    self.windows = windows
  }

  /// A kernel's call: its outputs come first among the operands, then its inputs.
  func call(
    _ kernel: Kernel, _ record: JobRecord, _ fields: job_record
  ) throws(JobProblem) -> KernelCall {
    guard cells.count == kernel.outputCount + kernel.inputCount else {
      throw JobProblem(.badOperand)
    }
    var operands: [KernelOperand] = []
    for (index, cell) in cells.enumerated() {
      let limit = Int64(1) << 46
      guard cell.rows < limit, cell.columns < limit, (0..<limit) ~= cell.row_stride,
        (0..<limit) ~= cell.column_stride
      else { throw JobProblem(.badOperand) }
      let layout = OperandLayout(
        matrixOf: kernel.elementType, rows: Int(cell.rows), columns: Int(cell.columns),
        rowStride: Int(cell.row_stride), columnStride: Int(cell.column_stride))
      guard let operand = windows[index].operand(layout, isWritable: index < kernel.outputCount)
      else { throw JobProblem(.badOperand) }
      operands.append(operand)
    }
    let call: KernelCall
    do throws(KernelError) {
      call = try KernelCall(
        kernel, inputs: Array(operands.dropFirst(kernel.outputCount)),
        outputs: Array(operands.prefix(kernel.outputCount)),
        parameters: record.region.load(at: JobRecord.parametersOffset))
    } catch {
      throw JobProblem(.badOperand, message: "\(error)")
    }
    guard call.plan.chunkCount == Int(fields.chunk_count) else { throw JobProblem(.badParameters) }
    return call
  }

  /// What a user's closure works on.
  func memory(
    _ record: JobRecord, _ fields: job_record, parametersAt consumed: Int
  ) throws(JobProblem) -> ProgramMemory {
    let chunkCount = Int(clamping: fields.chunk_count)
    let partials =
      fields.partials_offset == 0
      ? nil
      : arena.region.subregion(at: Int(fields.partials_offset), byteCount: 64 * chunkCount)
    guard
      let memory = ProgramMemory(
        arena: arena, operands: windows, hasOutput: fields.partials_offset == 0,
        parameters: parameters, parametersAt: consumed, partials: partials,
        elementCount: Int(clamping: fields.element_count),
        chunkLength: Int(clamping: fields.chunk_length))
    else { throw JobProblem(.badOperand) }
    return memory
  }
}
