import TestSupport
import Testing

/// The model of the protocol in `docs/model` and the code name the same steps.
@Suite struct `The model and the code` {
  private static let package = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

  /// The names in `MODEL(name)`, wherever they stand.
  private func steps(in text: String) -> Set<String> {
    var names: Set<String> = []
    var rest = text[...]
    while let mark = rest.firstRange(of: "MODEL(") {
      rest = rest[mark.upperBound...]
      guard let end = rest.firstIndex(of: ")") else { break }
      names.insert(String(rest[..<end]))
    }
    return names
  }

  private func steps(below folder: String, named suffix: String) throws -> Set<String> {
    var names: Set<String> = []
    for name in Machine.list(folder) {
      let path = "\(folder)/\(name)"
      if name.hasSuffix(suffix) {
        names.formUnion(steps(in: try #require(Machine.text(at: path))))
      } else if !name.contains(".") {
        names.formUnion(try steps(below: path, named: suffix))
      }
    }
    return names
  }

  @Test func `name the same steps`() throws {
    let code = try steps(below: Self.package + "/Sources", named: ".swift")
    let model = try steps(below: Self.package + "/docs/model", named: ".pml")
    #expect(code.count > 50)
    #expect(code.subtracting(model).sorted() == [], "in the code and not in the model")
    #expect(model.subtracting(code).sorted() == [], "in the model and not in the code")
  }

  @Test func `every mutation of a model is among the cases that have to fail`() throws {
    let folder = Self.package + "/docs/model"
    let cases = try #require(Machine.text(at: folder + "/cases"))
    for name in Machine.list(folder) where name.hasSuffix(".pml") {
      let text = try #require(Machine.text(at: "\(folder)/\(name)"))
      let model = name.dropLast(4)
      let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      for bug in Set(words) where bug.hasPrefix("BUG_") {
        let line = cases.split(separator: "\n").first {
          $0.contains("fails \(model) ") && $0.hasSuffix("-D\(bug)")
        }
        #expect(line != nil, "\(name): \(bug)")
      }
    }
  }
}
