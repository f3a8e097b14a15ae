import Echelon
import EchelonComparison

/// What it costs to give a task a value, by its size, and to get it back: as what its closure has captured, and as an
/// argument. Beside the same by CPython's pickle.
extension Figures {
  static let transfer = [8, 1 << 10, 1 << 16, 1 << 20].flatMap { byteCount in
    [
      figure(
        "capture", byteCount, "a task whose closure has captured", "a partial of a function"
      ) { pool, values in try pool.submit { values }.result() },
      figure("argument", byteCount, "a task that is given", "an argument") { pool, values in
        try pool.submit({ (values: [Double]) in values }, values).result()
      },
    ]
  }.needing(.pool(PoolPeer.cpython.name, package: nil))

  private static func figure(
    _ way: String, _ byteCount: Int, _ title: String, _ rivalTitle: String,
    _ send: @escaping @Sendable (ProcessPool, [Double]) throws -> [Double]
  ) -> Figure {
    let size = byteCount < 1024 ? "\(byteCount) B" : "\(byteCount >> 10) KiB"
    let peer = PoolPeer.cpython
    let name = "transfer-\(way)-\(size.filter { $0 != " " })"
    return Figure(
      name: name, title: "\(title) an array of \(size) gives it back",
      rivalTitle: "\(peer.title)\(peer.version.map { " \($0)" } ?? ""), \(rivalTitle), by pickle",
      requirement: .ratio(atMost: 1)
    ) { setup in
      let pool = try pool(setup)
      // Every turn another first element: what has come back is what was sent this time.
      var values = (0..<byteCount / 8).map(Double.init)
      let turns = max(51, min(2001, (1 << 22) / byteCount))
      return Contest(
        echelon: {
          try medianSeconds(count: turns) {
            values[0] += 1
            let found = try send(pool, values)
            if found == values { return }
            throw ComparisonError.disagreement(
              figure: name, echelon: found.first ?? .nan, rival: values[0])
          }
        },
        rival: { try peer.seconds(way, workers: setup.workers, size: byteCount) },
        end: { pool.shutdown() })
    }
  }
}
