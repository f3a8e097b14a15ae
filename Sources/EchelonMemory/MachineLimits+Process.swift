internal import Glibc

extension MachineLimits {
  /// Bounds the private memory of this process (`RLIMIT_DATA`) to what it has now and `byteCount` bytes
  /// more. Mappings of shared memory and of files do not count.
  /// - Returns: false when the system does not do that.
  package static func limitPrivateMemory(toFurther byteCount: Int) -> Bool {
    guard let kibibytes = SystemFile.number("/proc/self/status", key: "VmData") else {
      return false
    }
    let (total, overflow) = (kibibytes << 10).addingReportingOverflow(byteCount)
    guard !overflow else { return true }
    var limit = rlimit(rlim_cur: rlim_t(total), rlim_max: rlim_t(total))
    // SAFETY: reads one whole `rlimit`, borrowed for the call.
    return unsafe setrlimit(__rlimit_resource_t(2), &limit) == 0  // RLIMIT_DATA, an enum in C
  }
}
