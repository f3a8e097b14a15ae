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

          let columns = [1.0, 4, 2, 5, 3, 6].map {
            type == .bool ? $0.truncatingRemainder(dividingBy: 2) : $0
          }
          let rows = [1.0, 2, 3, 4, 5, 6].map {
            type == .bool ? $0.truncatingRemainder(dividingBy: 2) : $0
          }
          #expect(try array.numbers() == (axisOrder == "F" ? columns : rows), "\(name)")

          let table = try DataFileReader.open(Fixtures.npy(name)).table()
          #expect(table.columns.map(\.name) == ["col0", "col1", "col2"], "\(name)")
          #expect(table.columns.flatMap { $0.numbers ?? [] } == columns, "\(name)")
          read += 1
        }
      }
    }
    #expect(read == 38)
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
  }

  @Test(arguments: [
    ("half", "half-precision floating point ('f2')"), ("long", "extended floating point ('f16')"),
    ("complex", "complex numbers ('c16')"), ("structured", "a structured array"),
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
}
