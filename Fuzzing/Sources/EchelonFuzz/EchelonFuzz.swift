import CFuzzer
import EchelonMemory
import Glibc

// A fuzzer for everything that reads bytes of another process or of a file.
//
//     echelon-fuzz TARGET FOLDER [options of libFuzzer]    seeds and findings go into FOLDER
//     echelon-fuzz TARGET FILE                             runs one input again
//
// Seeds are made by this program, from the same writers that the library has.

/// Something that takes bytes and must come back, whatever they are.
protocol FuzzTarget: AnyObject {
  /// Well-formed inputs to start from.
  var seeds: [[UInt8]] { get }
  /// Returns if all is well, and traps if an invariant does not hold.
  func run(_ bytes: [UInt8])
}

/// Why a target cannot be run on this system.
struct MissingLibrary: Error {
  /// EX_UNAVAILABLE, which `run` takes for a target that is left out.
  static let exitStatus: Int32 = 69
  let description: String
}

@main enum EchelonFuzz {
  static let targets: [(name: String, make: @Sendable () throws -> any FuzzTarget)] = [
    ("function", { FunctionTarget() }), ("value", { try ValueTarget() }),
    ("error", { ErrorTarget() }), ("type", { try TypeTarget() }), ("wire", { try WireTarget() }),
    ("flight", { try FlightTarget() }), ("csv", { CSVTarget() }),
    ("csv-parts", { CSVPartsTarget() }), ("npy", { NPYTarget() }),
    ("mtx", { MatrixMarketTarget() }), ("jsonl", { JSONLinesTarget() }),
    ("npz", { try NPZTarget() }), ("raw", { RawTarget() }),
    ("hdf5", { try HDF5Target() }), ("job", { JobTarget() }), ("journal", { try JournalTarget() }),
  ]

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let target = targets.first(where: { $0.name == arguments[1] })
    else {
      print("usage: echelon-fuzz \(targets.map(\.name).joined(separator: "|")) FOLDER [options]")
      exit(64)
    }
    let made: any FuzzTarget
    do { made = try target.make() } catch let error as MissingLibrary {
      print(error.description)
      exit(MissingLibrary.exitStatus)
    }
    unsafe current = made
    var status = stat()
    if unsafe stat(arguments[2], &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      for (index, seed) in made.seeds.enumerated() {
        write(seed, to: "\(arguments[2])/seed-\(index)")
      }
    }
    var words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup(arguments[0])]
    for argument in arguments.dropFirst(2) { unsafe words.append(strdup(argument)) }
    unsafe words.append(nil)
    let count = CInt(unsafe words.count - 1)
    exit(
      unsafe words.withUnsafeMutableBufferPointer { words in
        // SAFETY: terminated texts that are never freed; the input is valid during the call.
        unsafe fuzzer_run(count, words.baseAddress) { start, count in
          let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
          unsafe current?.run(bytes)
          return 0
        }
      })
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    guard let file = unsafe fopen(path, "w") else { return }
    _ = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
    unsafe fclose(file)
  }
}

/// The fuzzer has one thread, and its callback captures nothing.
nonisolated(unsafe) private var current: (any FuzzTarget)?
