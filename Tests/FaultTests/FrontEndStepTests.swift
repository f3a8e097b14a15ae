import Echelon
import EchelonPool
import Glibc
import TestSupport
import Testing

extension Faults {
  @Suite struct `A front end killed between two of its own steps` {
    /// One death: where, under which start method, and how often it comes past unharmed.
    struct Case: Codable, Sendable, CustomStringConvertible {
      let step: FrontEndStep
      let start: StartMethod
      let passes: Int
      var description: String { "\(step), \(start.rawValue), \(passes) times past it" }
    }

    /// Every step under both start methods; how often past it is drawn.
    static let cases: [Case] = {
      var random = TestRandom(seed: testSeed("front-end steps"))
      return FrontEndStep.allCases.flatMap { step in
        [StartMethod.spawn, .forkServer].map { start in
          Case(step: step, start: start, passes: Int(random.next() % 3))
        }
      }
    }()

    @Test(arguments: cases)
    func `P14 leaves no worker and nothing in /dev/shm`(_ death: Case) async throws {
      let mark = "echelon-mark-\(UInt64.random(in: 0..<(.max)))"
      let result = await #expect(processExitsWith: .signal(SIGKILL), "\(death)") {
        [death = death as Case, mark = mark as String] in
        try dieAtStep(death, mark)
      }
      #expect(result != nil, "\(death)")
      // Whatever the program started has the mark in its environment.
      try eventually("\(death): nothing is left", within: .seconds(1)) {
        Machine.processes(withEnvironment: mark).isEmpty
      }
      #expect(Machine.namedSharedMemory == [], "\(death)")
    }

    @Test func `is found by its mark, or the test above proves nothing`() throws {
      let mark = "echelon-mark-\(UInt64.random(in: 0..<(.max)))"
      for start in [StartMethod.spawn, .forkServer] {
        let pool = try ProcessPool(workers: 1, start: start, environment: ["MARK": mark])
        try pool.warmUp()
        let found = Machine.processes(withEnvironment: mark)
        #expect(found.count == (start == .spawn ? 1 : 2))
        #expect(found.contains(pool.workerProcessIDs[0]))
        pool.shutdown()
      }
    }
  }
}

@Sendable private func large(_ count: Int) -> [UInt64] { Array(repeating: 7, count: count) }

/// Runs in a process of its own: pool after pool with work of every kind, until it dies.
private func dieAtStep(
  _ death: Faults.`A front end killed between two of its own steps`.Case, _ mark: String
) throws {
  var options = PoolOptions()
  options.start = death.start
  options.environment = ["MARK": mark, "SWIFT_BACKTRACE": "enable=no"]
  options.frontEndFault = FrontEndFault(at: death.step, after: death.passes)
  for _ in 0..<8 {
    let pool = try ProcessPool(workers: 2, options: options)
    let futures = try (0..<20).map { try pool.submit(retries: 20, echo, $0) }
    let blocks = try (0..<3).map { _ in try pool.submit(retries: 20, large, 20_000) }
    let x = try pool.array(repeating: 1.0, count: 100_000)
    let sum = try pool.start(Reduction<Double>.sum, x)
    for worker in pool.workerProcessIDs { kill(worker, SIGKILL) }
    for future in futures { _ = try future.checked() }
    for future in blocks { _ = try future.checked() }
    _ = try? sum.checked()
    pool.shutdown()
  }
  // It has come past every step by now. Not this one: the test then says so.
  exit(3)
}
