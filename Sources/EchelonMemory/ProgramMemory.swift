/// A checked window of an arena's heap, or of a file: mapped, inside a block that was alive when it was made.
@safe package struct ArenaWindow {
  let base: UnsafeMutableRawPointer
  package let byteCount: Int
  // The window keeps the arena mapped, and the file.
  private let arena: Arena
  private let mapping: FileMapping?

  /// - Throws: when the bytes are not inside a living block's arena.
  package init(
    in arena: Arena, offset: UInt64, byteCount: UInt64, index: UInt32, generation: UInt32,
    file: UInt64
  ) throws(ArenaError) {
    let handle = BlockHandle(
      arena: arena.identity, offset: offset, byteCount: byteCount, index: index,
      generation: generation, file: file)
    self.byteCount = Int(clamping: byteCount)
    self.arena = arena
    if file != 0 {
      let mapping = try arena.mapping(of: handle)
      // SAFETY: in bounds by the check; the mapping is held.
      unsafe base = mapping.base + Int(offset)
      self.mapping = mapping
      return
    }
    mapping = nil
    try arena.check(handle)
    // SAFETY: in bounds by the check; the arena is held.
    unsafe base = arena.region.address(at: Int(offset), byteCount: Int(byteCount))
  }

  /// The window as an operand of a kernel; nil when the layout does not fit.
  package func operand(_ layout: OperandLayout, isWritable: Bool) -> KernelOperand? {
    let size = layout.elementType.byteCount
    // SAFETY: only the number of the address is looked at.
    guard layout.extent <= byteCount / size, unsafe UInt(bitPattern: base) % UInt(size) == 0
    else { return nil }
    return unsafe KernelOperand(
      base: base, byteCount: byteCount, layout: layout, isWritable: isWritable && mapping == nil)
  }
}

/// The operands of a user's chunked job in a worker, checked once, from which each chunk's
/// `ChunkMemory` is cut.
@safe package struct ProgramMemory {
  private let inputs: OperandTable
  private let output: UnsafeMutableRawPointer
  private let parameters: UnsafeMutableRawPointer
  private let partials: UnsafeMutableRawPointer?
  private let elementCount: Int
  private let chunkLength: Int
  // The blocks stay borrowed, and so the arena and files mapped, while the job is run.
  private let arena: Arena
  private let operands: [ArenaWindow]

  /// - Parameters:
  ///   - operands: the output first, if there is one, then the inputs; checked windows of the arena.
  ///   - hasOutput: whether the first operand is an output.
  ///   - parameters: the bytes of the job's parameters.
  ///   - partials: 64 bytes per chunk.
  package init?(
    arena: Arena, operands: [ArenaWindow], hasOutput: Bool, parameters: Region,
    parametersAt offset: Int,
    partials: Region?, elementCount: Int, chunkLength: Int
  ) {
    guard elementCount >= 0, chunkLength > 0, offset <= parameters.byteCount else { return nil }
    // A stand-in for operands that the program does not have and does not touch.
    let none = unsafe parameters.address(at: 0, byteCount: 0)
    unsafe output = hasOutput ? operands.first?.base ?? none : none
    inputs = unsafe OperandTable(
      operands.dropFirst(hasOutput ? 1 : 0).map { unsafe $0.base }, standIn: none)
    unsafe self.parameters = parameters.address(
      at: offset, byteCount: parameters.byteCount - offset)
    unsafe self.partials = partials.map { unsafe $0.address(at: 0, byteCount: 0) }
    self.elementCount = elementCount
    self.chunkLength = chunkLength
    self.arena = arena
    self.operands = operands
  }

  /// The window of one chunk.
  package func chunk(_ index: Int) -> ChunkMemory {
    let start = index * chunkLength
    precondition(index >= 0 && start <= elementCount, "a chunk outside its job")
    return unsafe ChunkMemory(
      inputs: inputs, output: output, parameters: parameters,
      partial: partials.map { unsafe $0 + 64 * index } ?? parameters, start: start,
      count: min(chunkLength, elementCount - start))
  }
}
