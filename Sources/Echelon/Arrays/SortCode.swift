import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
import EchelonWire

/// The passes of a sort as closures that travel, made outside of generic code.
struct SortCode: Sendable {
  let type: SortableType
  let order: SortDirection
  let count: Int
  /// Where the result goes, or what is looked at.
  let output: SharedArray<UInt8>

  /// Elements of one run: 1 MiB of keys, which stay in a core's cache with the room to sort them.
  static let runLength = 65_536
  var runLength: Int { Self.runLength }
  var runCount: Int { Self.runCount(of: count) }
  static func runCount(of count: Int) -> Int { count / runLength + (count % runLength == 0 ? 0 : 1) }

  /// Writes the keys of a run, sorted by their bits from one on.
  func keys(from lowestBit: Int) -> ChunkFunction {
    let (type, order) = (type, order)
    return ChunkFunction { chunk in
      chunk.withOutput(of: UInt64.self) { keys in
        chunk.forEachSortKey(type, order) { index, key in keys[index] = key }
        KernelScratch.withSpan(of: UInt64.self, count: keys.count) { spare in
          radixSort(&keys, spare: &spare, from: lowestBit)
        }
      }
    }
  }

  /// Writes the keys of a run, those between two splitters together.
  func keys(partedAt splitters: SharedArray<UInt64>) -> ChunkFunction {
    let (type, order) = (type, order)
    return ChunkFunction { chunk in
      chunk.withOutput(of: UInt64.self) { keys in
        chunk.forEachSortKey(type, order) { index, key in keys[index] = key }
        if splitters.withSpan({ part(&keys, by: $0) }) { return }
        // This worker has been told to use another instruction set: what is sorted is parted as well.
        KernelScratch.withSpan(of: UInt64.self, count: keys.count) { spare in
          radixSort(&keys, spare: &spare)
        }
      }
    }
  }

  /// Writes the keys of a run, sorted by their bits from one on, and where they were.
  func indexedKeys(from lowestBit: Int) -> ChunkFunction {
    let (type, order) = (type, order)
    return ChunkFunction { chunk in
      chunk.withOutput(of: IndexedKey.self) { keys in
        chunk.forEachSortKey(type, order) { index, key in
          keys[index] = IndexedKey(key: key, index: chunk.start + index)
        }
        KernelScratch.withSpan(of: IndexedKey.self, count: keys.count) { spare in
          radixSort(&keys, spare: &spare, from: lowestBit)
        }
      }
    }
  }

  /// Puts together the elements between two splitters.
  func piece(
    _ keys: SharedArray<UInt64>, _ splitters: SharedArray<UInt64>, from lowestBit: Int
  ) -> @Sendable (Int) -> Void {
    let (type, order, output) = (type, order, output)
    return { piece in
      withPiece(piece, of: keys, splitters, from: lowestBit) { start, keys in
        write(keys, type, order, into: output, from: start)
      }
    }
  }

  /// Puts together the positions of the elements between two splitters.
  func indexPiece(
    _ keys: SharedArray<IndexedKey>, _ splitters: SharedArray<UInt64>, from lowestBit: Int
  ) -> @Sendable (Int) -> Void {
    let output = output
    return { piece in
      withPiece(piece, of: keys, splitters, from: lowestBit) { start, keys in
        output.view(as: Int.self).withMutableSpan { output in
          for index in keys.indices { output[start + index] = keys[index].index }
        }
      }
    }
  }

  /// Writes the first keys of a run, which is at most that long; what is missing has the position -1.
  func best(_ kept: Int, into best: SharedArray<IndexedKey>) -> @Sendable (Int) -> Void {
    let (type, order, input, count, runLength) = (type, order, output, count, runLength)
    return { run in
      let range = run * runLength..<min(count, (run + 1) * runLength)
      KernelScratch.withSpan(of: IndexedKey.self, count: range.count) { keys in
        readKeys(of: input, range, type, order) { index, key in
          keys[index] = IndexedKey(key: key, index: range.lowerBound + index)
        }
        KernelScratch.withSpan(of: IndexedKey.self, count: range.count) { spare in
          radixSort(&keys, spare: &spare)
        }
        best.withMutableSpan { best in
          for index in 0..<kept {
            best[run * kept + index] =
              index < keys.count ? keys[index] : IndexedKey(key: .max, index: -1)
          }
        }
      }
    }
  }
}

/// Lends the sorted records between two splitters, in one part or several, and how many come before them.
private func withPiece<Record: SortRecord>(
  _ piece: Int, of keys: SharedArray<Record>, _ splitters: SharedArray<UInt64>, from lowestBit: Int,
  _ body: (Int, Span<Record>) -> Void
) {
  keys.withSpan { keys in
    splitters.withSpan { splitters in
      var start = 0
      var ranges: [Range<Int>] = []
      for run in stride(from: 0, to: keys.count, by: SortCode.runLength) {
        let all = run..<min(keys.count, run + SortCode.runLength)
        let lower =
          piece == 0
          ? all.lowerBound
          : firstIndex(in: keys, all, notBelow: splitters[piece - 1], from: lowestBit)
        let upper =
          piece == splitters.count
          ? all.upperBound : firstIndex(in: keys, all, notBelow: splitters[piece], from: lowestBit)
        start += lower - all.lowerBound
        ranges.append(lower..<upper)
      }
      let count = ranges.reduce(0) { $0 + $1.count }
      if count > 4 * SortCode.runLength, areEqual(ranges, keys) {
        for range in ranges {
          body(start, keys.extracting(range))
          start += range.count
        }
        return
      }
      KernelScratch.withSpan(of: Record.self, count: count) { gathered in
        var next = 0
        for range in ranges {
          for index in range {
            gathered[next] = keys[index]
            next += 1
          }
        }
        KernelScratch.withSpan(of: Record.self, count: count) { spare in
          Record.sort(&gathered, spare: &spare, from: 0)
        }
        body(start, gathered.span)
      }
    }
  }
}

/// Whether the keys of all these records are the same.
private func areEqual<Record: SortRecord>(_ ranges: [Range<Int>], _ keys: Span<Record>) -> Bool {
  guard let first = ranges.first(where: { !$0.isEmpty })?.lowerBound else { return true }
  let key = keys[first].key
  return ranges.allSatisfy { range in range.allSatisfy { keys[$0].key == key } }
}

private func firstIndex<Record: SortRecord>(
  in keys: Span<Record>, _ range: Range<Int>, notBelow key: UInt64, from lowestBit: Int
) -> Int {
  var (low, high) = (range.lowerBound, range.upperBound)
  while low < high {
    let middle = (low + high) / 2
    if keys[middle].key >> UInt64(lowestBit) < key { low = middle + 1 } else { high = middle }
  }
  return low
}
