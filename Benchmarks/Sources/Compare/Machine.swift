import CPeers
import Echelon
import EchelonComparison
import EchelonLinearAlgebra
import Foundation

/// Where and with what the numbers were taken: a number without that is hearsay.
enum Machine {
  /// A record of a run that has measured nothing so far.
  /// - Parameter needs: what its figures are measured beside.
  static func record(
    _ setup: Setup, arguments: [String], needs: Set<Requisite>
  ) -> ComparisonRecord {
    func version(_ library: PythonLibrary) -> String? {
      needs.contains(.library(library)) ? library.version : nil
    }
    let libraries = PythonLibrary.allCases.map(Requisite.library)
    let usesPython = needs.contains(.python) || !needs.isDisjoint(with: libraries)
    let usesOpenMP = needs.contains(.openMP) || needs.contains(.monteCarlo)
    return ComparisonRecord(
      date: Date(), command: arguments,
      machine: ComparisonRecord.Machine(
        processor: processor, cores: ProcessInfo.processInfo.activeProcessorCount, memory: memory,
        kernel: file("/proc/sys/kernel/osrelease") ?? "unknown", distribution: distribution,
        governor: file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
      versions: ComparisonRecord.Versions(
        echelon: commit ?? "unknown",
        swift: swift, blas: "\(BLASInfo.current)", lapack: lapack,
        python: usesPython ? PythonLibrary.python : nil,
        numpy: usesPython ? PythonLibrary.numpy.version : nil, numexpr: version(.numexpr),
        numba: version(.numba), loky: version(.loky), gcc: usesOpenMP ? gcc : nil),
      workers: setup.workers, pairs: setup.pairs, shrink: setup.shrink)
  }

  /// A line above the table.
  static func describe(_ record: ComparisonRecord) -> String {
    let machine = record.machine
    return """
      \(machine.processor) (\(machine.cores) cores), Linux \(machine.kernel), \
      commit \(record.versions.echelon), \(record.pairs), \(record.workers) workers, sums by \
      \(unsafe String(cString: peer_sum_instruction_set())); \
      `echelon-compare \(record.command.dropFirst().joined(separator: " "))`
      """
  }

  private static var processor: String {
    value(of: "model name", in: "/proc/cpuinfo") ?? "unknown processor"
  }

  /// The commit of the folder that this program is of; nil where that is no checkout of its own, but perhaps lies inside
  /// another one.
  private static var commit: String? {
    func git(_ words: String...) -> String? {
      // What a hook of git's has set would name another repository.
      output(["-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "git", "-C", Checkout.folder] + words)
    }
    return git("rev-parse", "--show-prefix") == "" ? git("describe", "--always", "--dirty") : nil
  }

  /// As in `Debian GNU/Linux 12 (bookworm)`.
  private static var distribution: String? {
    let line = file("/etc/os-release")?.split(separator: "\n").first {
      $0.hasPrefix("PRETTY_NAME=")
    }
    return line?.split(separator: "=").last.map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: "\"'"))
    }
  }

  /// The compiler that made the library with OpenMP.
  private static var gcc: String? {
    unsafe peer_openmp_compiler().map { unsafe String(cString: $0) }
  }

  private static var memory: Int {
    let kibibytes = value(of: "MemTotal", in: "/proc/meminfo")?.split(separator: " ").first
    return (kibibytes.flatMap { Int($0) } ?? 0) * 1024
  }

  /// The bytes of the largest cache of a core, as the kernel says it; 0 where it does not.
  static var largestCache: Int {
    (0..<8).compactMap { index in
      // As in `32768K`.
      let text = file("/sys/devices/system/cpu/cpu0/cache/index\(index)/size")
      return text.flatMap { Int($0.prefix { $0.isNumber }) }.map { $0 * 1024 }
    }.max() ?? 0
  }

  /// The library of the compiler that made this program, which carries it inside.
  private static var swift: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  /// `liblapack` stands for whatever the system has chosen.
  private static var lapack: String {
    let library = BLASInfo.current
    return library.implementation == .openBLAS ? "of the BLAS" : "liblapack"
  }

  /// What stands behind a colon in the first line that begins so.
  private static func value(of name: String, in path: String) -> String? {
    let line = file(path)?.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static func file(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(
      in: .whitespacesAndNewlines)
  }

  /// What a program writes; nil when it fails.
  static func output(_ words: String...) -> String? { output(words) }

  private static func output(_ words: [String]) -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil, let bytes = try? pipe.fileHandleForReading.readToEnd()
    else { return nil }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
