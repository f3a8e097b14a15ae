import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonRandom
import Testing

@Suite struct `The matrix product` {
  static let sizes = [0, 1, 2, 3, 5, 17, 64, 65, 130]

  /// Views over a memory with one spare element per row and column.
  static func views(_ rows: Int, _ columns: Int) -> [(name: String, view: MatrixView)] {
    [
      ("row-major", MatrixView(rows: rows, columns: columns)),
      ("column-major", MatrixView(rows: columns, columns: rows).transposed),
      ("padded", MatrixView(rows: rows, columns: columns, rowStride: columns + 3)),
      (
        "strided",
        MatrixView(rows: rows, columns: columns, rowStride: 2 * columns + 1, columnStride: 2)
      ),
    ]
  }

  @Test(arguments: sizes)
  func `agrees with three loops for every layout`(size: Int) throws {
    try compare(m: size, k: size / 2 + 1, n: max(0, size - 1), Double.self)
    try compare(m: max(0, size - 1), k: size, n: size + 1, Float.self)
  }

  private func compare<Element: KernelElement>(
    m: Int, k: Int, n: Int, _ type: Element.Type
  ) throws {
    for (aName, aView) in Self.views(m, k) {
      for (bName, bView) in Self.views(k, n) {
        for (cName, cView) in Self.views(m, n) {
          let a: [Element] = uniform(aView.extent, seed: 1)
          let b: [Element] = uniform(bView.extent, seed: 2)
          var c = [Element](repeating: .nan, count: cView.extent + 1)
          var span = c.mutableSpan
          try multiply(a.span, aView, b.span, bView, into: &span, cView)
          var worst = 0.0
          for i in 0..<m {
            for j in 0..<n {
              var (expected, magnitude) = (0.0, 0.0)
              for l in 0..<k {
                let x = Double(a[i * aView.rowStride + l * aView.columnStride])
                let y = Double(b[l * bView.rowStride + j * bView.columnStride])
                expected += x * y
                magnitude += abs(x * y)
              }
              let difference = abs(
                Double(c[i * cView.rowStride + j * cView.columnStride]) - expected)
              let bound = Double(k + 2) * Double(Element.ulpOfOne) * magnitude
              worst = max(worst, difference.isNaN ? .infinity : difference - bound)
            }
          }
          #expect(worst <= 0, "\(aName) × \(bName) → \(cName), seeds 1, 2")
          #expect(c[cView.extent].isNaN, "wrote past the end")
          #expect(
            c.count { !$0.isNaN } == m * n, "\(aName) × \(bName) → \(cName) wrote into a gap")
        }
      }
    }
  }

  private func uniform<Element: KernelElement>(_ count: Int, seed: UInt64) -> [Element] {
    (0..<count).map { index in
      var rng = PhiloxGenerator(seed: seed, index: UInt64(index))
      return Element(2 * rng.uniform() - 1)
    }
  }

  @Test func `of an empty inner dimension is zero`() throws {
    var c = [1.0, 2, 3, 4]
    var span = c.mutableSpan
    let none: [Double] = []
    try multiply(
      none.span, MatrixView(rows: 2, columns: 0), none.span, MatrixView(rows: 0, columns: 2),
      into: &span, MatrixView(rows: 2, columns: 2))
    #expect(c == [0, 0, 0, 0])
  }

  @Test func `refuses shapes that do not fit`() {
    let x = [Double](repeating: 1, count: 6)
    func error(_ a: MatrixView, _ b: MatrixView, _ c: MatrixView) -> LinearAlgebraError? {
      var result = [Double](repeating: 0, count: 6)
      var span = result.mutableSpan
      do {
        try multiply(x.span, a, x.span, b, into: &span, c)
        return nil
      } catch { return error }
    }
    let (a, b) = (MatrixView(rows: 2, columns: 3), MatrixView(rows: 3, columns: 2))
    let c = MatrixView(rows: 2, columns: 2)
    #expect(error(a, b, c) == nil)
    #expect(error(a, a, c) == .shapeMismatch(left: a, right: a, result: c))
    let wide = MatrixView(rows: 2, columns: 3, rowStride: 4)
    #expect(error(wide, b, c) == .outOfBounds(view: wide, count: 6))
    let folded = MatrixView(rows: 2, columns: 2, rowStride: 1)
    #expect(error(a, b, folded) == .overlappingElements(view: folded))
  }

  @Test func `as a kernel multiplies transposed views tile by tile`() throws {
    let (m, k, n) = (130, 12, 2100)
    let layout = OperandLayout(matrixOf: .float64, rows: k, columns: m).transposed
    let a = TestMatrix(mixedMagnitudes(count: k * m, seed: 1, of: Double.self), layout: layout)
    let b = TestMatrix(
      mixedMagnitudes(count: k * n, seed: 2, of: Double.self),
      layout: OperandLayout(matrixOf: .float64, rows: k, columns: n))
    let c = TestMatrix(
      [Double](repeating: .nan, count: m * n),
      layout: OperandLayout(matrixOf: .float64, rows: n, columns: m).transposed)
    let kernel = KernelFamily.matrixProduct.float64
    let call = try KernelCall(kernel, inputs: [a.operand, b.operand], outputs: [c.operand])
    #expect(call.plan.chunkCount == 4)
    let partial = call.run()
    let (observed, expected) = (kernel.oracle.observed(call, partial), kernel.oracle.expected(call))
    let tolerance = kernel.oracle.tolerance(call)
    #expect(observed.indices.allSatisfy { abs(observed[$0] - expected[$0]) <= tolerance[$0] })
  }

  @Test func `as a kernel refuses an output that a crash could spoil`() throws {
    let kernel = KernelFamily.matrixProduct.float64
    let layout = OperandLayout(matrixOf: .float64, rows: 2, columns: 2)
    let a = TestMatrix<Double>([1, 2, 3, 4], layout: layout)
    let b = TestMatrix<Double>([1, 2, 3, 4], layout: layout, isWritable: false)
    #expect(
      throws: KernelError.outputOverlapsInput(kernel: "matrix-product", output: 0, input: 1)
    ) { try KernelCall(kernel, inputs: [b.operand, a.operand], outputs: [a.operand]) }
    #expect(throws: KernelError.outputNotWritable(kernel: "matrix-product", output: 0)) {
      try KernelCall(kernel, inputs: [a.operand, a.operand], outputs: [b.operand])
    }
  }
}

@Suite struct `The loaded BLAS` {
  @Test func `is named`() {
    let info = BLASInfo.current
    #expect(info.path.hasPrefix("/") && info.path.contains(".so"))
    #expect(info.threadCount >= 1)
    #expect(info.implementation != .openBLAS || !info.configuration.isEmpty)
    #expect(info.description.contains(info.implementation.rawValue))
  }
}
