import CEchelon
import EchelonMemory
import EchelonWire

extension JobRecord {
  /// Writes what the workers are to know of a job.
  func fill(
    _ request: PoolJob.Request, wordsOffset: Int, partialsOffset: Int, isTimed: Bool,
    batchLimit: Int
  ) {
    var operands = request.operands
    if let block = request.parameterBlock {
      operands.append(JobOperand(block: block, byteOffset: 0, count: block.byteCount))
    }
    precondition(operands.count <= Self.operandLimit, "too many operands for a job")
    precondition(request.parameters.count <= Self.parameterLimit, "too many parameter bytes")
    var record = job_record()
    record.kind = request.kind.rawValue
    record.code = request.code
    record.chunk_count = UInt64(request.chunkCount)
    record.words_offset = UInt64(wordsOffset)
    record.partials_offset = UInt64(partialsOffset)
    record.element_count = UInt64(request.elementCount)
    record.chunk_length = UInt64(request.chunkLength)
    record.operand_count = UInt32(operands.count)
    record.has_parameter_block = request.parameterBlock == nil ? 0 : 1
    record.parameter_bytes = UInt32(request.parameters.count)
    record.is_timed = isTimed ? 1 : 0
    record.batch_limit = UInt32(clamping: batchLimit)
    fill(record)
    for (index, operand) in operands.enumerated() {
      let handle = operand.block.handle
      var cell = job_operand()
      cell.offset = handle.offset + UInt64(operand.byteOffset)
      cell.byte_count = handle.byteCount - UInt64(operand.byteOffset)
      cell.file = handle.file
      cell.block = handle.index
      cell.generation = handle.generation
      cell.rows = UInt64(operand.rows)
      cell.columns = UInt64(operand.columns)
      cell.row_stride = Int64(operand.rowStride)
      cell.column_stride = Int64(operand.columnStride)
      fill(operand: index, cell)
    }
    request.parameters.withRawSpan { fill(parameters: $0) }
  }
}
