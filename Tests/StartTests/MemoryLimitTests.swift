import Echelon
import EchelonMemory
import Foundation
import Glibc
import TestSupport
import Testing

/// A control group of this test's own, below the one that it is in, with a limit on memory.
private struct LimitedGroup {
  let directory: String

  /// - Throws: why there can be none here.
  init(limitBytes: Int) throws {
    let all = (Machine.text(at: "/proc/self/cgroup") ?? "").split(separator: "\n")
    let lines = all.map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }
    let old = lines.first { $0.count == 3 && $0[1].split(separator: ",").contains("memory") }
    let new = lines.first { $0.count == 3 && $0[0] == "0" && $0[1].isEmpty }
    let parent: String
    if let old {
      parent = "/sys/fs/cgroup/memory\(old[2])"
    } else if let new {
      parent = "/sys/fs/cgroup\(new[2])"
    } else {
      throw Missing(description: "no control group has a say over memory")
    }
    directory = parent + "/echelon-test-\(UInt32.random(in: 0..<(.max)))"
    guard unsafe mkdir(directory, 0o755) == 0 else {
      throw Missing(
        description: "\(directory) cannot be made: \(unsafe String(cString: strerror(errno)))")
    }
    let file = directory + (old != nil ? "/memory.limit_in_bytes" : "/memory.max")
    guard Machine.write("\(limitBytes)\n", to: file) else {
      remove()
      throw Missing(description: "\(file) cannot be written: the group may not limit memory")
    }
  }

  func remove() { unsafe rmdir(directory) }

  struct Missing: Error, CustomStringConvertible { let description: String }

  /// Why there is none here; nil when there can be one.
  static let refusal: String? = {
    do {
      try LimitedGroup(limitBytes: 64 << 20).remove()
      return nil
    } catch {
      return "\(error)"
    }
  }()
}

extension Starting {
  @Suite struct `A worker that wants too much memory` {
    @Test(
      .enabled(
        if: LimitedGroup.refusal == nil, "needs a control group: \(LimitedGroup.refusal ?? "")"),
      arguments: [StartMethod.spawn, .forkServer, .fork])
    func `P10 P11 is ended by the kernel, and its future says of which group`(
      _ method: StartMethod
    ) throws {
      let group = try LimitedGroup(limitBytes: 96 << 20)
      defer { group.remove() }
      let (status, output) = try StartProgram.run("starve", method.rawValue, group.directory)
      let facts = StartProgram.facts(in: output)
      try #require(facts["moved"] == "yes", "\(output)")
      #expect(status == 0, "\(output)")
      #expect(facts["cause"] == "signalled(9)", "\(output)")
      let name = try #require(group.directory.split(separator: "/").last)
      #expect(facts["verdict"]?.contains(name) == true, "\(output)")
      #expect(facts["text"]?.contains("ran out of memory") == true, "\(output)")
      #expect(facts["after"] == "3", "the pool goes on")
    }

    @Test(arguments: [StartMethod.spawn, .forkServer])
    func `P10 P11 than its address space may hold fails one future, without that verdict`(
      _ method: StartMethod
    ) throws {
      var options = PoolOptions()
      options.start = method
      options.environment = ["SWIFT_BACKTRACE": "enable=no"]
      options.initializer = try WorkerInitializer(limitAddressSpace, 256 << 20)
      let pool = try ProcessPool(workers: 1, options: options)
      let error = try #require(try pool.submit(takeAtOnce, 1 << 30).failure() as? WorkerDied)
      guard case .signalled(let signal) = error.cause else {
        Issue.record("\(error)")
        return
      }
      #expect(signal != SIGKILL)
      #expect(error.outOfMemory == nil)
      #expect(try pool.submit(takeAtOnce, 1 << 10).checked() == 1 << 10)
      #expect(pool.statistics.deaths == 1)
      pool.shutdown()
    }
  }
}

/// Leaves this process as much address space as it has, and so much more.
@Sendable private func limitAddressSpace(_ more: Int) {
  let pages = Machine.text(at: "/proc/self/statm")?.split(separator: " ").first.flatMap { Int($0) }
  let bytes = rlim_t((pages ?? 0) * 4096 + more)
  var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
}

@Sendable private func takeAtOnce(_ byteCount: Int) -> Int {
  let bytes = [UInt8](repeating: 1, count: byteCount)
  return bytes.count { $0 == 1 }
}
