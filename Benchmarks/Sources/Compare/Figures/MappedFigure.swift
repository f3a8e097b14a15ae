import CPeers
import Echelon
import EchelonComparison
import Foundation

/// How fast the numbers of a large file are reduced, which no process holds.
extension Figures {
  /// The array of an NPY file, mapped anew each time, as who reads a file once does.
  static let mapped = Figure(
    name: "mapped-sum", title: "an NPY file of 8 GB, mapped and summed",
    rivalTitle: "C: the file mapped, a vector loop, as many threads",
    requirement: .ratio(atMost: 1 / 0.95)
  ) { setup in
    let pool = try pool(setup)
    let file = try LargeNPY(count: 1_000_000_000 / setup.shrink)
    // Also reads the file into the page cache, where it has room.
    let expected = peer_sum_mapped(file.path, file.offset)
    guard abs(expected - file.sum) <= 1e-9 * abs(file.sum) else {
      throw ComparisonError.rivalFailed("map \(file.path)")
    }
    let before = OwnMemory.byteCount(with: pool)
    return Contest(
      echelon: {
        var total = 0.0
        let time = try seconds {
          let x = try pool.array(mapping: file.path, of: Double.self, offset: file.offset)
          total = try pool.sum(x)
        }
        guard abs(total - expected) <= 1e-9 * abs(expected) else {
          throw ComparisonError.disagreement(figure: "mapped-sum", echelon: total, rival: expected)
        }
        let more = OwnMemory.byteCount(with: pool) - before
        guard more < 200_000_000 else { throw ComparisonError.tooMuchMemory(byteCount: more) }
        return time
      },
      rival: {
        var total = 0.0
        let time = seconds { total = peer_sum_mapped(file.path, file.offset) }
        guard total == expected else { throw ComparisonError.rivalFailed("repeat its own sum") }
        return time
      },
      end: {
        file.remove()
        pool.shutdown()
      })
  }
}

/// A file of doubles, x[i] = 1 / (1 + i mod 2²⁰).
private struct LargeNPY {
  let path = NSTemporaryDirectory() + "echelon-compare-\(getpid()).npy"
  let offset = 128
  let sum: Double

  init(count: Int) throws {
    let block = (0..<1 << 20).map { 1 / (1 + Double($0)) }
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(count),), }"
    let padded = header.padding(toLength: offset - 11, withPad: " ", startingAt: 0) + "\n"
    var start = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0])
    start += Data(padded.utf8)
    FileManager.default.createFile(atPath: path, contents: start)
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seekToEnd()
    var (left, sum) = (count, 0.0)
    while left > 0 {
      let length = min(left, block.count)
      try handle.write(contentsOf: block[..<length].withUnsafeBytes { Data($0) })
      sum += block[..<length].reduce(0, +)
      left -= length
    }
    try handle.close()
    self.sum = sum
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Memory of processes that is no file's.
private enum OwnMemory {
  /// Of this process and of a pool's workers; the pool's arena is shared by them, and counts once.
  static func byteCount(with pool: ProcessPool) -> Int {
    let own = fields(of: getpid())
    let workers = pool.workerProcessIDs.map { fields(of: $0).anonymous }
    return own.anonymous + own.shared + workers.reduce(0, +)
  }

  private static func fields(of process: pid_t) -> (anonymous: Int, shared: Int) {
    let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    func kilobytes(_ name: String) -> Int {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
    return (1024 * kilobytes("RssAnon:"), 1024 * kilobytes("RssShmem:"))
  }
}
