import CPeers
import Echelon
import EchelonComparison

/// A user's closure over ten million doubles, beside the same loop in C.
extension Figures {
  static let maps = [
    map(
      "map-cubic", degree: 3, into: .given,
      run: { pool, x, y in
        try pool.map(x, into: y) { t in ((1.0 / 6 * t + 0.5) * t + 1) * t + 1 }
      }),
    map(
      "map-cubic-new", degree: 3, into: .recycled,
      run: { pool, x, _ in try pool.map(x) { t in ((1.0 / 6 * t + 0.5) * t + 1) * t + 1 } }),
    map(
      "map-degree-7", degree: 7, into: .given,
      run: { pool, x, y in
        try pool.map(x, into: y) { t in
          var p = 1.0 / 5040 * t + 1.0 / 720
          p = p * t + 1.0 / 120
          p = p * t + 1.0 / 24
          p = p * t + 1.0 / 6
          p = p * t + 0.5
          p = p * t + 1
          return p * t + 1
        }
      }),
  ]

  private enum Destination: String {
    case given = "a given array"
    case recycled = "a new, recycled array"
  }

  private static func map(
    _ name: String, degree: Int32, into destination: Destination,
    run:
      @escaping @Sendable (ProcessPool, SharedArray<Double>, SharedArray<Double>) throws ->
      SharedArray<Double>
  ) -> Figure {
    let what = "map of a polynomial of degree \(degree) over 10⁷ doubles"
    return Figure(
      name: name, title: "\(what) into \(destination.rawValue)",
      rivalTitle: "C loop, same instruction set, as many threads", requirement: .ratio(atMost: 1.15)
    ) { setup in
      let pool = try pool(setup)
      let count = 10_000_000 / setup.shrink
      let x = try pool.array(count: count) { Double($0) * 1e-6 }
      let y = try pool.array(repeating: 0.0, count: count)
      try check(peer_map_prepare(count), "allocate two arrays of \(count) doubles")
      try check(peer_map_polynomial(degree), "compute a polynomial of degree \(degree)")
      return Contest(
        echelon: {
          var result = y
          let time = try seconds { result = try run(pool, x, y) }
          for index in [0, 1, count / 2, count - 1] {
            // Equal, not close: neither side may contract a multiplication and an addition.
            if result[index] == peer_map_element(index) { continue }
            throw ComparisonError.disagreement(
              figure: name, echelon: result[index], rival: peer_map_element(index))
          }
          return time
        },
        rival: { seconds { _ = peer_map_polynomial(degree) } },
        end: {
          peer_map_release()
          pool.shutdown()
        })
    }
  }
}
