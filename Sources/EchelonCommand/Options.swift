import ArgumentParser
import Echelon
import EchelonFiles

/// How many processes work.
struct WorkerOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Worker processes, 1 to 256; by default as many as affinity and quota allow.",
      valueName: "n"))
  var workers: Int?

  func validate() throws {
    if let workers, !(1...256 ~= workers) {
      throw ValidationError("--workers must be 1 to 256, not \(workers)")
    }
  }

  /// The number that was asked for, or that the machine suggests.
  var count: Int { workers ?? min(256, MachineLimits.processors().count) }
}

/// What files without a format of their own hold.
struct RawOptions: ParsableArguments {
  @Option(
    name: .customLong("raw"),
    help: ArgumentHelp(
      "The files are plain numbers of this type: f8le, i2be:3 in rows of 3, f4le:2@128 after 128 bytes.",
      valueName: "type"),
    completion: .list([
      "f8le", "f8be", "f4le", "f4be", "i8le", "i4le", "i4be", "i2le", "i2be", "i1", "u8le", "u4le",
      "u2le", "u1", "b1",
    ]),
    transform: { text in
      guard let format = RawFormat(text) else {
        throw ValidationError(
          "'\(text)' is no type of numbers; write b1, i1, u1, or i2, i4, i8, u2, u4, u8, f2, f4, f8, c8, c16 "
            + "with le or be, as in f8le:3@128 for 3 columns after 128 bytes")
      }
      return format
    })
  var rawFormat: RawFormat?
}

/// How a result is written to standard output.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case table, json, csv
}

/// Whether a result has colours.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}

/// The choice of colours, which holds for all that is written.
struct ColorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Colours and bold text; auto has them on a terminal, unless NO_COLOR is set.",
      valueName: "when"))
  var color = ColorChoice.auto

  func validate() { Console.use(color) }
}

/// The choice of an output format.
struct FormatOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the result is written; json and csv have all digits.", valueName: "format"))
  var format: OutputFormat = .table
  @OptionGroup var color: ColorOptions
}

/// A number of samples, which people write as `1e8` or `10_000_000`.
struct SampleCount: ExpressibleByArgument {
  let count: Int

  init(_ count: Int) { self.count = count }

  init?(argument: String) {
    let digits = argument.filter { $0 != "_" && $0 != "," }
    if let count = Int(digits) {
      self.count = count
    } else if let number = Double(digits), let count = Int(exactly: number) {
      self.count = count
    } else {
      return nil
    }
    guard 2...1_000_000_000_000 ~= count else { return nil }
  }

  var defaultValueDescription: String { NumberText.grouped(count) }
}

/// A case of an enum of the library, by its name.
struct Named<Value: CaseIterable & RawRepresentable<String>>: ExpressibleByArgument {
  let value: Value

  init(_ value: Value) { self.value = value }

  init?(argument: String) {
    guard let value = Value(rawValue: argument) else { return nil }
    self.value = value
  }

  static var allValueStrings: [String] { Value.allCases.map(\.rawValue) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
  var defaultValueDescription: String { value.rawValue }
}
