import CEchelon

/// How often the kernel has killed a process for want of memory, in this process's control groups
/// and on the whole machine: read before and after a death, it tells why.
///
/// Sources: `cgroup-v2.rst` (memory.events, oom_kill), `cgroup-v1/memory.rst` (memory.oom_control),
/// `/proc/vmstat` (oom_kill). A process of someone else in the same group counts as well, so the
/// answer is what is likely, not what is proved.
package struct OutOfMemoryCount: Equatable, Sendable {
  /// By the name of what ran out.
  package private(set) var kills: [String: Int] = [:]

  package init(_ kills: [String: Int] = [:]) { self.kills = kills }

  /// Counts now.
  package static func now() -> OutOfMemoryCount {
    var counts = OutOfMemoryCount()
    if SimulatedMachine.current != nil { return counts }
    for group in ControlGroup.ofThisProcess(controller: "memory") {
      let file = group.isVersion2 ? "memory.events" : "memory.oom_control"
      let path = "\(group.directory)/\(file)"
      guard let kills = SystemFile.number(path, key: "oom_kill ") else { continue }
      counts.kills["control group \(group.name)", default: 0] += kills
    }
    if let kills = SystemFile.number("/proc/vmstat", key: "oom_kill ") {
      counts.kills[wholeMachine] = kills
    }
    return counts
  }

  static let wholeMachine = "the machine"

  /// What has run out of memory since `earlier`: the control group nearest to the process, or the
  /// machine; nil for nothing.
  package func cause(since earlier: OutOfMemoryCount) -> String? {
    let grown = kills.filter { name, count in count > earlier.kills[name] ?? count }.map(\.key)
    // The kernel counts a group's kills on the machine, too. The longest path is the nearest group.
    return grown.filter { $0 != Self.wholeMachine }.max { $0.count < $1.count }
      ?? (grown.contains(Self.wholeMachine) ? Self.wholeMachine : nil)
  }
}
