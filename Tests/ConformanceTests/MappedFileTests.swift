import Echelon
import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import Foundation
import TestSupport
import Testing

/// A file that goes with the test.
private final class TestFile: Sendable {
  let path = "/tmp/echelon-test-\(UInt64.random(in: 0 ..< .max)).bin"

  init<Element: BitwiseCopyable>(_ elements: [Element], after lead: Int = 0) throws {
    let data = unsafe elements.withUnsafeBytes { unsafe Data($0) }
    try (Data(repeating: 0xEE, count: lead) + data).write(to: URL(fileURLWithPath: path))
  }

  /// Puts another file in the place of this one.
  func replace(by elements: [Double]) throws {
    let other = try TestFile(elements)
    guard rename(other.path, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  deinit { unlink(path) }
}

@Sendable private func total(_ x: SharedArray<Double>) -> Double {
  x.withSpan { x in x.indices.reduce(0) { $0 + x[$1] } }
}

@Sendable private func part(_ x: SharedArray<Double>, _ count: Int) -> SharedArray<Double> {
  x[1..<count]
}

@Sendable private func totalLater(_ x: SharedArray<Double>, _ latch: Latch) -> Double {
  latch.pass()
  return total(x)
}

private func openDescriptors() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}

@Suite(.timeLimit(.minutes(10))) struct `An array of a file` {
  @Test(arguments: TestedExecutor.allCases, [0, 1, 2, 63, 64, 65, 511, 513, 65_537, 300_007])
  func `has its numbers, wherever an array can be`(_ kind: TestedExecutor, _ count: Int) throws {
    let pool = kind.shared
    let seed = testSeed()
    let numbers: [Double] = mixedMagnitudes(count: count, seed: seed)
    let file = try TestFile(numbers)
    let x = try pool.array(mapping: file.path, of: Double.self)
    let y = try pool.array(numbers)
    #expect(Array(x) == numbers)
    #expect(try pool.sum(x) == pool.sum(y))
    #expect(try Array(pool.evaluate(x * 2 + y)) == Array(pool.evaluate(y * 2 + y)))
    #expect(try Array(pool.map(x) { $0 * $0 }) == numbers.map { $0 * $0 })
    #expect(try Array(pool.sorted(x)) == Array(pool.sorted(y)))
    #expect(try Array(pool.cumulativeSum(x)) == Array(pool.cumulativeSum(y)))
    #expect(try pool.exactSum(x) == pool.exactSum(y))
    #expect(try pool.submit(total, x).result() == total(y))
    #expect(try pool.submit { total(x) }.result() == total(y))
    let every = (try pool.evaluate(x.strided(by: 3) - 1), try pool.evaluate(y.strided(by: 3) - 1))
    #expect(Array(every.0) == Array(every.1))
    guard count > 3 else { return }
    #expect(try pool.sum(x[1..<count - 1]) == pool.sum(y[1..<count - 1]))
    #expect(
      try pool.dot(x[1..<count], y[0..<count - 1]) == pool.dot(y[1..<count], y[0..<count - 1]))
    // A handle that comes back is the same array.
    let returned = try pool.submit(part, x, count).result()
    #expect(returned.block === x.block && Array(returned) == Array(numbers[1...]))
  }

