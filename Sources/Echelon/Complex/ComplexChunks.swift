import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

// Complex expressions as closures that travel, made outside of generic code.

/// Writes the chunk's results one behind the other.
/// - Parameter codes: of the real and of the imaginary parts.
func complexChunkFunction(
  _ codes: [ComputationCode], _ sources: [LeafSource], _ type: VectorElementType
) -> ChunkFunction {
  ChunkFunction { chunk in
    let inputs = ChunkInputs(chunk: chunk, sources: sources)
    let (real, imaginary) = (VectorComputation(code: codes[0]), VectorComputation(code: codes[1]))
    switch type {
    case .float64: chunk.run(real, imaginary, inputs, Double.self)
    case .float32: chunk.run(real, imaginary, inputs, Float.self)
    case .int64, .int32, .uint8, .bool: preconditionFailure("no complex numbers of \(type)")
    }
  }
}

/// Writes the chunk's results where the elements of a view lie.
/// - Parameters:
///   - codes: of the real and of the imaginary parts.
///   - target: as `ChunkMemory.scatter` takes it.
func complexScatteringFunction(
  _ codes: [ComputationCode], _ sources: [LeafSource], _ type: VectorElementType,
  into target: [Int]
) -> ChunkFunction {
  ChunkFunction { chunk in
    let inputs = ChunkInputs(chunk: chunk, sources: sources)
    let (real, imaginary) = (VectorComputation(code: codes[0]), VectorComputation(code: codes[1]))
    switch type {
    case .float64: chunk.scatter(real, imaginary, inputs, Double.self, target)
    case .float32: chunk.scatter(real, imaginary, inputs, Float.self, target)
    case .int64, .int32, .uint8, .bool: preconditionFailure("no complex numbers of \(type)")
    }
  }
}

extension ChunkMemory {
  fileprivate func run<Part: ComplexPart>(
    _ real: VectorComputation, _ imaginary: VectorComputation, _ inputs: ChunkInputs,
    _ type: Part.Type
  ) {
    withParts(real, imaginary, inputs, type) { x, y in
      withOutput(of: ComplexElement<Part>.self) { output in
        for index in output.indices { output[index] = ComplexElement(x[index], y[index]) }
      }
    }
  }

  fileprivate func scatter<Part: ComplexPart>(
    _ real: VectorComputation, _ imaginary: VectorComputation, _ inputs: ChunkInputs,
    _ type: Part.Type, _ target: [Int]
  ) {
    withParts(real, imaginary, inputs, type) { x, y in
      KernelScratch.withSpan(of: ComplexElement<Part>.self, count: count) { results in
        for index in results.indices { results[index] = ComplexElement(x[index], y[index]) }
        scatter(results.span, into: target) { $0 }
      }
    }
  }

  /// Both parts of the chunk's results, in memory that stays in the cache.
  private func withParts<Part: ComplexPart>(
    _ real: VectorComputation, _ imaginary: VectorComputation, _ inputs: ChunkInputs,
    _ type: Part.Type, _ body: (Span<Part>, Span<Part>) -> Void
  ) {
    KernelScratch.withSpan(of: type, count: count) { x in
      real.run(into: &x, inputs: inputs)
      let x = x.span
      KernelScratch.withSpan(of: type, count: count) { y in
        imaginary.run(into: &y, inputs: inputs)
        body(x, y.span)
      }
    }
  }
}
