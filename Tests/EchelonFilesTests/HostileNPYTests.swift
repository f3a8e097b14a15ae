import EchelonFiles
import Testing

/// An NPY file with any header text and any bytes after it.
private func npy(_ text: String, data: Int, major: UInt8 = 1, length: Int? = nil) -> [UInt8] {
  let length = length ?? text.utf8.count
  var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [major, 0]
  for byte in 0..<(major == 1 ? 2 : 4) {
    bytes.append(UInt8(truncatingIfNeeded: length >> (8 * byte)))
  }
  return bytes + Array(text.utf8) + [UInt8](repeating: 0, count: data)
}

@Suite struct `A hostile NPY header` {
  private func error(_ bytes: [UInt8]) -> FileError? {
    fileError { _ = try MappedNPY(name: "h.npy", bytes: bytes) }
  }

  @Test func `may order its keys, quote and space them as Python allows`() throws {
    for text in [
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n",
      "{\"shape\":(2L,),\"descr\":\"<f8\",\"fortran_order\":True}",
      "  { 'fortran_order' :False ,'shape' : ( 2 , ) , 'descr':'=f8' } \n\n",
    ] {
      #expect(try MappedNPY(name: "x", bytes: npy(text, data: 16)).shape == [2], "\(text)")
    }
  }

  @Test func `is refused for every other dictionary`() {
    for text in [
      "", "{", "}", "{}", "nonsense", "{'descr'", "{'descr'}", "{'descr':}", "{'descr': '<f8'}",
      "[]",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } x",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 1}",
      "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': 2}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2.0,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}",
      "{'descr': '<f8', 'fortran_order': Fals",
      "{'descr': '\(String(repeating: "x", count: 1000))', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (\(String(repeating: "1,", count: 65)))}",
    ] {
      guard case .malformedNPY? = error(npy(text, data: 16)) else {
        Issue.record(
          "accepted or misnamed: \(text): \(String(describing: error(npy(text, data: 16))))")
        continue
      }
    }
  }

  @Test func `is refused when its lengths overflow or lie`() {
    func shaped(_ shape: String) -> [UInt8] {
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': \(shape), }", data: 16)
    }
    for shape in [
      "(9223372036854775807,)", "(4611686018427387904, 4)", "(99999999999999999999,)",
      "(4294967296, 4294967296, 4294967296)",
    ] {
      guard case .malformedNPY? = error(shaped(shape)) else {
        Issue.record("\(shape)")
        continue
      }
    }
    #expect(error(shaped("(3,)")) == .wrongSize(path: "h.npy", expected: 24, found: 16))
    #expect(error(shaped("(1,)")) == .wrongSize(path: "h.npy", expected: 8, found: 16))
    #expect(error(shaped("()")) == .wrongSize(path: "h.npy", expected: 8, found: 16))
    #expect(
      error(shaped("(1152921504606846975,)"))
        == .wrongSize(path: "h.npy", expected: 9_223_372_036_854_775_800, found: 16))
    for length in [100, 65535, 0x7FFF_FFFF, 0xFFFF_FFFF] {
      guard case .malformedNPY(_, 8, _, _)? = error(npy("{}", data: 0, major: 2, length: length))
      else {
        Issue.record("length \(length)")
        continue
      }
    }
  }

  @Test func `does not make a table of a million empty columns`() throws {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4611686018427387904), }"
    let array = try MappedNPY(name: "h.npy", bytes: npy(text, data: 0))
    #expect(
      fileError { _ = try DataFileReader(array) }
        == .tooManyColumns(path: "h.npy", limit: DataFileReader.maximumColumnCount))
    let twice = "{'descr': '<c16', 'fortran_order': False, 'shape': (0, 4611686018427387904), }"
    let complex = try MappedNPY(name: "h.npy", bytes: npy(twice, data: 0))
    #expect(
      fileError { _ = try DataFileReader(complex) }
        == .tooManyColumns(path: "h.npy", limit: DataFileReader.maximumColumnCount))
  }

  @Test func `is refused when its version is unknown`() {
    for major: UInt8 in [0, 4, 255] {
      let found = error(npy("{}", data: 0, major: major))
      #expect(found == .unsupportedNPY(path: "h.npy", what: "NPY format version \(major).0"))
    }
  }

  @Test func `cut anywhere is refused, with what was expected`() throws {
    let whole = try bytes(of: Fixtures.npy("f8-little-C"))
    for length in 0..<whole.count {
      let found = error(Array(whole[..<length]))
      #expect(found?.description.hasPrefix("h.npy: ") == true)
      if length >= 128 {
        #expect(found == .wrongSize(path: "h.npy", expected: 48, found: length - 128))
      }
    }
  }

  @Test func `changed anywhere is read or refused, and never traps`() throws {
    let seed: UInt64 = 31
    var generator = SeededGenerator(seed: seed)
    let bases = try ["f8-little-C", "i2-big-F", "version3", "zero-axes", "refused-structured", "c8-big-F"].map {
      try bytes(of: Fixtures.npy($0))
    }
    var refused = 0
    for round in 0..<30_000 {
      var bytes = bases[round % bases.count]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<min(bytes.count, 100), using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1:
          bytes[place] = Array("0123456789(),{}':<>|bfiu ".utf8).randomElement(using: &generator)!
        case 2 where bytes.count > 200: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: place)
        }
      }
      do {
        let array = try MappedNPY(name: "h.npy", bytes: bytes)
        #expect(try array.numbers().count == array.numberCount, "seed \(seed), round \(round)")
      } catch {
        #expect("\(error)".hasPrefix("h.npy"), "seed \(seed), round \(round)")
        refused += 1
      }
    }
    #expect(refused > 10_000 && refused < 30_000, "\(refused) refused")
  }
}
