import Echelon
import EchelonFiles
import EchelonLinearAlgebra

/// What can be read from the system.
extension DoctorReport {
  mutating func inspectMachine() {
    beginSection("Machine")
    add("Echelon", EchelonCommand.release)
    let kernel = SystemFile.read("/proc/sys/kernel/osrelease")?.split(separator: "\n").first
    add("Kernel", "Linux \(kernel ?? "of unknown version")")

    let processors = MachineLimits.processors()
    let quota = processors.quota.map { "quota of \($0.rounded(significantDigits: 3))" }
    add(
      "Processors",
      "\(processors.count) usable (\(processors.affinity) in the affinity mask, "
        + "\(quota ?? "no quota"))",
      .object([
        ("usable", .integer(processors.count)), ("affinity", .integer(processors.affinity)),
        ("quota", processors.quota.map { .number($0) } ?? .null),
      ]))
    if let quota = processors.quota, quota < Double(processors.affinity) {
      advise(
        "Raise the CPU quota of the control group (docker run --cpus, cpu.max): it allows "
          + "\(quota.rounded(significantDigits: 3)) of \(processors.affinity) processors.")
    }

    let levels = InstructionSet.available.map(\.name)
    add(
      "Instruction set", "\(InstructionSet.active) in use, \(levels.joined(separator: ", ")) there",
      .object([
        ("active", .string(InstructionSet.active.name)),
        ("available", .array(levels.map { .string($0) })),
      ]))
    if InstructionSet.requestIsUnavailable {
      advise(
        "Unset \(InstructionSet.environmentVariable): it names an instruction set that this machine "
          + "does not have; one of \(levels.joined(separator: ", ")).")
    }
  }

  mutating func inspectMemory() {
    beginSection("Memory")
    let memory = MachineLimits.memory()
    add("Usable", "\(ByteCount(memory.totalBytes))", .integer(memory.totalBytes))
    add(
      "Available", "\(ByteCount(memory.availableBytes)), by \(memory.limitedBy)",
      .object([
        ("bytes", .integer(memory.availableBytes)), ("limited_by", .string(memory.limitedBy)),
      ]))
    if let space = Folder.space(at: "/dev/shm") {
      add(
        "/dev/shm", "\(ByteCount(space.total)), \(ByteCount(space.free)) free",
        .object([("bytes", .integer(space.total)), ("free_bytes", .integer(space.free))]))
    } else {
      add("/dev/shm", "not there", .null)
    }
    func chosen(_ name: String) -> String {
      let text = SystemFile.read("/sys/kernel/mm/transparent_hugepage/\(name)") ?? ""
      // `always [madvise] never`
      guard let start = text.firstIndex(of: "["), let end = text.firstIndex(of: "]") else {
        return "unknown"
      }
      return String(text[text.index(after: start)..<end])
    }
    let reserved = SystemFile.number("/proc/meminfo", key: "HugePages_Total") ?? 0
    add(
      "Huge pages",
      "transparent: \(chosen("enabled")), for shared memory: \(chosen("shmem_enabled")), "
        + "reserved: \(reserved)",
      .object([
        ("transparent", .string(chosen("enabled"))),
        ("shared_memory", .string(chosen("shmem_enabled"))), ("reserved", .integer(reserved)),
      ]))
  }

  /// Which kind of shared memory a pool takes, and whether each of them works.
  mutating func inspectBackings() {
    beginSection("Shared memory")
    var notes: [String] = []
    do {
      let pool = try ProcessPool(workers: 1)
      notes = pool.backingNotes
      let reason = notes.isEmpty ? "the first choice" : notes.joined(separator: "; ")
      add(
        "Chosen", "\(pool.backing) (\(reason))",
        .object([
          ("backing", .string(pool.backing.rawValue)),
          ("notes", .array(notes.map { .string($0) })),
        ]))
      add("Limit of a pool", "\(ByteCount(pool.memoryLimit))", .integer(pool.memoryLimit))
      if pool.backing != .hugePages {
        advise(
          "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1; in Docker, "
            + "--security-opt seccomp=unconfined) or run as root: huge pages make the first use of "
            + "new memory about ten times faster.")
      }
      if pool.backing == .anonymousFile {
        advise(
          "Make /dev/shm larger (docker run --shm-size=8g) to have \(ArenaBacking.sharedMemory).")
      }
    } catch {
      add("Chosen", "none: \(error)")
    }
    for backing in ArenaBacking.allCases {
      do {
        // Small enough for any /dev/shm: this asks whether it works, not how far it reaches.
        let pool = try ProcessPool(workers: 1, backing: backing, memoryLimit: 4 << 20)
        let array = try pool.array(repeating: 1.0, count: 1000)
        add(
          backing.rawValue, array[999] == 1 ? "works" : "gives wrong values",
          .bool(array[999] == 1))
      } catch {
        add(backing.rawValue, "\(error)", .bool(false))
      }
    }
  }

  mutating func inspectLimits(workerCount: Int) {
    beginSection("Limits")
    for (name, label) in [("Open files", "Max open files"), ("Processes", "Max processes")] {
      let words = SystemFile.read("/proc/self/limits")?.split(separator: "\n")
        .first { $0.hasPrefix(label) }?.dropFirst(label.count).split(separator: " ")
      guard let words, words.count >= 2 else { continue }
      let (soft, hard) = (String(words[0]), String(words[1]))
      add(
        name, soft == hard ? soft : "\(soft), at most \(hard)",
        .object([("soft", .string(soft)), ("hard", .string(hard))]))
      // Descriptors: a pidfd and a pipe for each worker. Processes: the workers and their threads.
      if let limit = Int(soft), limit < 8 * workerCount + 64 {
        advise(
          "Raise the limit of \(label.dropFirst(4)) (ulimit): \(limit) is little for "
            + "\(NumberText.count(workerCount, "worker")).")
      }
    }
  }
}
