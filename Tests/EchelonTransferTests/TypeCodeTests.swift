import EchelonTransfer
import Testing

private struct Local<Value> {
  struct Deeper<Other> {
    enum Kind {
      case one(Value)
      case two(Other)
    }
  }
}
private struct Packed<each Value> { struct Inside<Last> {} }
/// `Packed` of any number of types, none among them (for which formatters break the spelling).
private func packed<each Value>(_: repeat (each Value).Type) -> Any.Type {
  Packed<repeat each Value>.self
}
private struct Constrained<Values: Collection> where Values.Element: Hashable {}
private struct PackConstrained<each Value: Hashable> {}
private class Animal<Name> {}
private final class Dog<Age>: Animal<String> {}
private protocol Marked { static var mark: String { get } }
private struct Runner<A, B>: Marked { static var mark: String { "\(A.self) \(B.self)" } }
extension Array where Element == Int { fileprivate struct InArray { var x: Element } }

@Suite struct `A type` {
  @Test func `is the same after a journey as bytes`() throws {
    struct InFunction<Value> { enum Kind { case some(Value) } }
    let types: [Any.Type] = [
      Int.self, String.self, [Int].self, [String: Set<Int?>].self, Color.self, Shape.Corner.self,
      Local<Int>.self, Local<Int>.Deeper<String>.Kind.self, InFunction<Double>.self,
      InFunction<Local<Int>>.Kind.self, (Int, String).self, (a: Int, b: [String]).self, Void.self,
      packed(), Packed<Int>.self, Packed<Int, String, (Int, Int)>.self,
      Packed<Int, String>.Inside<Bool>.self, Constrained<[Int]>.self, Constrained<[[Int]]>.self,
      Constrained<Set<String>>.self, Constrained<LazySequence<[[Int?]]>>.self,
      PackConstrained<Int, String>.self, Animal<Int>.self, Dog<Int>.self, Derived.self,
      [Int].InArray.self, Result<Int, TransferError>.self, InlineArray<4, Int>.self,
      Duration.self, Dictionary<Int, Int>.Keys.self, FunctionCall<Int, Double, [String]>.self,
      FunctionCall<Void>.self, Float80.self, SIMD8<UInt8>.self,
    ]
    for type in types {
      let isSame = try TypeCode.type(from: TypeCode.bytes(of: type)) == type
      #expect(isSame, "\(type)")
    }
  }

  @Test func `that a closure declares travels too`() throws {
    let make: () -> Any.Type = {
      struct Here { var x = 1 }
      return [Here].self
    }
    let type = make()
    let isSame = try TypeCode.type(from: TypeCode.bytes(of: type)) == type
    #expect(isSame)
  }

  @Test func `can be asked to run code through a protocol`() throws {
    let bytes = try TypeCode.bytes(of: Runner<Int, [Color]>.self)
    let runner = try TypeCode.type(from: bytes) as? any Marked.Type
    #expect(runner?.mark == "Int Array<Color>")
  }

  @Test func `of an unknown kind is refused by name`() {
    let types: [Any.Type] = [
      ((Int) -> Int).self, [any Error].self, Any.self, Int.Type.self,
      PackConstrained<Int, [Int]>.self,
    ]
    for type in types {
      let error = #expect(throws: TransferError.self, "\(type)") { try TypeCode.bytes(of: type) }
      #expect(error?.description.contains("cannot be named") == true)
    }
  }

  @Test func `that does not run calls is no runner`() throws {
    let bytes = try TypeCode.bytes(of: Int.self)
    #expect(throws: TransferError.self) { try resolveRunner(signature: bytes) }
  }
}
