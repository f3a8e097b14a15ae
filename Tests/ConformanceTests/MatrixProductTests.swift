import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `A product` {
  static let shapes = [
    (0, 0, 0), (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (5, 3, 4), (20, 50, 30), (150, 7, 140),
  ]

  /// By the definition, also where the tests' own products would call BLAS.
  private func entries<Element: TestedScalar>(
    _ a: Reference<Element>, _ b: Reference<Element>
  ) -> Reference<Element> {
    Reference(rows: a.rows, columns: b.columns) { i, j in
      (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of complex matrices, transposed and adjoint ones, is what its definition says`(
    _ kind: TestedExecutor
  ) throws {
    func check<Part: ComplexPart & TestedScalar>(_: Part.Type) throws where Part.Real == Part {
      typealias Element = ComplexElement<Part>
      let seed = testSeed()
      let forms: [MatrixForm] = [.plain, .transposed, .adjoint]
      for (rows, inner, columns) in Self.shapes {
        let a = Reference<Element>(rows: rows, columns: inner, seed: seed)
        let b = Reference<Element>(rows: inner, columns: columns, seed: seed &+ 1)
        let expected = entries(a, b)
        for layout in TestedLayout.allCases {
          for (left, right) in forms.flatMap({ left in forms.map { (left, $0) } }) {
            let c = try kind.shared.multiply(
              try given(a, left).shared(on: kind.shared, layout),
              try given(b, right).shared(on: kind.shared, layout), leftForm: left, rightForm: right)
            let error = ratio(Reference(c) - expected, to: a.norm * b.norm, count: inner)
            #expect(error < 30, "\(rows) × \(inner) × \(columns), \(left), \(right), \(layout)")
          }
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
  }

  /// The matrix of which `form` is A.
  private func given<Element: TestedScalar>(
    _ a: Reference<Element>, _ form: MatrixForm
  ) -> Reference<Element> {
    switch form {
    case .plain: a
    case .transposed: a.transposed
    case .adjoint: a.adjoint
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `with a vector, and of two, is what its definition says`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let pool = kind.shared
      let seed = testSeed()
      for (rows, columns) in [(0, 0), (0, 4), (4, 0), (1, 1), (3, 70), (70, 3), (700, 100)] {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let x = Reference<Element>(rows: columns, columns: 1, seed: seed &+ 1)
        let expected = entries(a, x)
        for layout in TestedLayout.allCases {
          for form in [MatrixForm.plain, .transposed, .adjoint] {
            let y = Array(
              try pool.multiply(
                try given(a, form).shared(on: pool, layout), try pool.array(x.elements), form: form)
            )
            let found = Reference<Element>(rows: rows, columns: 1) { row, _ in y[row] }
            let error = ratio(found - expected, to: a.norm * x.norm, count: columns)
            #expect(error < 30, "\(rows) × \(columns), \(form), \(layout)")
          }
        }
        let u = Reference<Element>(rows: rows, columns: 1, seed: seed &+ 2)
        let outer = try pool.outer(try pool.array(u.elements), try pool.array(x.elements))
        #expect(ratio(Reference(outer) - entries(u, x.transposed), to: u.norm, count: 1) < 30)
        let conjugated = try pool.outer(
          try pool.array(u.elements), try pool.array(x.elements), conjugated: true)
        #expect(ratio(Reference(conjugated) - entries(u, x.adjoint), to: u.norm, count: 1) < 30)
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  /// In rows, in columns and with gaps between elements, on 1, 2, 3 and 7 workers.
  @Test func `has the same bits however its factors lie`() throws {
    let seed = testSeed()
    let forms: [MatrixForm] = [.plain, .transposed, .adjoint]
    func expectSame(_ what: String, _ compute: (ProcessPool, TestedLayout) throws -> [String])
      throws
    {
      var all: Set<[String]> = []
      for (index, pool) in pools.enumerated() {
        for layout in index == 1 ? TestedLayout.allCases : [TestedLayout.allCases[index % 3]] {
          all.insert(try compute(pool, layout))
        }
      }
      #expect(all.count == 1, "\(what), seed \(seed)")
    }
    func checkVectors<Element: TestedScalar>(_: Element.Type) throws {
      for (rows, columns) in [(1, 1), (3, 70), (70, 3), (129, 260), (700, 100)] {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let x = Reference<Element>(rows: columns, columns: 1, seed: seed &+ 1)
        for form in forms {
          try expectSame("\(rows) × \(columns) \(Element.self), a vector, \(form)") {
            let y = try $0.multiply(
              given(a, form).shared(on: $0, $1), $0.array(x.elements), form: form)
            return Array(y).map { "\($0)" }
          }
        }
      }
    }
    for scalar in testedScalars { try checkVectors(scalar) }
    func checkComplex<Part: ComplexPart & TestedScalar>(_: Part.Type) throws
    where Part.Real == Part {
      for (rows, inner, columns) in Self.shapes.suffix(4)
        + (isReleaseBuild ? [(129, 260, 131)] : [])
      {
        let a = Reference<ComplexElement<Part>>(rows: rows, columns: inner, seed: seed)
        let b = Reference<ComplexElement<Part>>(rows: inner, columns: columns, seed: seed &+ 1)
        for (left, right) in forms.flatMap({ left in forms.map { (left, $0) } }) {
          try expectSame("\(rows) × \(inner) × \(columns) \(Part.self), \(left), \(right)") {
            bits(
              try $0.multiply(
                given(a, left).shared(on: $0, $1), given(b, right).shared(on: $0, $1),
                leftForm: left, rightForm: right))
          }
        }
      }
    }
    try checkComplex(Double.self)
    try checkComplex(Float.self)
    func checkReal<Element: TestedScalar & KernelElement>(_: Element.Type) throws {
      for (rows, inner, columns) in Self.shapes.suffix(4) + [
        (129, 260, 131), (245, 170, 387), (64, 1000, 64),
      ] {
        let a = Reference<Element>(rows: rows, columns: inner, seed: seed)
        let b = Reference<Element>(rows: inner, columns: columns, seed: seed &+ 1)
        try expectSame("\(rows) × \(inner) × \(columns) \(Element.self)") { pool, layout in
          try TestedLayout.allCases.flatMap { written in
            let c = try Reference<Element>(rows: rows, columns: columns) { _, _ in .nan }
              .shared(on: pool, written)
            return bits(
              try pool.multiply(
                a.shared(on: pool, layout), b.shared(on: pool, layout), into: c))
          }
        }
      }
    }
    try checkReal(Double.self)
    try checkReal(Float.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of a symmetric, Hermitian or triangular matrix reads no more than it says`(
    _ kind: TestedExecutor
  ) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let pool = kind.shared
      let seed = testSeed()
      let none = Element(real: .nan)
      for (size, columns) in [(0, 3), (1, 1), (4, 0), (5, 3), (20, 100)] {
        let a = Reference<Element>(rows: size, columns: size, seed: seed)
        let b = Reference<Element>(rows: size, columns: columns, seed: seed &+ 1)
        for triangle in [MatrixTriangle.lower, .upper] {
          func isRead(_ i: Int, _ j: Int) -> Bool { triangle == .lower ? i >= j : i <= j }
          func matrix(_ element: (Int, Int) -> Element) -> Reference<Element> {
            Reference(rows: size, columns: size, element)
          }
          let cases: [(FactorStructure, Reference<Element>)] = [
            (.symmetric(triangle), matrix { isRead($0, $1) ? a[$0, $1] : a[$1, $0] }),
            (
              .hermitian(triangle),
              matrix { i, j in
                i == j
                  ? Element(real: (a[i, i] + a[i, i].conjugate).modulus / 2)
                    * (realSign(a[i, i]))
                  : isRead(i, j) ? a[i, j] : a[j, i].conjugate
              }
            ),
            (.triangular(triangle), matrix { isRead($0, $1) ? a[$0, $1] : 0 }),
            (.unitTriangular(triangle), matrix { $0 == $1 ? 1 : isRead($0, $1) ? a[$0, $1] : 0 }),
          ]
          for (structure, meant) in cases {
            let expected = entries(meant, b)
            let given = matrix { isRead($0, $1) ? a[$0, $1] : none }
            var first: Reference<Element>?
            for layout in TestedLayout.allCases {
              let c = Reference(
                try pool.multiply(
                  try given.shared(on: pool, layout), try b.shared(on: pool, layout),
                  structure: structure))
              let error = ratio(c - expected, to: meant.norm * b.norm, count: size)
              #expect(error < 30, "n = \(size), \(structure), \(layout)")
              #expect(c == first ?? c, "other bits: n = \(size), \(structure), \(layout)")
              first = c
              let right = Reference(
                try pool.multiply(
                  try b.transposed.shared(on: pool, layout), try given.shared(on: pool, layout),
                  structure: structure, of: .right))
              let rightError = ratio(
                right - entries(b.transposed, meant), to: meant.norm * b.norm, count: size)
              #expect(rightError < 30, "n = \(size), \(structure) on the right, \(layout)")
            }
          }
        }
      }
    }
    for scalar in testedScalars { try check(scalar) }
  }

  /// 1 or -1, as the real part.
  private func realSign<Element: TestedScalar>(_ z: Element) -> Element {
    let twice = z + z.conjugate
    return twice == Element(real: twice.modulus) ? 1 : -1
  }

  @Test(arguments: TestedExecutor.allCases)
  func `whose shapes do not fit is refused`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = try pool.matrix(rows: 2, columns: 3) { _, _ in ComplexElement<Double>(1, 0) }
    #expect(throws: KernelError.self) { try pool.multiply(a, a) }
    #expect(throws: KernelError.self) { try pool.multiply(a, a.storage) }
    #expect(throws: LinearAlgebraError.notSquare(operation: "multiply", rows: 2, columns: 3)) {
      try pool.multiply(a, a, structure: .symmetric(.lower))
    }
    #expect(throws: LinearAlgebraError.notSquare(operation: "multiply", rows: 2, columns: 3)) {
      try pool.multiply(a, a, structure: .symmetric(.lower), of: .right)
    }
  }
}
