import Echelon
import Glibc
func now() -> Double { var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9 }
func best(_ n: Int, _ f: () throws -> Void) rethrows -> Double { var b = Double.infinity; for _ in 0..<n { let a = now(); try f(); b = min(b, now() - a) }; return b }
do {
  let pool = try ProcessPool(workers: 2)
  try pool.warmUp()
  let n = 10_000_000
  let x = try pool.array(count: n) { Double($0) * 1e-6 }
  var y = try pool.map(x) { 1 + $0 * (0.5 + $0 * (0.25 + $0 * 0.125)) }
  print(y)
  print("map ns/elem", try best(10) { y = try pool.map(x) { 1 + $0 * (0.5 + $0 * (0.25 + $0 * 0.125)) } } / Double(n) * 1e9)
  print("map into", try best(10) { _ = try pool.map(x, into: y) { 1 + $0 * (0.5 + $0 * (0.25 + $0 * 0.125)) } } / Double(n) * 1e9)
  print("map with", try best(10) { _ = try pool.map(x, with: 3.0, into: y) { $0 * $1 } } / Double(n) * 1e9)
  print("map2", try pool.map(x, y) { $0 + $1 }, "in place", try pool.map(y, into: y) { $0 * 2 })
  print("sum", try pool.sum(x), "dot", try pool.dot(x, x), try pool.minimum(x), try pool.maximum(x), try pool.moments(x))
  let big = try pool.array(count: 100_000_000) { Double($0 & 1023) }
  print("sum GB/s", 0.8 / (try best(10) { _ = try pool.sum(big) }))
  let a = try pool.matrix(rows: 1000, columns: 1000) { Double($0 + $1) }
  let t = now(); let c = try pool.multiply(a, a.transposed); print("mul", c[0, 0], (now() - t) * 1e3, "ms", try best(5) { _ = try pool.multiply(a, a, into: c) } * 1e3)
  let e = try pool.monteCarlo(samples: 100_000_000, seed: 42) { rng in
    let u = rng.uniform(), v = rng.uniform()
    return u * u + v * v < 1 ? 4 : 0 }
  print(e, "samples/s", 1e8 / (try best(2) { _ = try pool.monteCarlo(samples: 100_000_000, seed: 42) { rng in
    let u = rng.uniform(), v = rng.uniform()
    return u * u + v * v < 1 ? 4 : 0 } }))
  let k = 2.0
  do { _ = try pool.map(x) { $0 * k } } catch { print("refused:", error) }
  print(try pool.submit({ (a: SharedArray<Double>) in a[5] }, x).result(), try pool.submit({ (a: SharedArray<Double>) in a }, x).result().count)
  for _ in 0..<2 { let t0 = now(); let z: SharedArray<Double> = try pool.uninitializedArray(count: 1 << 27); let t1 = now(); z.fill(1); let t2 = now(); z.fill(2); let t3 = now(); print("1GiB alloc", (t1-t0)*1e3, "first fill", (t2-t1)*1e3, "second fill", (t3-t2)*1e3) }
  print(pool.memoryUsage)
  pool.shutdown()
} catch { print("failed:", error) }
