import EchelonFiles
import Testing

@Suite struct `An NPY file that numpy wrote` {
  private static let types: [(NPYElementType, [String])] = NPYElementType.allCases.map {
    ($0, $0.byteCount == 1 ? ["little"] : ["little", "big"])
  }

  @Test func `is read in every type, byte order and axis order`() throws {
    var read = 0
    for (type, orders) in Self.types {
      for byteOrder in orders {
        for axisOrder in ["C", "F"] {
          let name = "\(type.rawValue)-\(byteOrder)-\(axisOrder)"
          let array = try MappedNPY(path: Fixtures.npy(name))
          #expect(array.elementType == type && array.shape == [2, 3], "\(name)")
          #expect(array.isFortranOrder == (axisOrder == "F"), "\(name)")
          #expect(array.isBigEndian == (byteOrder == "big"), "\(name)")

          func values(_ rows: [Double]) -> [Double] {
            switch type {
            case .bool: rows.map { $0.truncatingRemainder(dividingBy: 2) }
            case .complex64, .complex128: rows.flatMap { [$0, -$0 / 2] }
            default: rows
            }
          }
          let (rows, columns) = (values([1, 2, 3, 4, 5, 6]), values([1, 4, 2, 5, 3, 6]))
          #expect(try array.numbers() == (axisOrder == "F" ? columns : rows), "\(name)")

          let table = try DataFileReader.open(Fixtures.npy(name)).table()
          let isComplex = type.partCount == 2
          #expect(
            table.columns.map(\.name)
              == (isComplex
                ? ["col0.real", "col0.imag", "col1.real", "col1.imag", "col2.real", "col2.imag"]
                : ["col0", "col1", "col2"]),
            "\(name)")
          // Of complex columns, both real parts come first, then both imaginary ones.
          let found = table.columns.flatMap { $0.numbers ?? [] }
          #expect(
            found
              == (isComplex
                ? [1, 4, -0.5, -2, 2, 5, -1, -2.5, 3, 6, -1.5, -3] : columns),
            "\(name)")
          for column in table.columns.indices {
            var values = [0.0, 0]
            var span = values.mutableSpan
            try array.readColumn(column, into: &span)
            #expect(values == Array(found[2 * column..<2 * column + 2]), "\(name), \(column)")
          }
          read += 1
        }
      }
    }
    #expect(read == 50)
  }

  @Test func `lends its elements in place when they are native`() throws {
    func doubles(_ name: String) throws -> [Double]? {
      try MappedNPY(path: Fixtures.npy(name)).withElements(of: Double.self) { span in
        span.indices.map { span[$0] }
      }
    }
    #expect(try doubles("f8-little-C") == [1, 2, 3, 4, 5, 6])
    #expect(try doubles("f8-little-F") == [1, 4, 2, 5, 3, 6])
    #expect(try doubles("empty") == [])
    #expect(try doubles("f8-big-C") == nil)
    #expect(try doubles("f4-little-C") == nil)
    let array = try MappedNPY(path: Fixtures.npy("i2-little-C"))
    #expect(try array.withElements(of: Int16.self) { span in Int(span[5]) } == 6)
    #expect(try array.withElements(of: UInt16.self) { _ in 0 } == nil)
    let flags = try MappedNPY(path: Fixtures.npy("b1-little-C"))
    #expect(try flags.withElements(of: UInt8.self) { _ in 0 } == nil)
  }

  @Test func `passes on what its reader throws`() throws {
    struct Stop: Error {}
    let array = try MappedNPY(path: Fixtures.npy("f8-little-C"))
    #expect(throws: Stop.self) { try array.withElements(of: Double.self) { _ in throw Stop() } }
  }

  @Test(arguments: ["version2", "version3"])
  func `is read in every version of the format`(_ name: String) throws {
    #expect(try MappedNPY(path: Fixtures.npy(name)).numbers() == [0, 1, 2, 3, 4])
  }

  @Test func `is read with any number of axes, and is a table with up to two`() throws {
    func file(_ name: String) throws -> DataFileReader { try .open(Fixtures.npy(name)) }
    let scalar = try file("zero-axes")
    #expect(scalar.rowCount == 1)
    #expect(try scalar.table().columns.map(\.numbers) == [[2.5]])
    let vector = try file("one-axis").table()
    #expect(bits(vector.columns[0].numbers ?? []) == bits([1.5, -2.5, .nan, .infinity]))
    #expect(try file("empty").table().columns.map(\.numbers) == [[]])
    #expect(try file("empty-rows").table().columns.map(\.numbers) == [[], [], [], []])
    #expect(try file("empty-columns").columns.isEmpty)

    let path = Fixtures.npy("three-axes")
    let cube = try MappedNPY(path: path)
    #expect(cube.shape == [2, 3, 4])
    #expect(try cube.numbers() == (0..<24).map(Double.init))
    #expect(fileError { _ = try file("three-axes") } == .notATable(path: path, shape: [2, 3, 4]))
  }

  @Test func `keeps extreme values`() throws {
    func numbers(_ name: String) throws -> [Double] {
      try MappedNPY(path: Fixtures.npy(name)).numbers()
    }
    #expect(try numbers("signed") == [-0x1p63, -1, 0x1p63])
    #expect(try numbers("unsigned") == [0, 0x1p64])
    #expect(
      bits(try numbers("floats"))
        == bits([.leastNonzeroMagnitude, -0.0, 1.7976931348623157e308, -.infinity]))
    #expect(
      bits(try numbers("halves"))
        == bits([0x1p-24, -0.0, 0x3FFp-24, 0.333251953125, 65504, -.infinity, .nan]))
  }

  @Test(arguments: [
    ("long", "extended floating point ('f16')"),
    ("long-complex", "extended complex numbers ('c32')"), ("structured", "a structured array"),
    ("unicode-names", "a structured array"), ("bytes", "byte strings ('S2')"),
    ("strings", "Unicode strings ('U2')"), ("dates", "dates ('M8[D]')"),
    ("objects", "Python objects ('O')"),
  ])
  func `is refused by name when it holds no plain numbers`(_ name: String, what: String) {
    let path = Fixtures.npy("refused-\(name)")
    let error = fileError { _ = try MappedNPY(path: path) }
    #expect(error?.description.hasPrefix("\(path): ") == true)
    #expect(error?.description.contains(what) == true, "\(String(describing: error))")
  }

  /// Every descriptor and version that there are, around bytes that are written out here.
  @Test func `has the bytes that the format says, in every version`() throws {
    // 1 and −2 (2 of unsigned types), most significant byte first.
    let elements: [(String, [[UInt8]], [Double])] = [
      ("b1", [[1], [0]], [1, 0]), ("i1", [[1], [0xFE]], [1, -2]), ("u1", [[1], [0xFE]], [1, 254]),
      ("i2", [[0, 1], [0xFF, 0xFE]], [1, -2]), ("u2", [[0, 1], [0xFF, 0xFE]], [1, 65534]),
      ("i4", [[0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFE]], [1, -2]),
      ("u4", [[0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFE]], [1, 4_294_967_294]),
      (
        "i8", [[0, 0, 0, 0, 0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE]], [1, -2]
      ),
      ("u8", [[0, 0, 0, 0, 0, 0, 0, 1], [0x80, 0, 0, 0, 0, 0, 0, 0]], [1, 0x1p63]),
      ("f2", [[0x3C, 0], [0xC0, 0]], [1, -2]),
      ("f4", [[0x3F, 0x80, 0, 0], [0xC0, 0, 0, 0]], [1, -2]),
      ("f8", [[0x3F, 0xF0, 0, 0, 0, 0, 0, 0], [0xC0, 0, 0, 0, 0, 0, 0, 0]], [1, -2]),
      ("c8", [[0x3F, 0x80, 0, 0], [0xC0, 0, 0, 0]], [1, -2]),
      ("c16", [[0x3F, 0xF0, 0, 0, 0, 0, 0, 0], [0xC0, 0, 0, 0, 0, 0, 0, 0]], [1, -2]),
    ]
    #expect(Set(elements.map(\.0)) == Set(NPYElementType.allCases.map(\.rawValue)))
    for (code, parts, values) in elements {
      for order in parts[0].count == 1 ? ["|", "<", ">"] : ["<", ">", "="] {
        for version: UInt8 in 1...3 {
          let text =
            "{'descr': '\(order)\(code)', 'fortran_order': False, "
            + "'shape': (\(code.hasPrefix("c") ? 1 : 2),), }\n"
          let length = [UInt8(text.utf8.count), 0] + (version == 1 ? [] : [0, 0])
          let isBigEndian = order == ">"
          let file =
            [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(text.utf8)
            + parts.flatMap { isBigEndian ? $0 : $0.reversed() }
          let found = try MappedNPY(name: "x.npy", bytes: file).numbers()
          #expect(found == values, "\(order)\(code), version \(version)")
        }
      }
    }
  }

  @Test func `gives every number of half precision`() throws {
    // Source: IEEE 754-2019, 3.4; the fraction counts steps of 2^-24 below the normal numbers.
    for bits in UInt16.min...UInt16.max {
      let text = "{'descr': '<f2', 'fortran_order': False, 'shape': (), }"
      guard bits & 0x7C00 != 0x7C00, bits % 7 == 0 || bits & 0x7FFF < 0x480 else { continue }
      let file =
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
        + [UInt8(bits & 0xFF), UInt8(bits >> 8)]
      let found = try MappedNPY(name: "x.npy", bytes: file).numbers()[0]
      let exponent = Int(bits >> 10 & 0x1F)
      let steps = Double(bits & 0x3FF) + (exponent == 0 ? 0 : 1024)
      var expected = steps * 0x1p-24
      for _ in 1..<max(exponent, 2) where exponent > 1 { expected *= 2 }
      #expect(found == expected * (bits >> 15 == 0 ? 1 : -1), "\(bits)")
      #expect((found.sign == .minus) == (bits >> 15 == 1), "\(bits)")
    }
  }
}
