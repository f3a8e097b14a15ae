import Glibc

/// A way for a process to end itself.
public enum OwnDeath: String, CaseIterable, Codable, Sendable {
  case kill, exitZero, exitThree, abort, fatalError, badAccess, stackOverflow, trap

  /// Ends this process.
  public func happen() -> Never {
    switch self {
    case .kill: Glibc.kill(getpid(), SIGKILL)
    case .exitZero: exit(0)
    case .exitThree: exit(3)
    case .abort: Glibc.abort()
    case .fatalError: Swift.fatalError("on purpose")
    case .badAccess: unsafe UnsafeMutablePointer<Int>(bitPattern: 8)!.pointee = 1
    case .stackOverflow: _ = descend(Int(getpid()), (1, 2, 3, 4, 5, 6, 7, 8))
    case .trap: _ = [Int](repeating: 0, count: 1)[Int(getpid())]
    }
    while true { pause() }
  }
}

@inline(never)
private func descend(_ depth: Int, _ filler: (Int, Int, Int, Int, Int, Int, Int, Int)) -> Int {
  if depth == 0 { return filler.0 }
  let below = descend(
    depth &+ 1, (filler.7, filler.0, filler.1, filler.2, filler.3, filler.4, filler.5, filler.6))
  return below &* 31 ^ (below >> 3) &+ depth
}

/// Says "yes" a fixed number of times, across processes and their deaths.
///
/// Bitwise copyable, so that it can go with a map. Each "yes" is a file that can be made only once.
public struct Countdown: BitwiseCopyable, Codable, Sendable {
  private let id: UInt64
  private let times: Int32

  /// Says "yes" `times` times.
  public init(_ times: Int) {
    id = UInt64.random(in: 0..<UInt64.max)
    self.times = Int32(times)
  }

  private func path(_ index: Int32) -> String { "/tmp/echelon-test-\(id)-\(index)" }

  /// Whether it is to happen once more.
  public func take() -> Bool {
    for index in 0..<times {
      let descriptor = unsafe open(path(index), O_CREAT | O_EXCL | O_WRONLY, 0o600)
      if descriptor >= 0 {
        close(descriptor)
        return true
      }
    }
    return false
  }

  /// How often it has happened.
  public var taken: Int { (0..<times).count { index in unsafe access(path(index), F_OK) == 0 } }

  /// Removes the files.
  public func clear() { for index in 0..<times { _ = unsafe unlink(path(index)) } }
}
