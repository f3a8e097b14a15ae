import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

// Expressions as closures that travel, made outside of generic code.

/// Writes the chunk's results one behind the other.
func chunkFunction(
  _ code: ComputationCode, _ sources: [LeafSource], _ type: VectorElementType, isMask: Bool
) -> ChunkFunction {
  ChunkFunction { chunk in
    let inputs = ChunkInputs(chunk: chunk, sources: sources)
    switch type {
    case .float64: chunk.run(VectorComputation(code: code), inputs, Double.self, isMask)
    case .float32: chunk.run(VectorComputation(code: code), inputs, Float.self, isMask)
    case .int64: chunk.run(VectorComputation(code: code), inputs, Int64.self, isMask)
    case .int32: chunk.run(VectorComputation(code: code), inputs, Int32.self, isMask)
    case .uint8: chunk.run(VectorComputation(code: code), inputs, UInt8.self, isMask)
    case .bool: preconditionFailure("no expression computes with Bool")
    }
  }
}

/// Writes the chunk's results where the elements of a view lie.
/// - Parameter target: as `ChunkMemory.scatter` takes it.
func scatteringFunction(
  _ code: ComputationCode, _ sources: [LeafSource], _ type: VectorElementType, isMask: Bool,
  into target: [Int]
) -> ChunkFunction {
  ChunkFunction { chunk in
    let inputs = ChunkInputs(chunk: chunk, sources: sources)
    switch type {
    case .float64: chunk.scatter(VectorComputation(code: code), inputs, Double.self, isMask, target)
    case .float32: chunk.scatter(VectorComputation(code: code), inputs, Float.self, isMask, target)
    case .int64: chunk.scatter(VectorComputation(code: code), inputs, Int64.self, isMask, target)
    case .int32: chunk.scatter(VectorComputation(code: code), inputs, Int32.self, isMask, target)
    case .uint8: chunk.scatter(VectorComputation(code: code), inputs, UInt8.self, isMask, target)
    case .bool: preconditionFailure("no expression computes with Bool")
    }
  }
}

/// Copies elements to where those of a view lie.
/// - Parameters:
///   - byteCount: of an element: 1, 4, 8 or, of two Doubles, 16.
///   - target: as `ChunkMemory.scatter` takes it.
func scatteringCopy(byteCount: Int, into target: [Int]) -> ChunkFunction {
  ChunkFunction { chunk in
    switch byteCount {
    case 16:
      chunk.withInput(0, of: ComplexElement<Double>.self) { chunk.scatter($0, into: target) { $0 } }
    case 8: chunk.withInput(0, of: UInt64.self) { chunk.scatter($0, into: target) { $0 } }
    case 4: chunk.withInput(0, of: UInt32.self) { chunk.scatter($0, into: target) { $0 } }
    case 1: chunk.withInput(0, of: UInt8.self) { chunk.scatter($0, into: target) { $0 } }
    default: preconditionFailure("no expression has elements of \(byteCount) bytes")
    }
  }
}

extension ChunkMemory {
  fileprivate func run<Element: VectorProgramScalar & Numeric>(
    _ computation: VectorComputation, _ inputs: ChunkInputs, _ type: Element.Type, _ isMask: Bool
  ) {
    guard isMask else {
      return withOutput(of: type) { output in computation.run(into: &output, inputs: inputs) }
    }
    KernelScratch.withSpan(of: type, count: count) { truths in
      computation.run(into: &truths, inputs: inputs)
      withOutput(of: Bool.self) { output in
        for index in output.indices { output[index] = truths[index] != 0 }
      }
    }
  }

  fileprivate func scatter<Element: VectorProgramScalar & Numeric>(
    _ computation: VectorComputation, _ inputs: ChunkInputs, _ type: Element.Type, _ isMask: Bool,
    _ target: [Int]
  ) {
    KernelScratch.withSpan(of: type, count: count) { results in
      computation.run(into: &results, inputs: inputs)
      if isMask {
        scatter(results.span, into: target) { $0 != 0 }
      } else {
        scatter(results.span, into: target) { $0 }
      }
    }
  }
}
