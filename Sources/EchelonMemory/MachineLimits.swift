import CEchelon

/// What this process may use of the machine: its affinity, its control groups, its memory.
///
/// Sources: `cgroups(7)`, the kernel's `cgroup-v2.rst` (memory.max, memory.current, cpu.max) and
/// `cgroup-v1` (memory.limit_in_bytes, cpu.cfs_quota_us).
public enum MachineLimits {
  /// How many processors this process may keep busy, and what says so.
  public struct Processors: Sendable {
    /// The smaller of affinity and quota, at least 1.
    public let count: Int
    /// Processors in the affinity mask.
    public let affinity: Int
    /// The quota of the control groups in processors, if there is one.
    public let quota: Double?
  }

  /// Memory that can still be had, and what limits it.
  public struct Memory: Sendable {
    /// Bytes that can be committed without calling the out-of-memory killer.
    public let availableBytes: Int
    /// What `availableBytes` follows from: `MemAvailable` or the path of a control group.
    public let limitedBy: String
    /// All memory this process could ever have: the machine's, or the smallest control group's.
    public let totalBytes: Int
  }

  /// Affinity and quota, read now.
  public static func processors() -> Processors {
    if let machine = SimulatedMachine.current {
      return Processors(
        count: machine.processorCount, affinity: machine.processorCount, quota: nil)
    }
    let affinity = Int(echelon_affinity_count())
    var quota: Double?
    for group in ControlGroup.ofThisProcess(controller: "cpu") {
      guard let processors = group.processorQuota() else { continue }
      quota = min(quota ?? .infinity, processors)
    }
    let allowed = quota.map { max(1, Int($0.rounded(.up))) } ?? affinity
    return Processors(count: max(1, min(affinity, allowed)), affinity: affinity, quota: quota)
  }

  /// The processors of the affinity mask, by number.
  public static func allowedProcessors() -> [Int] {
    // SAFETY: the call initialises as many numbers as it reports.
    unsafe [Int32](unsafeUninitializedCapacity: 65_536) { numbers, count in
      count = unsafe echelon_affinity_list(numbers.baseAddress, 65_536)
    }.map(Int.init)
  }

  /// Free memory of the machine and of every control group above this process, read now.
  public static func memory() -> Memory {
    let kibibyte = 1024
    var available = (SystemFile.number("/proc/meminfo", key: "MemAvailable") ?? 0) * kibibyte
    var total = (SystemFile.number("/proc/meminfo", key: "MemTotal") ?? 0) * kibibyte
    var limitedBy = "the machine's free memory (MemAvailable)"
    for group in ControlGroup.ofThisProcess(controller: "memory") {
      guard let (limit, headroom) = group.memoryLimit() else { continue }
      total = min(total, limit)
      if headroom < available {
        available = headroom
        limitedBy = "the memory limit of control group \(group.name)"
      }
    }
    return Memory(availableBytes: max(0, available), limitedBy: limitedBy, totalBytes: total)
  }
}

/// One control group that a process is under.
package struct ControlGroup: Equatable {
  package let name: String
  package let directory: String
  package let isVersion2: Bool

  package init(name: String, directory: String, isVersion2: Bool) {
    self.name = name
    self.directory = directory
    self.isVersion2 = isVersion2
  }

  /// This process's own group and all above it, for one controller, version 1 or 2.
  static func ofThisProcess(controller: String) -> [ControlGroup] {
    SystemFile.read("/proc/self/cgroup").map { all(in: $0, controller: controller) } ?? []
  }

  /// The groups that a `/proc/PID/cgroup` names, and all above them, for one controller.
  package static func all(in text: String, controller: String) -> [ControlGroup] {
    var groups: [ControlGroup] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isVersion2 = fields[0] == "0" && fields[1].isEmpty
      let controllers = fields[1].split(separator: ",")
      guard isVersion2 || controllers.contains(Substring(controller)) else { continue }
      let roots =
        isVersion2
        ? ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        : ["/sys/fs/cgroup/\(fields[1])", "/sys/fs/cgroup/\(controller)"]
      var components = fields[2].split(separator: "/")
      while true {
        let name = "/" + components.joined(separator: "/")
        for root in roots {
          groups.append(
            ControlGroup(
              name: name, directory: name == "/" ? root : root + name, isVersion2: isVersion2))
        }
        if components.isEmpty { break }
        components.removeLast()
      }
    }
    return groups
  }

  /// The limit in bytes and what is left of it; cached file pages count as free.
  package func memoryLimit() -> (limit: Int, headroom: Int)? {
    let names =
      isVersion2
      ? ("memory.max", "memory.current", "inactive_file ")
      : ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ")
    guard let limit = SystemFile.number("\(directory)/\(names.0)"), limit < 1 << 60,
      let used = SystemFile.number("\(directory)/\(names.1)")
    else { return nil }
    let reclaimable = SystemFile.number("\(directory)/memory.stat", key: names.2) ?? 0
    return (limit, max(0, limit - used + reclaimable))
  }

  /// The quota in processors.
  package func processorQuota() -> Double? {
    if isVersion2 {
      guard
        let words = SystemFile.read("\(directory)/cpu.max")?.split(whereSeparator: \.isWhitespace),
        words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), period > 0
      else { return nil }
      return quota / period
    }
    guard let quota = SystemFile.number("\(directory)/cpu.cfs_quota_us"), quota > 0,
      let period = SystemFile.number("\(directory)/cpu.cfs_period_us"), period > 0
    else { return nil }
    return Double(quota) / Double(period)
  }
}
