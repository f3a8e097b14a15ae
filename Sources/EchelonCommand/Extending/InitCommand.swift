import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import EchelonTables

/// `echelon init`: a package of a command with operations of the user's own.
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "A Swift package for a command like this one, with operations of your own.",
    discussion: """
      Writes a folder NAME with a package that depends on Echelon, and one operation of the same name to begin with, in \
      Sources/NAME/Tool.swift. The command that it builds has all that this one has, and its operations are steps of batch. \
      It runs them in worker processes: a crash costs an attempt of one file.

      EXAMPLES
        echelon init mine
        cd mine && swift build -c release
        .build/release/mine batch --do mine ../data/iris.csv --output out
      """)

  @Argument(help: "The name: letters, digits and _, a letter first.")
  var name: String
  @Option(
    help: ArgumentHelp(
      "Where Echelon is: its folder, or the URL of its repository; by default the folder in which this command was built.",
      valueName: "path"), completion: .directory)
  var package: String?

  func validate() throws {
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    guard let first = name.utf8.first, isLetter(first),
      name.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5F })
    else {
      throw ValidationError("'\(name)' is no name; take letters, digits and _, a letter first")
    }
    guard !name.lowercased().hasPrefix("echelon"), name != "Swift" else {
      throw ValidationError("a module is called '\(name)' already; choose another name")
    }
    guard !BatchStep.names.contains(name) else {
      throw ValidationError("'\(name)' is an operation already; choose another name")
    }
  }

  func run() throws {
    guard Folder.entry(at: name) == .unknown else {
      throw WrongUse("\(name) is there already; choose another name", command: "init")
    }
    guard let dependency = package ?? Self.ownPackage else {
      throw WrongUse(
        "this command is not in the folder in which it was built; say by --package where Echelon is",
        command: "init")
    }
    let template = try PackageTemplate(name: name, dependency: dependency)
    let sources = "\(name)/Sources/\(name)"
    do throws(FileSystemError) { try Folder.create(sources) } catch {
      throw FileError(error, path: sources)
    }
    for (path, text) in template.files {
      var writer = try AtomicFileWriter(path: "\(name)/\(path)")
      try writer.write(text)
      try writer.commit()
    }
    Console.writeError(
      """
      \(name)/Sources/\(name)/Tool.swift has the operation '\(name)'; change it, and build it with
        cd \(name) && swift build -c release
      """)
  }
}

extension InitCommand {
  /// The folder of the package that the executable was built in, as long as it lies there.
  fileprivate static var ownPackage: String? {
    var path = Folder.absolutePath(of: "/proc/self/exe") ?? ""
    while let slash = path.lastIndex(of: "/") {
      path = String(path[..<slash])
      if Folder.entry(at: path + "/Sources/EchelonCommand") == .folder { return path }
    }
    return nil
  }
}

/// The files of such a package.
struct PackageTemplate {
  let files: [(path: String, text: String)]

  /// - Parameter dependency: a folder with a `Package.swift`, or a URL.
  init(name: String, dependency: String) throws {
    let location: String
    if dependency.contains("://") || dependency.hasPrefix("git@") {
      location = "url: \(Self.literal(dependency)), branch: \"main\""
    } else {
      guard case .file = Folder.entry(at: dependency + "/Package.swift"),
        let path = Folder.absolutePath(of: dependency)
      else {
        throw WrongUse(
          "\(dependency) has no Package.swift; --package takes the folder of Echelon or a URL",
          command: "init")
      }
      location = "path: \(Self.literal(path))"
    }
    // What SwiftPM calls a package is the end of its place.
    var identity = InputFiles.name(
      Folder.absolutePath(of: dependency)
        ?? (dependency.hasSuffix("/") ? String(dependency.dropLast()) : dependency))
    if identity.hasSuffix(".git") { identity = String(identity.dropLast(4)) }
    files = [
      (
        "Package.swift",
        """
        // swift-tools-version: 6.3
        import PackageDescription

        let package = Package(
          name: "\(name)",
          dependencies: [.package(\(location))],
          targets: [
            .executableTarget(
              name: "\(name)",
              dependencies: [.product(name: "EchelonCommand", package: \(Self.literal(identity)))])
          ],
          swiftLanguageModes: [.v6]
        )

        """
      ),
      (
        "Sources/\(name)/Tool.swift",
        """
        import EchelonCommand

        /// The command `echelon` with operations of its own, which are steps of `batch`.
        @main enum Tool {
          static func main() async { await CommandLineTool.run("\(name)") { operations } }

          /// Each has the table before it, and what stands behind its name: `batch --do '\(name) 3' …`.
          static var operations: [UserOperation] {
            [
              UserOperation("\(name)", help: "every number times a factor, 2 by default") {
                table, argument in
                guard let factor = argument.isEmpty ? 2 : Double(argument) else {
                  throw Problem(description: "'\\(argument)' is no factor")
                }
                return table.mappingNumbers { $0 * factor }
              }
            ]
          }
        }

        struct Problem: Error, CustomStringConvertible {
          let description: String
        }

        """
      ),
      (".gitignore", ".build\n"),
    ]
  }

  /// A string of Swift.
  private static func literal(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
