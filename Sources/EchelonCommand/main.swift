import Echelon
import Glibc
func fib(_ n: Int) -> Int { n < 2 ? n : fib(n - 1) + fib(n - 2) }
struct Oops: Error, Codable { var code: Int }
func now() -> Double { var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9 }
do {
  var t = now()
  let pool = try ProcessPool(workers: 2)
  print("pool", pool.backing, (now() - t) * 1e3, "ms")
  t = now(); try pool.warmUp(); print("warm", (now() - t) * 1e3, "ms")
  let f = try pool.submit(fib, 30)
  print(try f.result())
  print(try pool.submit { "hello" + " world" }.result())
  print(try pool.submit({ (a: [Double], s: String) in s + "\(a.reduce(0, +))" }, [1, 2, 3], "sum ").result())
  do { _ = try pool.submit { throw Oops(code: 7) }.result() } catch { print("error:", error) }
  do { _ = try pool.submit { () -> Int in fatalError("boom") }.result() } catch { print("error:", error) }
  do { _ = try pool.submit { () -> Int in exit(3) }.result() } catch { print("error:", error) }
  let k = 3.0
  do { _ = try pool.submit { k * 2 }.result() } catch { print("error:", error) }
  print(try pool.submit({ (n: Int) in Array(0..<n) }, 10000).result().count, try pool.submit({ (n: Int) in Array(0..<n) }, 1000000).result().count)
  // round trip
  for round in 0..<3 {
  var times: [Double] = []
  for _ in 0..<20000 { let a = now(); _ = try pool.submit { 1 }.result(); times.append(now() - a) }
  times.sort(); print("round", round, "trip median us", times[times.count / 2] * 1e6, "p99", times[times.count * 99 / 100] * 1e6)
  t = now(); let n = 200000
  var fs: [Future<Int>] = []; fs.reserveCapacity(n)
  for _ in 0..<n { fs.append(try pool.submit { 1 }) }
  var sum = 0; for f in fs { sum += try f.result() }
  print(sum, "tasks/s", Double(n) / (now() - t))
  }
  pool.shutdown()
  print("done", pool.statistics)
} catch { print("failed:", error) }
