// More than sixty closures, each with the captures its name says. Debug builds and optimised ones lay
// many of them out differently: boxes within boxes, generic bindings, specialised code.
import FoundationEssentials

private struct Secret: Codable, Sendable, Equatable { var text: String; var number: Int }
private struct Bits: Sendable { var a: Int8; var b: Double; var c: Bool; var d: UInt16? }
private enum Mood: Codable, Sendable { case calm, wild(Double) }
private enum Reading: BitwiseCopyable, Sendable, CustomStringConvertible {
  case count(Int), level(Double, Bool), none, lost
  // Without one, an array of these describes them by an address.
  var description: String {
    switch self {
    case .count(let count): "count \(count)"
    case .level(let level, let isHigh): "level \(level) \(isHigh)"
    case .none: "none"
    case .lost: "lost"
    }
  }
}
private struct Lines: BitwiseCopyable, Sendable { var weights: InlineArray<2, Double>; var count: Int }
private enum Maybe: Sendable { case some(Int32), none }
private struct Probe: BitwiseCopyable, Sendable {
  var first: Reading, second: Reading?; var weight: Float
}
private enum Message: Sendable { case text(String), list([Int]), at(point: Point), end }
private struct Key: Hashable, Codable, Comparable, Sendable, CustomStringConvertible {
  var number: Int
  static func < (a: Key, b: Key) -> Bool { a.number < b.number }
  var description: String { "key \(number)" }
}
private struct Other: Hashable, Codable, Sendable, CustomStringConvertible {
  var name: String
  var description: String { "other \(name)" }
}

/// Calls `visitor` with every closure that travels.
public func visitTravellers(_ visitor: any ClosureVisitor) {
  visitNumbers(visitor)
  visitCollections(visitor)
  visitForeignTypes(visitor)
  visitUserTypes(visitor)
  visitOwnTypes(visitor)
  visitFunctions(visitor)
  visitGenerics(visitor, 2.5)
  visitGenerics(visitor, 7)
  visitHashable(visitor, "text")
  visitHashable(visitor, 12)
}

private func visitNumbers(_ v: any ClosureVisitor) {
  let d = opaque(0.5), f = opaque(Float(1.5)), i = opaque(-3), b = opaque(true)
  let i8 = opaque(Int8(-8)), u16 = opaque(UInt16(16)), i128 = opaque(Int128(1) << 100)
  let infinity = opaque(-Double.infinity), nan = opaque(Double.nan)
  let half = opaque(Float16(0.5))
  let vector = opaque(SIMD4<Float>(1, 2, 3, 4)), wide = opaque(SIMD8<Double>(repeating: 0.25))
  let scalar = opaque(Unicode.Scalar("é")), character = opaque(Character("👩‍🔬"))
  let short = opaque("short"), long = opaque("a text that is too long to be a small one")
  let some = opaque(Optional(2.5)), none = opaque(Optional<Int>.none)
  v.travels("Double", { (x: Double) in x * d }, 3.0)
  v.travels("Double without arguments") { d }
  v.travels("Float") { f }
  v.travels("Int") { i * 2 }
  v.travels("Bool") { !b }
  v.travels("Bool, Int8, UInt16, Double: padding between") { b ? Double(i8) + Double(u16) : d }
  v.travels("Int8, Int128, Int8: 16 bytes aligned") { [x = i8] in "\(i128) \(x) \(i8)" }
  v.travels("infinity and NaN") { [infinity, nan].map { "\($0)" } }
  v.travels("Float16") { Double(half) }
  v.travels("SIMD4<Float>") { (vector * 2).sum() }
  v.travels("Int8, SIMD8<Double>: 64 bytes aligned") { wide.sum() + Double(i8) }
  let inline: InlineArray<3, Int> = opaque([1, 2, 3]), flags: InlineArray<2, Bool> = opaque([true, false])
  let lone: InlineArray<1, Int> = opaque([7]), lines = opaque(Lines(weights: [0.5, 2], count: 2))
  v.travels("an inline array") { inline[0] + inline[2] }
  v.travels("an inline array of one number") { lone[0] }
  v.travels("an inline array of Bools and a Double") { flags[0] && !flags[1] ? d : 0 }
  v.travels("a struct with an inline array") { lines.weights[1] * Double(lines.count) }
  v.travels("Unicode.Scalar and Character") { "\(scalar)\(character)" }
  v.travels("a small String") { short + "!" }
  v.travels("a long String") { long.count }
  v.travels("two Strings and an Int", { (x: Int) in short + long + "\(i + x)" }, 4)
  v.travels("an optional Double") { some.map { $0 + 1 } }
  v.travels("an optional Int that is nil") { none == nil }
  v.travels("an empty capture list") { [u = opaque(())] in "\(u)" }
  v.travels("a capture list that computes") { [x = d * 2, long] in "\(x) \(long)" }
}

