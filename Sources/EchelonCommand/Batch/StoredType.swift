import ArgumentParser
import EchelonFiles

/// The type that numbers are written as: `f4`, and in plain numbers also `f4be`.
struct StoredType: Codable, Sendable, CustomStringConvertible, ExpressibleByArgument {
  let element: NPYElementType
  let isBigEndian: Bool

  /// Types that tables of numbers can be written as.
  private static let types = NPYElementType.allCases.filter { $0 != .bool }

  static var allValueStrings: [String] { types.map(\.rawValue) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  init?(argument: String) {
    isBigEndian = argument.hasSuffix("be")
    let name = isBigEndian || argument.hasSuffix("le") ? String(argument.dropLast(2)) : argument
    guard let element = Self.types.first(where: { $0.rawValue == name }) else { return nil }
    self.element = element
  }

  var description: String { element.rawValue + (isBigEndian ? "be" : "") }

  /// Whether the numbers have no fractions, and no more digits than they are given.
  var hasIntegers: Bool { element.rawValue.hasPrefix("i") || element.rawValue.hasPrefix("u") }

  /// The types that an operation writes; none of one that has no choice.
  static func names(for operation: BatchOperation) -> [String] {
    allValueStrings.filter { StoredType(argument: $0)?.fits(operation) ?? false }
  }

  /// Whether the operation writes such numbers.
  func fits(_ operation: BatchOperation) -> Bool {
    switch operation {
    case .toNumbers: true
    case .toNPY, .toNPZ: !isBigEndian
    case .toHDF5: !isBigEndian && ![.float16, .complex64, .complex128].contains(element)
    default: false
    }
  }
}
