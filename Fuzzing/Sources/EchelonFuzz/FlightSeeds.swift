import CEchelon
import EchelonMemory
import EchelonWire
import Glibc

/// Recordings as pools write them, with little room for names, so that an input stays small.
enum FlightSeeds {
  static func make() throws -> [[UInt8]] {
    let path = "/tmp/echelon-fuzz-\(getpid()).flight"
    defer { unsafe unlink(path) }
    let recorder = try FlightRecorder(
      creating: path, seatCount: 1, eventsPerRing: 64, identity: 7, processID: getpid())
    for round: UInt64 in 0..<40 {
      recorder.note(.taskSubmitted, name: "f\(round % 3)", subject: round << 32 | 1, detail: 1)
      recorder.note(.workerDied, code: 0, subject: 99, detail: FlightDeath.code(.signalled(9)))
    }
    return [compact(try SharedFile.read(path, limit: 1 << 20))]
  }

  /// The same recording with the rings right behind the names.
  private static func compact(_ bytes: [UInt8]) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { whole in
      var header = unsafe whole.loadUnaligned(as: flight_header.self)
      let names = Int(header.names_offset), rings = Int(header.rings_offset)
      let headerBytes = MemoryLayout<flight_header>.size
      header.names_bytes = 64
      header.names_offset = UInt64(headerBytes)
      header.rings_offset = UInt64(headerBytes + 64)
      let start = unsafe withUnsafeBytes(of: header) { unsafe [UInt8]($0) }
      return unsafe start + [UInt8](whole[names..<names + 64]) + [UInt8](whole[rings...])
    }
  }
}
