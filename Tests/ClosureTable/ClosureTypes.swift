// What the closures of the table capture: types that a user could write, private ones among them in
// the files beside this one.

public struct Pair<First: Sendable, Second: Sendable>: Sendable {
  var first: First
  var second: Second
}
extension Pair: Codable where First: Codable, Second: Codable {}

public struct Settings: Codable, Sendable, Equatable {
  var name: String
  var steps: [Int]
  var weights: [String: Double]
  var parent: Parent?

  public struct Parent: Codable, Sendable, Equatable { var id: UInt16; var tags: Set<String> }
}

public enum Method: Codable, Sendable, Equatable {
  case euler
  case runge(order: Int)
  case named(String, [Double])
  indirect case chain(Method, Method)
}

public enum Side: Sendable, CaseIterable { case left, right, both }

public struct Point: Sendable, Equatable {
  var x: Double
  var y: Double
  func scaled(_ by: Double) -> Double { (x + y) * by }
  static func sum(_ a: Double, _ b: Double) -> Double { a + b }
}

/// One array and nothing else: in memory it is the array.
public struct Polynomial: Sendable {
  var coefficients: [Double]
  func callAsFunction(_ x: Double) -> Double { coefficients.reversed().reduce(0) { $0 * x + $1 } }
}

public protocol Model: Sendable { func value(_ x: Double) -> Double }
public struct Linear: Model, Codable {
  var slope: Double; public func value(_ x: Double) -> Double { slope * x }
}
public struct Table: Model, Codable {
  var values: [String: Double]
  public func value(_ x: Double) -> Double { values.values.reduce(x, +) }
}
struct Unsendable: Model {
  var text = "a"
  func value(_ x: Double) -> Double { x }
}
public final class Curve: Model, Codable, Hashable {
  public func value(_ x: Double) -> Double { x }
  public static func == (a: Curve, b: Curve) -> Bool { true }
  public func hash(into hasher: inout Hasher) {}
}
/// Stores an object, and says by being Codable how it travels.
public struct Drawing: Codable, Sendable, Equatable {
  var name: String; var curve: Curve
}

final class Counter: Sendable {
  let start: Int
  init(_ start: Int) { self.start = start }
  func next(_ by: Int) -> Int { start + by }
}
actor Clerk { var count = 0 }

/// Not Codable: travels property by property.
struct Plain: Sendable {
  var name: String; var number: UInt8; var inner: Inner
  struct Inner: Sendable { var list: [Int]; var value: Double? }
}
/// Not Codable, and holds an object.
struct Holder: Sendable { var name: String; var counter: Counter }
struct Token: ~Copyable, Sendable { let id: Int }

/// A generic type whose methods make closures.
public struct Scaler<Value: Sendable & Numeric & Codable>: Sendable, Codable {
  var factor: Value
  func scale(_ value: Value) -> Value { value * factor }
  func closure() -> @Sendable (Value) -> Value { { scale($0) } }
}