  @Test(arguments: TestedExecutor.allCases, [0, 8, 4096, 12_296])
  func `begins and ends where it is told, in every type`(_ kind: TestedExecutor, _ lead: Int) throws
  {
    let pool = kind.shared
    let seed = testSeed()
    func check<T: SortableElement & Equatable>(_ type: T.Type) throws {
      var random = TestRandom(seed: seed)
      let elements = (0..<5_003).map { _ in T(nearest: Int64(random.next() % 251)) }
      let file = try TestFile(elements, after: lead)
      let all = try pool.array(mapping: file.path, of: type, offset: lead)
      #expect(Array(all) == elements)
      let some = try pool.array(
        mapping: file.path, of: type, offset: lead + 8 * MemoryLayout<T>.stride, count: 4_001)
      #expect(Array(some) == Array(elements[8..<4_009]))
      #expect(
        try Array(pool.sorted(some)) == elements[8..<4_009].sorted { $0.sortKey < $1.sortKey })
      #expect(try pool.array(mapping: file.path, of: type, offset: lead, count: 0).isEmpty)
    }
    try check(Double.self)
    try check(Float.self)
    try check(Int.self)
    try check(Int64.self)
    try check(Int32.self)
    try check(UInt8.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of complex numbers has the real part of each first`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let file = try TestFile((0..<2_002).map { Float($0) }, after: 8)
    let z = try pool.array(mapping: file.path, of: ComplexElement<Float>.self, offset: 8)
    #expect(z.count == 1_001 && z[500].real == 1000 && z[500].imaginary == 1001)
    let half = try pool.evaluate(z / 2)
    #expect(half[1_000].real == 1000 && half[1_000].imaginary == 1000.5)
    let identity = try pool.identityMatrix(of: ComplexElement<Float>.self, size: 3)
    #expect(identity[2, 2] == ComplexElement(1, 0) && identity[0, 2] == ComplexElement(0, 0))
    #expect(throws: FileMappingError.self) {
      try pool.array(mapping: file.path, of: ComplexElement<Double>.self, offset: 4)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is refused with the path and what to do`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let file = try TestFile([1.0, 2, 3], after: 4)
    func failure(_ path: String, _ offset: Int = 0, _ count: Int? = nil) -> FileMappingError? {
      #expect(throws: FileMappingError.self) {
        try pool.array(mapping: path, of: Double.self, offset: offset, count: count)
      }
    }
    let missing = failure(file.path + "x")
    #expect("\(missing, default: "")".contains("No such file"))
    let folder = failure("/tmp")
    #expect("\(folder, default: "")".contains("Is a directory"))
    #expect(
      failure("/dev/null") == .cannotOpen(path: "/dev/null", reason: "it is no regular file"))
    #expect(
      failure(file.path) == .unevenLength(path: file.path, byteCount: 28, elementBytes: 8))
    #expect(failure(file.path, 4) == .misaligned(path: file.path, offset: 4, alignment: 8))
    #expect(failure(file.path, -8) == .misaligned(path: file.path, offset: -8, alignment: 8))
    #expect(failure(file.path, 8, 3) == .tooShort(path: file.path, neededBytes: 32, foundBytes: 28))
    #expect(failure(file.path, 64) == .tooShort(path: file.path, neededBytes: 64, foundBytes: 28))
    #expect(
      failure(file.path, 8, .max) == .tooShort(path: file.path, neededBytes: .max, foundBytes: 28))
    #expect(throws: ArenaError.invalidSize(bytes: -1)) {
      try pool.array(mapping: file.path, of: Double.self, count: -1)
    }
    // Root may read any file but this one, which can be written only.
    let forbidden = getuid() == 0 ? "/proc/sys/vm/drop_caches" : file.path
    if getuid() != 0 { chmod(file.path, 0) }
    #expect("\(failure(forbidden), default: "")".contains("Permission denied"))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is no output`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let file = try TestFile([3.0, 1, 2, 5])
    let x = try pool.array(mapping: file.path, of: Double.self)
    let y = try pool.array([1.0, 2, 3, 4])
    #expect(throws: KernelError.self) { try pool.evaluate(y + 1, into: x) }
    #expect(throws: KernelError.self) { try pool.evaluate(x + 1, into: x) }
    #expect(throws: KernelError.self) { try pool.evaluate(y[0..<2] + 1, into: x.strided(by: 2)) }
    #expect(throws: KernelError.self) {
      try pool.evaluate(x.strided(by: 2) + 1, into: x.strided(by: 2))
    }
    #expect(throws: KernelError.self) { try pool.map(y, into: x) { $0 + 1 } }
    #expect(throws: KernelError.self) { try pool.sorted(y, into: x) }
    #expect(throws: KernelError.self) { try pool.sorted(x, into: x) }
    #expect(throws: KernelError.self) { try pool.sorted(y[0..<2], into: x.strided(by: 2)) }
    let (m, n) = (x.reshaped(rows: 2, columns: 2), y.reshaped(rows: 2, columns: 2))
    let error = #expect(throws: KernelError.self) { try pool.multiply(n, n, into: m) }
    #expect("\(error, default: "")".contains("read-only"))
    #expect(try pool.multiply(m, n)[0, 0] == 6)
    #expect(Array(x) == [3, 1, 2, 5])
  }

  @Test(arguments: TestedExecutor.allCases)
  func `stays that of the file, also when its path leads to another or to none`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2)
    let file = try TestFile((0..<1000).map { Double($0) })
    let x = try pool.array(mapping: file.path, of: Double.self)
    try file.replace(by: [1, 2, 3])
    #expect(try pool.sum(x) == 499_500)
    let y = try pool.array(mapping: file.path, of: Double.self)
    #expect(try pool.sum(y) == 6)
    unlink(file.path)
    // A worker that has not seen it before.
    if let pool = pool as? ProcessPool {
      for worker in pool.workerProcessIDs { kill(worker, SIGKILL) }
    }
    #expect(try pool.submit(retries: 5, total, y).result() == 6)
    #expect(try pool.sum(x) == 499_500)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `takes no memory of the pool, and gives back what it takes`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    try pool.warmUp()
    let file = try TestFile([Double](repeating: 0.5, count: 1_000_000))
    #expect(try pool.sum(pool.array(mapping: file.path, of: Double.self)) == 500_000)
    let (before, descriptors) = (pool.memoryUsage.usedBytes, try openDescriptors())
    for _ in 0..<50 {
      let x = try pool.array(mapping: file.path, of: Double.self)
      #expect(pool.memoryUsage.usedBytes <= before + 4096)
      #expect(try pool.sum(x) == 500_000)
    }
    try eventually("nothing is left") {
      try pool.memoryUsage.usedBytes <= before && openDescriptors() <= descriptors + 5
    }
    if let pool = pool as? ProcessPool {
      // Many at once, of which workers keep none when they are gone and another one comes.
      for future in try pool.broadcast({
        [many = try (0..<5).map { _ in try pool.array(mapping: file.path, of: Double.self) }] in
        many.reduce(0) { $0 + total($1) }
      }) { _ = try future.result() }
      let last = try pool.array(mapping: file.path, of: Double.self)
      for future in try pool.broadcast(total, last) { #expect(try future.result() == 500_000) }
      for worker in pool.workerProcessIDs {
        let maps = try String(contentsOfFile: "/proc/\(worker)/maps", encoding: .utf8)
        #expect(maps.split(separator: "\n").count { $0.contains(file.path) } <= 1)
      }
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `that was shortened is refused by its name`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let file = try TestFile([Double](repeating: 1, count: 10_000))
    let x = try pool.array(mapping: file.path, of: Double.self)
    #expect(try pool.sum(x) == 10_000)
    truncate(file.path, 8_000)
    let expected = FileMappingError.shortened(
      path: file.path, neededBytes: 80_000, foundBytes: 8_000)
    #expect(throws: expected) { try pool.sum(x) }
    #expect(throws: expected) { try pool.evaluate(x + 1) }
    #expect(throws: expected) { try pool.map(x) { $0 + 1 } }
    #expect(throws: expected) { try pool.sorted(x) }
    #expect(throws: expected) { try pool.median(x) }
    #expect(throws: expected) { try pool.submit(total, x).result() }
    #expect(throws: expected) { try pool.submit { total(x) }.result() }
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 that is shortened under a task ends that task alone`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(2)
    let file = try TestFile([7] + [Double](repeating: 1, count: 99_999))
    let x = try pool.array(mapping: file.path, of: Double.self)
    let latch = try Latch(in: pool)
    let task = try pool.submit(totalLater, x, latch)
    let job = try pool.startMap(x) { value in
      if value == 7 { latch.pass() }
      return value + 1
    }
    _ = try latch.arrived(2)
    truncate(file.path, 0)
    latch.open()
    let expected = FileMappingError.shortened(
      path: file.path, neededBytes: 800_000, foundBytes: 0)
    #expect(throws: expected) { try task.result() }
    #expect(throws: expected) { try job.result() }
    // The pool goes on, and so do other arrays.
    let y = try pool.array(repeating: 2.0, count: 100_000)
    #expect(try pool.sum(y) == 200_000)
    #expect(pool.statistics.deaths >= 2)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `has the same bits for any number of workers`(_ kind: TestedExecutor) throws {
    let file = try TestFile(mixedMagnitudes(count: 300_007, seed: testSeed()) as [Double])
    var bits: [[UInt64]] = []
    for workers in [1, 2, 3, 7] {
      let pool = try kind.makePool(workers)
      let x = try pool.array(mapping: file.path, of: Double.self)
      bits.append(
        [try pool.sum(x).bitPattern] + Array(try pool.evaluate(sin(x))).map(\.bitPattern))
      pool.shutdown()
    }
    #expect(bits.dropFirst().allSatisfy { $0 == bits[0] })
  }
}
