import Echelon
import Glibc
import TestSupport
import Testing

extension Observation {
  @Suite struct `The interrupt key` {
    @Test func `drains a pool that asked for it, and the program goes on`() async throws {
      await #expect(processExitsWith: .exitCode(7)) {
        try! { () throws in
          let pool = try ProcessPool.quiet(workers: 1)
          #expect(pool.drainOnInterrupt())
          let latch = try Latch(in: pool)
          let running = try pool.submit(hold, latch)
          _ = try latch.arrived()
          let waiting = try (0..<5).map { try pool.submit(echo, $0) }
          kill(getpid(), SIGINT)
          for future in waiting {
            let error = try future.failure()
            precondition(error is CancellationError, "\(String(describing: error))")
          }
          precondition(!running.isDone)
          latch.open()
          let ended = try running.checked()
          precondition(ended == latch.processID)
          do {
            _ = try pool.submit(echo, 1)
            preconditionFailure("a drained pool takes no work")
          } catch PoolError.shutDown {}
          pool.shutdown()
          exit(7)
        }()
      }
    }

    @Test func `ends the program at the second press`() async throws {
      await #expect(processExitsWith: .signal(SIGINT)) {
        try! { () throws in
          let pool = try ProcessPool.quiet(workers: 1)
          pool.drainOnInterrupt()
          let latch = try Latch(in: pool)
          let running = try pool.submit(hold, latch)
          _ = try latch.arrived()
          let waiting = try pool.submit(echo, 1)
          kill(getpid(), SIGINT)
          _ = try waiting.failure()  // the first press was heard
          kill(getpid(), SIGINT)
          _ = try running.checked()
        }()
      }
    }

    @Test func `is the program's own unless a pool asks for it`() async throws {
      await #expect(processExitsWith: .success) {
        try! { () throws in
          var before = sigaction()
          unsafe sigaction(SIGINT, nil, &before)
          let pool = try ProcessPool.quiet(workers: 1)
          _ = try pool.submit(echo, 1).checked()
          pool.shutdown()
          var after = sigaction()
          unsafe sigaction(SIGINT, nil, &after)
          precondition(unsafe before.__sigaction_handler.sa_handler == nil)
          precondition(unsafe after.__sigaction_handler.sa_handler == nil)
          precondition(before.sa_flags == after.sa_flags)
          exit(0)
        }()
      }
    }
  }
}
