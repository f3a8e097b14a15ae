import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
import EchelonTransfer

extension WorkExecutor {
  /// The numbers in a file as an array that is only read, without a copy: its pages are those of the system's page
  /// cache, in this process and in every worker, and are read when they are first needed. They do not count for the
  /// memory limits of a pool.
  ///
  ///     let x = try pool.array(mapping: "samples.f64", of: Double.self)
  ///
  /// Writing into it is refused by whatever takes an output, and ends the process that tries it in another way.
  /// The array is of the file that the path leads to now, also when another takes its place. A file that is
  /// *shortened* while an array of it lives has pages that cannot be read any more: work that was handed over before
  /// fails with `FileMappingError.shortened`, as does what is handed over later; elements that this process reads
  /// itself, and threads of an `InProcessExecutor`, end the program (SIGBUS).
  /// - Parameters:
  ///   - path: a regular file, in the byte order of this machine.
  ///   - type: what its elements are; of all of these every bit pattern is a value.
  ///   - offset: bytes before the first element: a multiple of its alignment.
  ///   - count: the number of elements; nil is as many as follow the offset.
  /// - Throws: `FileMappingError` with the path and what to do; `ArenaError` when memory runs out, or inside a task.
  public func array<Element: VectorProgramScalar>(
    mapping path: String, of type: Element.Type = Element.self, offset: Int = 0, count: Int? = nil
  ) throws -> SharedArray<Element> {
    try mapped(path, type, offset, count)
  }

  /// Complex numbers in a file, the real part of each first, as an array without a copy; see the same of real ones.
  public func array<Part: ComplexPart>(
    mapping path: String, of type: ComplexElement<Part>.Type = ComplexElement<Part>.self,
    offset: Int = 0, count: Int? = nil
  ) throws -> SharedArray<ComplexElement<Part>> {
    try mapped(path, type, offset, count)
  }

  /// - Parameter type: one of whose elements any bytes are a value.
  private func mapped<Element: BitwiseCopyable & Sendable>(
    _ path: String, _ type: Element.Type, _ offset: Int, _ count: Int?
  ) throws -> SharedArray<Element> {
    let alignment = MemoryLayout<Element>.alignment
    guard offset >= 0, offset % alignment == 0 else {
      throw FileMappingError.misaligned(path: path, offset: offset, alignment: alignment)
    }
    if let count, count < 0 { throw ArenaError.invalidSize(bytes: count) }
    let elementBytes = MemoryLayout<Element>.stride
    guard
      let file = try FileMapping.open(path, from: offset, count: count, elementBytes: elementBytes)
    else { return try uninitializedArray(of: type, count: 0) }
    let block = try Arena.block(of: file) { byteCount throws(ArenaError) in
      try allocate(byteCount: byteCount)
    }
    return SharedArray(block: block, count: file.byteCount / elementBytes)
  }
}

/// - Throws: `FileMappingError.shortened` for a file whose bytes are not all there any more.
func checkIntact(_ blocks: some Sequence<ArenaBlock>) throws(FileMappingError) {
  for block in blocks { try block.checkIntact() }
}

/// - Throws: `KernelError.outputNotWritable` for a file.
func checkWritable(
  _ outputs: [JobOperand], _ name: @autoclosure () -> String
) throws(KernelError) {
  if let index = outputs.firstIndex(where: { $0.block.mapping != nil }) {
    throw .outputNotWritable(kernel: name(), output: index)
  }
}

/// The reason why a worker died, when that is a file that was shortened under it; else the error itself.
func blamingFiles(_ error: any Error, _ files: some Sequence<FileMapping>) -> any Error {
  guard error is WorkerDied || error is PoolError || error is TransferError else { return error }
  do throws(FileMappingError) {
    for file in files { try file.checkIntact() }
    return error
  } catch {
    return error
  }
}
