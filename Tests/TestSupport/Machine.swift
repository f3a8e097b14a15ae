import EchelonMemory
import Glibc

/// What the kernel says about processes, this one and others.
public enum Machine {
  /// The state letter of a process (R, S, T, Z …); nil when there is none.
  public static func state(of processID: Int32) -> Character? {
    guard let text = SystemFile.read("/proc/\(processID)/stat"), !text.isEmpty,
      let end = text.lastIndex(of: ")")
    else { return nil }
    return text[text.index(after: end)...].first { $0 != " " }
  }

  /// Whether a process runs no more; one whose status nobody has collected yet counts as gone.
  public static func isGone(_ processID: Int32) -> Bool {
    guard let state = state(of: processID) else { return true }
    return state == "Z" || state == "X"
  }

  /// The processes whose parent is `processID`.
  public static func children(of processID: Int32) -> [Int32] {
    list("/proc").compactMap { Int32($0) }.filter { child in
      guard let text = SystemFile.read("/proc/\(child)/stat"), let end = text.lastIndex(of: ")")
      else { return false }
      let fields = text[text.index(after: end)...].split(separator: " ")
      return fields.count > 1 && fields[1] == "\(processID)"
    }
  }

  /// Living processes, other than this one, whose environment as they began holds `text`.
  public static func processes(withEnvironment text: String) -> [Int32] {
    let me = getpid()
    return list("/proc").compactMap { Int32($0) }.filter { process in
      process != me && SystemFile.read("/proc/\(process)/environ")?.contains(text) == true
        && !isGone(process)
    }
  }

  /// Open descriptors of this process.
  public static var descriptors: Set<Int32> {
    Set(list("/proc/self/fd").compactMap { Int32($0) }.filter { fcntl($0, F_GETFD) >= 0 })
  }

  /// Those of them that a pool could have opened; the dispatch library opens its timers when it likes.
  public static var poolDescriptors: Set<Int32> {
    descriptors.filter { descriptor in
      let file = file(behind: descriptor)
      return !file.hasSuffix("[timerfd]") && !file.hasSuffix("[eventpoll]")
    }
  }

  /// What a descriptor of this process stands for.
  public static func file(behind descriptor: Int32) -> String {
    var name = [CChar](repeating: 0, count: 256)
    let count = unsafe readlink("/proc/self/fd/\(descriptor)", &name, 255)
    return "\(descriptor) "
      + String(decoding: name.prefix(max(0, count)).map(UInt8.init), as: UTF8.self)
  }

  /// Threads of this process, by name.
  public static var threadNames: [String] {
    list("/proc/self/task").compactMap {
      SystemFile.read("/proc/self/task/\($0)/comm")?.split(separator: "\n").first.map(String.init)
    }
  }

  /// Private memory of this process, in bytes.
  public static var privateBytes: Int {
    (SystemFile.number("/proc/self/status", key: "RssAnon") ?? 0) * 1024
  }

  /// Mappings of this process.
  public static var mappingCount: Int {
    SystemFile.read("/proc/self/maps")?.split(separator: "\n").count ?? 0
  }

  /// What lies in /dev/shm under this package's name.
  public static var namedSharedMemory: [String] {
    list("/dev/shm").filter { $0.hasPrefix("echelon") }
  }

  /// A small text file; nil when there is none.
  public static func text(at path: String) -> String? { SystemFile.read(path) }

  /// Writes a small text file.
  /// - Returns: whether it could be opened.
  public static func write(_ text: String, to path: String) -> Bool {
    guard let file = unsafe fopen(path, "w") else { return false }
    unsafe fputs(text, file)
    return unsafe fclose(file) == 0
  }

  /// Names in a directory.
  public static func list(_ path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // SAFETY: the entry stays valid until the next `readdir`, and its name ends with a zero.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
