import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// An array in at most 64 parts, or fewer, which depend on its number of elements alone: for passes whose result for a part
/// is too large for one of 65,536 elements. What they do travels, and is made outside of generic code.
struct PartedArray: Sendable {
  let type: SortableType
  let bytes: SharedArray<UInt8>
  let count: Int

  private let partLimit: Int

  init<Element: SortableElement>(_ x: SharedArray<Element>, partLimit: Int = 64) {
    self.partLimit = partLimit
    type = Element.sortType
    bytes = x.bytes
    count = x.count
  }

  private var partLength: Int { max(65_536, (count + partLimit - 1) / partLimit) }
  var partCount: Int { count / partLength + (count % partLength == 0 ? 0 : 1) }

  private func range(ofPart part: Int) -> Range<Int> {
    part * partLength..<min(count, (part + 1) * partLength)
  }

  /// Counts, for each part, the elements between edges; then those below the first, above the last, and NaN.
  /// - Parameter counts: parts × (bins + 3).
  func binCounts(
    edges: SharedArray<Double>, into counts: SharedArray<Int>
  ) -> @Sendable (Int) -> Void {
    { [self] part in
      let width = edges.count + 2
      edges.withSpan { edges in
        counts[part * width..<(part + 1) * width].withMutableSpan { counts in
          for index in counts.indices { counts[index] = 0 }
          readElements(of: bytes, range(ofPart: part), type) { value in
            counts[bin(of: value, edges)] += 1
          }
        }
      }
    }
  }

  /// Adds up, for each part, the weights of the elements between edges; then of those below the first, above the
  /// last, and NaN.
  /// - Parameter sums: parts × (bins + 3).
  func binWeights(
    edges: SharedArray<Double>, _ weights: SharedArray<Double>,
    into sums: SharedArray<CompensatedSum>
  ) -> @Sendable (Int) -> Void {
    { [self] part in
      let width = edges.count + 2
      let range = range(ofPart: part)
      edges.withSpan { edges in
        weights[range].withSpan { weights in
          sums[part * width..<(part + 1) * width].withMutableSpan { sums in
            for index in sums.indices { sums[index] = CompensatedSum() }
            var next = 0
            readElements(of: bytes, range, type) { value in
              sums[bin(of: value, edges)].add(weights[next])
              next += 1
            }
          }
        }
      }
    }
  }

  /// The sketch of each part.
  func sketch(capacity: Int) -> @Sendable (Int) -> QuantileSketch {
    { [self] part in
      var sketch = QuantileSketch(capacity: capacity)
      readElements(of: bytes, range(ofPart: part), type) { sketch.add($0) }
      return sketch
    }
  }

  /// Counts, for each part, the elements by the sixteen highest bits of their keys.
  /// - Parameter counts: parts × 65,536.
  func prefixCounts(into counts: SharedArray<UInt32>) -> @Sendable (Int) -> Void {
    { [self] part in
      let shift = UInt64(prefixShift)
      counts[part << 16..<(part + 1) << 16].withMutableSpan { counts in
        for index in counts.indices { counts[index] = 0 }
        readKeys(of: bytes, range(ofPart: part), type, .ascending) { _, key in
          counts[Int(truncatingIfNeeded: key >> shift)] += 1
        }
      }
    }
  }

  /// Copies the elements whose keys have chosen highest bits, each part's to where it is told.
  /// - Parameters:
  ///   - isChosen: 65,536 flags.
  ///   - offsets: where each part's elements begin.
  func chosen(
    _ isChosen: SharedArray<UInt8>, _ offsets: SharedArray<Int>, into output: SharedArray<UInt8>
  ) -> @Sendable (Int) -> Void {
    { [self] part in
      let shift = UInt64(prefixShift)
      isChosen.withSpan { isChosen in
        var next = offsets[part]
        KernelScratch.withSpan(of: UInt64.self, count: 1024) { keys in
          var filled = 0
          readKeys(of: bytes, range(ofPart: part), type, .ascending) { _, key in
            guard isChosen[Int(truncatingIfNeeded: key >> shift)] != 0 else { return }
            keys[filled] = key
            filled += 1
            if filled == keys.count {
              write(keys.span, type, .ascending, into: output, from: next)
              next += filled
              filled = 0
            }
          }
          write(keys.span.extracting(0..<filled), type, .ascending, into: output, from: next)
        }
      }
    }
  }

  /// Writes the exact sum of each part.
  /// - Parameter words: parts × `ExactSum.wordCount`.
  func exactSums(into words: SharedArray<Int64>) -> @Sendable (Int) -> Void {
    { [self] part in
      var sum = ExactSum()
      readElements(of: bytes, range(ofPart: part), type) { sum.add($0) }
      for (index, word) in sum.words.enumerated() {
        words[part * ExactSum.wordCount + index] = word
      }
    }
  }

  /// Bits of a key below its sixteen highest.
  var prefixShift: Int {
    switch type {
    case .float64, .int64, .int: 48
    case .float32, .int32: 16
    case .uint8: 0
    }
  }
}

/// The bin between whose edges a number lies; the three numbers after the bins are below, above and NaN.
@inline(__always)
func bin(of value: Double, _ edges: Span<Double>) -> Int {
  let last = edges.count - 1
  if value.isNaN { return last + 2 }
  if value < edges[0] { return last }
  if value > edges[last] { return last + 1 }
  // By the width, and to the bit by the edges themselves.
  let width = (edges[last] - edges[0]) / Double(last)
  let guess = ((value - edges[0]) / width).rounded(.down)
  var bin = guess.isFinite ? min(last - 1, Int(guess)) : 0
  while bin > 0, value < edges[bin] { bin -= 1 }
  while bin < last - 1, value >= edges[bin + 1] { bin += 1 }
  return bin
}

/// Calls `body` with each element of a range of an array as a Double.
@inline(__always)
private func readElements(
  of bytes: SharedArray<UInt8>, _ range: Range<Int>, _ type: SortableType, _ body: (Double) -> Void
) {
  switch type {
  case .float64:
    bytes.view(as: Double.self)[range].withSpan { x in for i in x.indices { body(x[i]) } }
  case .float32:
    bytes.view(as: Float.self)[range].withSpan { x in for i in x.indices { body(Double(x[i])) } }
  case .int64, .int:
    bytes.view(as: Int64.self)[range].withSpan { x in for i in x.indices { body(Double(x[i])) } }
  case .int32:
    bytes.view(as: Int32.self)[range].withSpan { x in for i in x.indices { body(Double(x[i])) } }
  case .uint8: bytes[range].withSpan { x in for i in x.indices { body(Double(x[i])) } }
  }
}
