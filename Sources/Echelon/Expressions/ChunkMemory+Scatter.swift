import EchelonMemory

extension ChunkMemory {
  /// Puts the chunk's results where the elements of a view lie, in row-major order.
  /// - Parameters:
  ///   - results: as many as the chunk has elements.
  ///   - target: elements in a row of the view, elements of memory from a row and from a column to the next, and
  ///     from the first to one past the last: numbers, since they travel in closures.
  @inline(__always)
  func scatter<Source: BitwiseCopyable, Target: BitwiseCopyable>(
    _ results: Span<Source>, into target: [Int], _ convert: (Source) -> Target
  ) {
    guard count > 0 else { return }
    let (columns, rowStride, columnStride, extent) = (target[0], target[1], target[2], target[3])
    withWholeOutput(of: Target.self, count: extent) { output in
      var (row, column) = start.quotientAndRemainder(dividingBy: columns)
      var done = 0
      while done < results.count {
        let length = min(columns - column, results.count - done)
        let first = row * rowStride + column * columnStride
        for index in 0..<length {
          output[first + index * columnStride] = convert(results[done + index])
        }
        done += length
        row += 1
        column = 0
      }
    }
  }
}

extension LeafLayout {
  /// As `ChunkMemory.scatter` takes it.
  var scatterNumbers: [Int] { [columns, rowStride, columnStride, extent] }
}
