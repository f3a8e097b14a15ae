import EchelonMemory
import Glibc
import TestSupport
import Testing

/// A directory with files in it, removed in the end.
private final class Directory {
  let path: String
  private var names: [String] = []

  init(_ files: [String: String]) throws {
    path = "/tmp/echelon-test-\(UInt64.random(in: 0..<(.max)))"
    let error = unsafe mkdir(path, 0o700)
    try #require(error == 0)
    for (name, text) in files {
      try #require(Machine.write(text, to: "\(path)/\(name)"))
      names.append(name)
    }
  }

  deinit {
    for name in names { _ = unsafe unlink("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }
}

@Suite struct `The limits of the machine` {
  @Test func `are positive and fit together`() {
    let memory = MachineLimits.memory()
    #expect(memory.totalBytes > 64 << 20)
    #expect((0...memory.totalBytes) ~= memory.availableBytes)
    #expect(!memory.limitedBy.isEmpty)
    let processors = MachineLimits.processors()
    #expect((1...processors.affinity) ~= processors.count)
    #expect(processors.quota.map { $0 > 0 } ?? true)
  }

  @Test func `follow the affinity of the process`() async {
    await #expect(processExitsWith: .success) {
      typealias SetAffinity = @convention(c) (Int32, Int, UnsafeRawPointer) -> Int32
      guard let symbol = unsafe dlsym(nil, "sched_setaffinity") else { return }
      let set = unsafe unsafeBitCast(symbol, to: SetAffinity.self)
      var mask: UInt64 = 1
      if unsafe set(0, 8, &mask) == 0 {
        #expect(MachineLimits.processors().affinity == 1)
        #expect(MachineLimits.processors().count == 1)
      }
    }
  }

  @Test func `name every control group of version 2 up to the root`() {
    let groups = ControlGroup.all(in: "0::/user.slice/app.scope\n", controller: "memory")
    #expect(
      groups.map(\.directory).filter { !$0.contains("unified") } == [
        "/sys/fs/cgroup/user.slice/app.scope", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup",
      ])
    #expect(groups.allSatisfy { $0.isVersion2 })
    #expect(groups.first?.name == "/user.slice/app.scope")
  }

  @Test func `name the control groups of version 1 by their controller`() {
    let text = """
      12:cpu,cpuacct:/docker/abc
      5:memory:/docker/abc
      1:name=systemd:/docker/abc
      0::/ignored
      """
    let memory = ControlGroup.all(in: text, controller: "memory").filter { !$0.isVersion2 }
    #expect(memory.contains { $0.directory == "/sys/fs/cgroup/memory/docker/abc" })
    #expect(memory.contains { $0.directory == "/sys/fs/cgroup/memory" })
    let cpu = ControlGroup.all(in: text, controller: "cpu").filter { !$0.isVersion2 }
    #expect(cpu.contains { $0.directory == "/sys/fs/cgroup/cpu,cpuacct/docker/abc" })
    #expect(cpu.contains { $0.directory == "/sys/fs/cgroup/cpu/docker/abc" })
    #expect(ControlGroup.all(in: "", controller: "cpu") == [])
    #expect(ControlGroup.all(in: "nonsense\n7:\n", controller: "cpu") == [])
  }

  @Test func `read memory limits of version 2, cached files counted as free`() throws {
    let directory = try Directory([
      "memory.max": "1000000\n", "memory.current": "700000\n",
      "memory.stat": "anon 5\ninactive_file 200000\nfile 9\n",
    ])
    let group = ControlGroup(name: "/a", directory: directory.path, isVersion2: true)
    let limit = try #require(group.memoryLimit())
    #expect(limit == (1_000_000, 500_000))
  }

  @Test func `know no limit where there is none`() throws {
    let directory = try Directory([
      "memory.max": "max\n", "memory.current": "5\n", "cpu.max": "max 100000\n",
    ])
    let group = ControlGroup(name: "/", directory: directory.path, isVersion2: true)
    #expect(group.memoryLimit() == nil)
    #expect(group.processorQuota() == nil)
    let empty = ControlGroup(name: "/", directory: "/nowhere", isVersion2: true)
    #expect(empty.memoryLimit() == nil)
    #expect(empty.processorQuota() == nil)
  }

  @Test func `read memory limits of version 1, where a huge number means none`() throws {
    let limited = try Directory([
      "memory.limit_in_bytes": "536870912\n", "memory.usage_in_bytes": "536870912\n",
      "memory.stat": "inactive_file 1\ntotal_inactive_file 4096\n",
    ])
    let group = ControlGroup(name: "/a", directory: limited.path, isVersion2: false)
    let limit = try #require(group.memoryLimit())
    #expect(limit == (536_870_912, 4_096))
    let free = try Directory([
      "memory.limit_in_bytes": "9223372036854771712\n", "memory.usage_in_bytes": "5\n",
    ])
    #expect(ControlGroup(name: "/", directory: free.path, isVersion2: false).memoryLimit() == nil)
  }

  @Test func `read processor quotas of both versions`() throws {
    let second = try Directory(["cpu.max": "150000 100000\n"])
    #expect(
      ControlGroup(name: "/", directory: second.path, isVersion2: true).processorQuota() == 1.5)
    let first = try Directory(["cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"])
    #expect(
      ControlGroup(name: "/", directory: first.path, isVersion2: false).processorQuota() == 0.5)
    let none = try Directory(["cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"])
    #expect(
      ControlGroup(name: "/", directory: none.path, isVersion2: false).processorQuota() == nil)
  }
}

@Suite struct `A number of bytes` {
  @Test(arguments: [
    (0, "0 bytes"), (1, "1 bytes"), (1_023, "1023 bytes"), (1_024, "1 KiB"), (1_536, "1.5 KiB"),
    (64 << 20, "64 MiB"), (3 << 30, "3 GiB"), (5 << 40, "5 TiB"), (-2_048, "-2 KiB"),
  ])
  func `is written as people read it`(_ bytes: Int, _ text: String) {
    #expect("\(ByteCount(bytes))" == text)
  }
}
