import EchelonKernels
import EchelonMemory
import EchelonRandom
import Glibc
import Testing

@Suite struct `Every kernel` {
  static let counts = [0, 1, 2, 63, 64, 65, 1000, 65_535, 65_536, 65_537, 200_001]

  @Test(arguments: KernelCatalog.all, counts)
  func `agrees with its reference on edge counts`(_ kernel: Kernel, count: Int) throws {
    try withCall(of: kernel, count: count, seed: 7) { call in
      let partial = call.run()
      let observed = kernel.oracle.observed(call, partial)
      let expected = kernel.oracle.expected(call)
      let tolerance = kernel.oracle.tolerance(call)
      try #require(observed.count == expected.count && tolerance.count == expected.count)
      for index in expected.indices {
        let difference = abs(observed[index] - expected[index])
        #expect(
          observed[index] == expected[index] || difference <= tolerance[index],
          "result \(index): \(observed[index]), not \(expected[index]), seed 7")
      }
    }
  }

  @Test(arguments: KernelCatalog.all)
  func `gives the same bits whatever the order in which chunks run`(_ kernel: Kernel) throws {
    try withCall(of: kernel, count: 400_001, seed: 11) { call in
      let chunks = call.plan.chunkCount
      #expect(chunks > 1, "one chunk would prove nothing")
      let inOrder = call.run()
      let answer = kernel.oracle.observed(call, inOrder).map(\.bitPattern)
      for order in [Array((0..<chunks).reversed()), shuffled(chunks, seed: 3)] {
        var partials = [KernelPartial](repeating: KernelPartial(), count: chunks)
        for chunk in order { partials[chunk] = call.run(chunk: chunk) }
        // A chunk that is run again, as after a worker died in it, changes nothing.
        partials[0] = call.run(chunk: 0)
        let merged = kernel.mergeTree(partials.span)
        #expect(merged == inOrder)
        #expect(kernel.oracle.observed(call, merged).map(\.bitPattern) == answer)
      }
    }
  }

  @Test func `is compared on data whose naive sum depends on the order`() {
    let x: [Double] = mixedMagnitudes(count: 400_001, seed: 11)
    #expect(x.reduce(0, +) != x.reversed().reduce(0, +))
  }

  @Test(arguments: KernelCatalog.all)
  func `plans from the shape and refuses other operands`(_ kernel: Kernel) throws {
    let other: ElementType = kernel.elementType == .float64 ? .float32 : .float64
    let right = OperandLayout(vectorOf: kernel.elementType, count: 1)
    let wrong = OperandLayout(vectorOf: other, count: 1)
    func shape(_ layout: OperandLayout) -> KernelShape {
      KernelShape(
        inputs: Array(repeating: layout, count: kernel.inputCount),
        outputs: Array(repeating: layout, count: kernel.outputCount))
    }
    #expect(try kernel.plan(for: shape(right)).chunkCount == 1)
    #expect(throws: KernelError.self) { try kernel.plan(for: shape(wrong)) }
    #expect(throws: KernelError.self) { try kernel.plan(for: KernelShape(inputs: [])) }
    #expect(kernel.cost(of: shape(right)).bytesMoved > 0)
    #expect(kernel.cost(of: shape(right)).operations > 0)
  }

  private func shuffled(_ count: Int, seed: UInt64) -> [Int] {
    var rng = PhiloxGenerator(seed: seed, index: 0)
    return (0..<count).shuffled(using: &rng)
  }
}

@Suite struct `The catalog` {
  @Test func `lists every file of its folder`() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let path = "/\(folder)/Sources/EchelonKernels/Catalog"
    guard let directory = unsafe opendir(path) else {
      Issue.record("no folder \(path)")
      return
    }
    defer { unsafe closedir(directory) }
    var files = 0
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(".swift") { files += 1 }
    }
    #expect(files == KernelCatalog.families.count)
  }

  @Test func `has one number and one name for each kernel`() {
    let all = KernelCatalog.all
    #expect(Set(all.map(\.id)).count == all.count)
    #expect(Set(all.map(\.description)).count == all.count)
    for kernel in all { #expect(KernelCatalog.kernel(id: kernel.id)?.description == "\(kernel)") }
    #expect(KernelCatalog.kernel(id: 0) == nil)
  }

  /// Numbers are written into shared memory and journals: this list may only grow.
  @Test func `never renumbers a kernel`() {
    let numbers = KernelCatalog.all.map { "\($0.id) \($0)" }
    #expect(
      numbers == [
        "257 sum (float64)", "258 sum (float32)", "513 dot (float64)", "514 dot (float32)",
        "769 minimum (float64)", "770 minimum (float32)", "1025 maximum (float64)",
        "1026 maximum (float32)", "1281 mean-variance (float64)", "1282 mean-variance (float32)",
        "1537 matrix-product (float64)", "1538 matrix-product (float32)",
        "1793 product (float64)", "1794 product (float32)", "2049 higher-moments (float64)",
        "2050 higher-moments (float32)", "2305 minimum-position (float64)",
        "2306 minimum-position (float32)", "2561 maximum-position (float64)",
        "2562 maximum-position (float32)",
      ])
  }
}

@Suite struct `A partial result` {
  @Test func `is one cache line and keeps every bit`() {
    #expect(MemoryLayout<KernelPartial>.size == 64 && MemoryLayout<KernelPartial>.stride == 64)
    var line = KernelPartial()
    let nan = Double(bitPattern: 0x7ff8_dead_beef_0001)
    line[double: 0] = nan
    line[integer: 7] = -5
    line[word: 3] = .max
    #expect(line[double: 0].bitPattern == nan.bitPattern)
    #expect(line[integer: 7] == -5 && line[word: 3] == .max && line[word: 1] == 0)
    #expect(line != KernelPartial())
  }

  @Test func `is merged in a tree that depends on the number of chunks alone`() {
    // A kernel whose merge is not associative writes its own tree into the answer.
    let sum = Reduction<Double>.sum.kernel
    let chunks = [1e16, 1, -1e16, 1, 1].map { value in
      var partial = KernelPartial()
      partial[double: 0] = value
      return partial
    }
    #expect(sum.mergeTree(chunks.span)[double: 0] == ((1e16 + 1) + -1e16) + (1 + 1))
    #expect(sum.mergeTree([KernelPartial]().span) == sum.identity)
  }
}

@Suite struct `A plan` {
  @Test(arguments: [0, 1, 9, 10, 11, 99])
  func `covers every element once`(count: Int) {
    let plan = ChunkPlan.runs(count: count, length: 10)
    #expect((0..<plan.chunkCount).flatMap { plan.elements(ofChunk: $0) } == Array(0..<count))
  }

  @Test func `covers every tile once`() {
    let plan = ChunkPlan.tiles(rows: 7, columns: 11, tileRows: 3, tileColumns: 4)
    var seen: [Int] = []
    for chunk in 0..<plan.chunkCount {
      let (rows, columns) = plan.tile(ofChunk: chunk)
      for i in rows { for j in columns { seen.append(i * 11 + j) } }
    }
    #expect(plan.chunkCount == 9 && seen.sorted() == Array(0..<77))
    #expect(ChunkPlan.tiles(rows: 0, columns: 5, tileRows: 3, tileColumns: 4).chunkCount == 0)
  }
}
