private struct Unstated: Sendable { var name: String; var curves: [Curve] }

/// Calls `visitor` with every closure that is refused.
public func visitRefusals(_ v: any ClosureVisitor) {
  let counter = opaque(Counter(1)), clerk = opaque(Clerk()),
    holder = opaque(Holder(name: "x", counter: Counter(2)))
  let maybe = opaque(Optional(counter)), objects = opaque([counter]), curve = opaque(Curve())
  let holders = opaque([holder]), unsendable: any Model = opaque(Unsendable())
  let object: any Model = opaque(curve), error: any Error = opaque(CancellationError())
  let d = opaque(0.5)
  nonisolated(unsafe) let pointer = unsafe opaque(UnsafeMutablePointer<Int>.allocate(capacity: 1))
  let path = opaque(\Point.x)
  let type: any Model.Type = opaque(Linear.self)
  let inner: @Sendable (Int) -> Int = opaque(function: { counter.next($0) })
  nonisolated(unsafe) var list = opaque([1.0]), total = opaque(1)
  let token = Token(id: 1)
  v.isRefused("a class instance", naming: "'Counter'") { counter.start }
  v.isRefused("a class instance and a Double", naming: "'Counter'") { Double(counter.start) + d }
  v.isRefused("a bound method of an object", naming: "'Counter'", counter.next, 1)
  v.isRefused("an object one closure deeper", naming: "'Counter'", { (x: Int) in inner(x) }, 1)
  v.isRefused("an optional object", naming: "'Counter'") { maybe?.start }
  v.isRefused("a Codable object", naming: "'Curve'") { curve.value(1) }
  v.isRefused("an array of objects", naming: "array of objects") { objects.count }
  visitObjectsInside(v, curve)
  v.isRefused("an actor", naming: "'Clerk'") { clerk === clerk }
  v.isRefused("a struct with an object in it", naming: "'Holder'") { holder.name }
  v.isRefused("an array of such structs", naming: "Holder") { holders.count }
  v.isRefused("a protocol type whose value cannot travel", naming: "'Unsendable'") {
    unsendable.value(1)
  }
  v.isRefused("a protocol type that is an object", naming: "'Curve'") { object.value(1) }
  v.isRefused("any Error", naming: "Error") { "\(error)" }
  v.isRefused("an unsafe pointer", naming: "UnsafeMutablePointer<Int>") {
    unsafe pointer.pointee
  }
  v.isRefused("a key path", naming: "KeyPath") {
    [p = Point(x: 1, y: 2)] in p[keyPath: path]
  }
  v.isRefused("a type", naming: "Model") { "\(type)" }
  v.isRefused("a weak reference", naming: "weak") { [weak counter] in counter?.start }
  v.isRefused("an unowned reference", naming: "unowned") { [unowned counter] in counter.start }
  v.isRefused("a value that cannot be copied", naming: "Token") { token.id }
  v.isRefused("a variable that is an array", naming: "'var'") { unsafe list.append(1) }
  v.isRefused("a variable and a value", naming: "'var'") {
    unsafe total += 1
    return unsafe Double(total) + d
  }
  unsafe list.append(2)
}

/// Objects that are Codable, where the type of the capture shows them.
private func visitObjectsInside(_ v: any ClosureVisitor, _ curve: Curve) {
  let d = opaque(0.5)
  let curves = opaque([curve]), nested = opaque([[[curve]]]), pair = opaque((curve, 1))
  let pairs = opaque([(1, curve)]), named = opaque(["a": curve]), keyed = opaque([curve: 1])
  let set = opaque(Set([curve])), maybe = opaque(Optional([curve])), maybes = opaque([curve, nil])
  let contiguous = opaque(ContiguousArray([curve])), slice = opaque([curve, curve][0..<1])
  let anything: any Sendable = opaque([curve]),
    unstated = opaque(Unstated(name: "u", curves: curves))
  v.isRefused("an array of Codable objects", naming: "array of objects") { curves.count }
  v.isRefused("such an array and a Double", naming: "'Curve'") { Double(curves.count) + d }
  v.isRefused("arrays of arrays of objects", naming: "'Curve'") { nested.count }
  v.isRefused("a tuple with an object", naming: "'Curve'") { pair.0.value(1) + Double(pair.1) }
  v.isRefused("an array of tuples with an object", naming: "'Curve'") { pairs.count }
  v.isRefused("such an array and a Double", naming: "'Curve'") { Double(pairs.count) + d }
  v.isRefused("a dictionary of objects", naming: "'Curve'") { named.count }
  v.isRefused("a dictionary of objects and a Double", naming: "'Curve'") { Double(named.count) + d }
  v.isRefused("a dictionary with objects as keys", naming: "'Curve'") { Double(keyed.count) + d }
  v.isRefused("a set of objects and a Double", naming: "'Curve'") { Double(set.count) + d }
  v.isRefused("an optional array of objects", naming: "'Curve'") { maybe?.count }
  v.isRefused("an array of optional objects", naming: "'Curve'") { maybes.count }
  v.isRefused("an array of optional objects and a Double", naming: "'Curve'") {
    Double(maybes.count) + d
  }
  v.isRefused("a contiguous array of objects and a Double", naming: "'Curve'") {
    Double(contiguous.count) + d
  }
  v.isRefused("a slice of an array of objects", naming: "'Curve'") { slice.count }
  v.isRefused("any Sendable that is an array of objects", naming: "'Curve'") { "\(anything)".count }
  v.isRefused("a struct that is not Codable with such an array", naming: "'Unstated'") {
    "\(unstated.name) \(unstated.curves.count)"
  }
}