/// Types that another library's image describes.
private func visitForeignTypes(_ v: any ClosureVisitor) {
  let url = opaque(URL(string: "https://example.org/a?b=1")!),
    date = opaque(Date(timeIntervalSince1970: 1e9))
  let identity = opaque(UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")!)
  let data = opaque(Data([1, 2, 3])), d = opaque(0.5)
  v.travels("a URL") { url.absoluteString }
  v.travels("a Date") { date.timeIntervalSince1970 }
  v.travels("a UUID") { identity.uuidString }
  v.travels("a Data") { [UInt8](data) }
  v.travels("URL, Date, UUID, Data, Double") {
    "\(url.host() ?? "") \(date.timeIntervalSince1970 * d) \(identity.uuidString) \(data.count)"
  }
  v.travels("an array of UUID") { [identity, identity].map(\.uuidString) }
}

private func visitCollections(_ v: any ClosureVisitor) {
  let d = opaque(0.5)
  let array = opaque([0.5, 1.5, 2.5]), empty = opaque([Double]()), texts = opaque(["a", "bb"])
  let nested = opaque([[1.0], [], [2, 3]]), flags = opaque([true, false]), maybe = opaque([1, nil])
  let pairs = opaque([(1, "one"), (2, "two")])
  let dictionary = opaque(["a": 1, "b": 2]), noEntries = opaque([String: Int]())
  let deep = opaque([1: ["x": [0.5]], 2: [:]]), set = opaque(Set([3, 1, 2]))
  let optionalArray = opaque(Optional([1, 2])), tuple = opaque((1, "x", [2.5]))
  let bits = opaque((Int8(1), 2.0, true)), labels = opaque((x: 1.5, y: 2))
  let contiguous = opaque(ContiguousArray([1, 2, 3]))
  let big = opaque((0..<10_000).map { Double($0) })
  let literal = [0.125, 0.25, 0.5]
  v.travels("[Double] alone", { (i: Int) in array[i] }, 1)
  v.travels("[Double] alone, not changed by a copy that grows") {
    var copy = array
    copy.append(9)
    return copy + array
  }
  v.travels("[Double] and Double") { array.map { $0 * d } }
  v.travels("the same array twice") { [other = array] in array + other }
  v.travels("an empty array alone") { empty + [1] }
  v.travels("an empty array and a Double") { empty + [d] }
  v.travels("[String] alone") { texts.joined(separator: "-") }
  v.travels("[[Double]] alone") { nested.map(\.count) }
  v.travels("[Bool] alone") { flags.map { !$0 } }
  v.travels("[Int?] alone") { maybe.compactMap { $0 } }
  v.travels("[(Int, String)] alone") { pairs.map { "\($0.0)\($0.1)" } }
  v.travels("a literal array of constants") { (literal.count, literal.reduce(0, +)).1 }
  v.travels("a large array alone") { big.reduce(0, +) }
  v.travels("a large array and a String") { [name = opaque("sum")] in "\(name) \(big.reduce(0, +))"
  }
  v.travels("ContiguousArray alone") { contiguous.reduce(0, +) }
  v.travels("[String: Int]") {
    dictionary.sorted { $0.key < $1.key }.map { "\($0.key)\($0.value)" }
  }
  v.travels("an empty dictionary") { noEntries.count }
  v.travels("[Int: [String: [Double]]]") { deep[1]?["x"]?[0] }
  v.travels("Set<Int>") { set.sorted() }
  v.travels("an optional array") { optionalArray ?? [] }
  v.travels("a tuple with a String and an array") { "\(tuple.0) \(tuple.1) \(tuple.2)" }
  v.travels("a tuple of numbers") { Double(bits.0) + bits.1 + (bits.2 ? 1 : 0) }
  v.travels("a tuple with labels") { labels.x * Double(labels.y) }
}

private func visitUserTypes(_ v: any ClosureVisitor) {
  struct Local: Codable, Sendable, Equatable { var a: [Int]; var b: String }
  let secret = opaque(Secret(text: "hidden", number: 4)), local = opaque(Local(a: [1], b: "b"))
  let bits = opaque(Bits(a: 1, b: 2, c: true, d: nil)), point = opaque(Point(x: 1, y: 2))
  let moods = opaque([Mood.calm, .wild(0.5)]), mood = opaque(Mood.wild(2))
  let settings = opaque(
    Settings(
      name: "run", steps: [1, 2], weights: ["a": 0.5], parent: .init(id: 7, tags: ["x"])))
  let method = opaque(Method.chain(.runge(order: 4), .named("n", [1, .infinity])))
  let side = opaque(Side.right), polynomial = opaque(Polynomial(coefficients: [1, 2, 3]))
  let pair = opaque(Pair(first: 1.5, second: "two")),
    plainPair = opaque(Pair(first: 1, second: 2.5))
  let pairOfArray = opaque(Pair(first: [1, 2], second: ["k": Side.allCases.count]))
  let model: any Model = opaque(Linear(slope: 3)),
    table: any Model = opaque(Table(values: ["a": 1]))
  let someModel: some Model = opaque(Linear(slope: 4))
  let anything: any Sendable = opaque(settings)
  v.travels("a private Codable struct") { "\(secret.text)\(secret.number)" }
  v.travels("a Codable struct local to a function") { local.b + "\(local.a)" }
  let drawing = opaque(Drawing(name: "d", curve: Curve()))
  v.travels("a Codable struct that stores an object") { drawing.name + "\(drawing.curve.value(2))" }
  v.travels("such a struct in a dictionary, and a Double") {
    [d = opaque(0.5), a = ["a": [drawing]]] in
    "\(a["a"]?[0].curve.value(d) ?? 0)"
  }
  let plain = opaque(Plain(name: "n", number: 3, inner: .init(list: [1, 2], value: nil)))
  v.travels("a struct that is not Codable") { plain.name + "\(plain.inner.list) \(plain.number)" }
  v.travels("such a struct and a Double") { [d = opaque(0.5)] in "\(plain.inner.value ?? d)" }
  v.travels("a private bitwise struct") { Double(bits.a) + bits.b + (bits.d == nil ? 1 : 0) }
  v.travels("a bitwise struct and its method", { (x: Double) in point.scaled(x) }, 2.0)
  v.travels("a bound method of a bitwise struct", point.scaled, 3.0)
  v.travels("a private enum with payloads") { () -> Double in
    if case .wild(let x) = mood { return x } else { return 0 }
  }
  v.travels("an array of a private enum alone") { moods.count }
  v.travels("a Codable struct of everything") { settings }
  let readings = opaque([Reading.count(3), .level(0.5, true), .none, .lost])
  let probe = opaque(Probe(first: .level(1, false), second: nil, weight: 2))
  let messages = opaque([Message.text("a text that is too long to be small"), .list([1]), .end])
  let message = opaque(Message.at(point: Point(x: 1, y: 2))),
    maybes = opaque([Maybe.none, .some(4)])
  v.travels("an array of a bitwise enum with payloads, and a Double") { [d = opaque(0.5)] in
    "\(readings) \(d)"
  }
  v.travels("a bitwise enum with payloads") { [r = readings[1]] in "\(r)" }
  v.travels("an enum of one payload") { [a = maybes[0], b = maybes[1]] in "\(a) \(b)" }
  v.travels("a bitwise struct of such enums") { "\(probe)" }
  v.travels("a bitwise enum with payloads as an argument", { (r: Reading) in r }, readings[0])
  v.travels("a bitwise struct of such enums as an argument", { (p: Probe) in p }, probe)
  v.travels("an enum of texts and arrays that is not Codable") {
    [a = messages[0], b = messages[1], c = messages[2]] in "\(a) \(b) \(c) \(message)"
  }
  let keys = opaque(Set([Key(number: 7)])), others = opaque([Other(name: "o"): [Key(number: 1)]])
  v.travels("a set of the user's own type") { keys }
  v.travels("a dictionary of the user's own types") { others }
  v.travels("a set of the user's own type as an argument", { (k: Set<Key>) in k }, keys)
  v.travels(
    "a dictionary of the user's own types as an argument", { (o: [Other: [Key]]) in o }, others)
  v.travels("an optional Codable struct") { [s = Optional(settings)] in s?.parent?.id }
  v.travels("an indirect enum") { method }
  v.travels("an enum without payloads") { side == .right }
  v.travels("a struct that is one array", { (x: Double) in polynomial(x) }, 2.0)
  v.travels("a generic instance that is Codable") { "\(pair.first) \(pair.second)" }
  v.travels("a generic instance that is bitwise") { Double(plainPair.first) + plainPair.second }
  v.travels("a generic instance of collections") { "\(pairOfArray.first) \(pairOfArray.second)" }
  v.travels("a protocol type that is a bitwise struct", { (x: Double) in model.value(x) }, 2.0)
  v.travels("a protocol type that is a Codable struct", { (x: Double) in table.value(x) }, 2.0)
  v.travels("an opaque type", { (x: Double) in someModel.value(x) }, 2.0)
  v.travels("any Sendable that is Codable") { "\(anything)".count }
}

private func visitFunctions(_ v: any ClosureVisitor) {
  let d = opaque(0.5), text = opaque("a text that is too long to be small"),
    array = opaque([1, 2, 3])
  let free: @Sendable (Double, Double) -> Double = Point.sum
  let inner: @Sendable (Double) -> Double = opaque(function: { $0 * d })
  let overArray: @Sendable (Int) -> Int = opaque(function: { array[$0 % 3] })
  let deep: @Sendable (Double) -> Double = opaque(function: { inner(inner($0)) + d })
  let deeper: @Sendable () -> String = opaque(function: { "\(deep(1)) \(overArray(1)) \(text)" })
  let maybe: (@Sendable (Double) -> Double)? = opaque(deep),
    nothing: (@Sendable (Int) -> Int)? = opaque(nil)
  let throwing: @Sendable (Int) throws -> Int = {
    if $0 < 0 { throw CancellationError() } else { $0 + array.count }
  }
  @Sendable func local(_ x: Int) -> Double { Double(x) + d }
  @Sendable func recursive(_ x: Int) -> Int { x < 1 ? array[0] : recursive(x - 1) + array[1] }
  var chain: @Sendable (Int) -> Int = opaque(function: { $0 + array[0] })
  for step in 0..<12 {
    let previous = chain
    chain = opaque(function: { previous($0) + step })
  }
  let end = chain
  v.travels("a function of another type", free, 1.0, 2.0)
  v.travels("a closure that captures, passed by name", inner, 4.0)
  v.travels("a closure that captures a closure", { (x: Double) in inner(x) + 1 }, 2.0)
  v.travels("a closure over an array, captured", { (x: Int) in overArray(x) }, 4)
  v.travels("closures four deep", deeper)
  v.travels("closures thirteen deep", { (x: Int) in end(x) }, 100)
  v.travels("an optional closure", { (x: Double) in maybe?(x) }, 2.0)
  v.travels("an optional closure that is nil", { (x: Int) in nothing?(x) }, 2)
  v.travels("a closure that throws", { (x: Int) in try throwing(x) }, 2)
  v.travels("a local function with captures", local, 3)
  v.travels("a local function with captures, in a closure") { local(3) + d }
  v.travels("a recursive local function", recursive, 3)
  v.travels("two closures and a value", { (x: Double) in inner(x) + deep(x) + d }, 1.0)
}

private func visitGenerics<Value: Sendable & Numeric & Codable>(
  _ v: any ClosureVisitor, _ value: Value
) {
  let scaler = opaque(Scaler(factor: value)), list = opaque([value, value]), d = opaque(0.5)
  let one = opaque(value)
  v.travels("a generic value, \(Value.self)") { one + one }
  v.travels("a generic array and a Double, \(Value.self)") { "\(list.count) \(one) \(d)" }
  v.travels("a generic array alone, \(Value.self)") { list.reduce(0, +) }
  v.travels("a method of a generic struct, \(Value.self)", scaler.scale, value)
  v.travels("a closure made by a generic struct, \(Value.self)", scaler.closure(), value)
  v.travels("a tuple of generics, \(Value.self)") { [t = (one, [one], "x")] in "\(t)" }
}

private func visitHashable<Value: Sendable & Hashable & Codable>(
  _ v: any ClosureVisitor, _ value: Value
) {
  let set = opaque(Set([value])), table = opaque([value: [value]])
  v.travels("a generic set, \(Value.self)") { set.contains(value) }
  v.travels("a generic dictionary, \(Value.self)") { table[value]?.count }
}

// Conformances of the user's own types are made at run time, by each process.
private func visitOwnTypes(_ v: any ClosureVisitor) {
  let keys = [Key(number: 2), Key(number: 1)], other = Other(name: "o")
  visitHashable(v, keys[0])
  visitHashable(v, other)
  visitCodable(v, keys[0])
  visitCodable(v, other)
  visitCodable(v, Method.runge(order: 4))
  visitCodable(v, [other])
  visitCodable(v, Optional(keys[0]))
  visitComparable(v, keys)
  visitComparable(v, [2.5, 1])
  visitCollection(v, keys)
  visitCollection(v, [1, 2, 3])
  visitCollection(v, 0..<4)
  visitCollection(v, "text")
  visitDescribed(v, keys[0])
  visitDescribed(v, 4)
  visitFloat(v, 0.5)
  visitFloat(v, Float(0.5))
}

private func visitCodable<Value: Codable & Equatable & Sendable>(
  _ v: any ClosureVisitor, _ value: Value
) {
  let one = opaque(value), list = opaque([value, value]), d = opaque(0.5)
  v.travels("a Codable value of generic code, \(Value.self)") { one }
  v.travels("an array in generic code, \(Value.self)") { "\(list) \(d) \(list[0] == one)" }
}

private func visitComparable<Value: Comparable & Codable & Sendable>(
  _ v: any ClosureVisitor, _ values: [Value]
) {
  let list = opaque(values), d = opaque(0.5)
  v.travels("sorting in generic code, \(Value.self)") { "\(list.sorted()) \(d)" }
}

private func visitCollection<Values: Collection & Codable & Sendable>(
  _ v: any ClosureVisitor, _ values: Values
) where Values.Element: Sendable {
  let list = opaque(values), d = opaque(0.5)
  v.travels("counting in generic code, \(Values.self)") { "\(list.count) \(Array(list)) \(d)" }
}

private func visitDescribed<Value: CustomStringConvertible & Sendable & Codable>(
  _ v: any ClosureVisitor, _ value: Value
) {
  let one = opaque(value), d = opaque(0.5)
  v.travels("describing in generic code, \(Value.self)") { one.description + "\(d)" }
}

private func visitFloat<Value: BinaryFloatingPoint & Sendable & Codable>(
  _ v: any ClosureVisitor, _ value: Value
) {
  let one = opaque(value), list = opaque([value, value])
  v.travels("arithmetic in generic code, \(Value.self)") { "\(one * one) \(list.reduce(0, +))" }
}
