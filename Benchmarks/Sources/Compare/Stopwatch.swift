import CPeers

/// The seconds that `body` takes, by the clock that the C side is measured with too.
@inline(__always)
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = peer_clock_nanoseconds()
  try body()
  return Double(peer_clock_nanoseconds() - start) * 1e-9
}

/// The median time of `count` single operations, in seconds.
func medianSeconds(count: Int, _ operation: () throws -> Void) rethrows -> Double {
  var times: [Double] = []
  times.reserveCapacity(count)
  for _ in 0..<count { times.append(try seconds(operation)) }
  times.sort()
  return times[count / 2]
}

/// Traps a negative answer from the C side.
func check(_ status: Int32, _ what: String) throws {
  guard status >= 0 else { throw ComparisonError.rivalFailed(what) }
}
