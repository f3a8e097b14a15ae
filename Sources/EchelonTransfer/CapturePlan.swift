internal import CEchelon

/// What the contexts of one kind of closure hold, and how it becomes bytes: found once per context
/// metadata, or once per use where the types depend on generic bindings.
///
/// This is the one place that decides which captures travel. What is not positively known to be
/// transferable is refused.
final class CapturePlan: Sendable {
  /// One captured value.
  struct Capture: Sendable {
    let form: Form
    let offset: Int
  }

  enum Form: Sendable {
    case value(TransferPlan)
    case function(FunctionWords.Kind), optionalFunction(FunctionWords.Kind)
  }

  /// Which context metadata this is for, as it travels.
  let box: ImageReference
  let captures: [Capture]
  let byteCount: Int
  let alignment: Int

  private init(
    box: ImageReference, captures: [Capture], byteCount: Int, alignment: Int
  ) {
    self.box = box
    self.captures = captures
    self.byteCount = byteCount
    self.alignment = alignment
  }

  // MARK: The cached front

  final class Verdict: Sendable {
    let outcome: Result<CapturePlan, TransferError>
    init(_ outcome: Result<CapturePlan, TransferError>) { self.outcome = outcome }
  }

  private static let known = PermanentCache<Verdict>()

  /// The plan for contexts of `box` that have no generic bindings.
  static func plan(for box: BoxMetadata) throws(TransferError) -> CapturePlan {
    let verdict = known.value(for: box.address.bits) {
      do throws(TransferError) {
        return Verdict(.success(try make(box, in: GenericEnvironment(arguments: []))))
      } catch {
        return Verdict(.failure(error))
      }
    }
    // Not `get()`, which would ask for the conformance of the error again each time.
    switch verdict.outcome {
    case .success(let plan): return plan
    case .failure(let error): throw error
    }
  }

  /// The plan for contexts of `box` under the bindings in `environment`.
  static func make(
    _ box: BoxMetadata, in environment: GenericEnvironment
  ) throws(TransferError) -> CapturePlan {
    guard let names = box.captures, !names.isEmpty, box.firstOffset == ClosureContext.headerSize
    else {
      throw .captureNotTransferable(
        captured: "something the compiler kept no record of",
        advice: "pass what it needs as arguments, and build without"
          + " -disable-reflection-metadata")
    }
    var captures: [Capture] = []
    var end = ClosureContext.headerSize + 8 * box.bindingCount
    var alignment = 8
    for name in names {
      let (form, size, unit) = try form(of: name, in: environment)
      let offset = (end + unit - 1) & ~(unit - 1)
      captures.append(Capture(form: form, offset: offset))
      end = offset + size
      alignment = max(alignment, unit)
    }
    let lone = names.count == 1 && box.bindingCount == 0 ? names[0] : nil
    if let lone, let type = lone.type(in: environment), type.isSingleReference,
      !(type.type is any HandleTransferable.Type)
    {
      // Captured by value it would be the context itself.
      throw .capturedVariable(type.name)
    }
    return CapturePlan(
      box: try ImageTable.reference(
        to: box.address.bits, .data, what: "a closure's description"),
      captures: captures, byteCount: end, alignment: alignment)
  }

  private static func form(
    of name: MangledName, in environment: GenericEnvironment
  ) throws(TransferError) -> (Form, size: Int, alignment: Int) {
    let function = (MemoryLayout<FunctionWords>.size, MemoryLayout<FunctionWords>.alignment)
    if let kind = name.thickFunction { return (.function(kind), function.0, function.1) }
    if let kind = name.optionalThickFunction {
      return (.optionalFunction(kind), function.0, function.1)
    }
    if name.isBox { throw .capturedVariable(nil) }
    if name.isNonStrongReference {
      throw .captureNotTransferable(
        captured: "a 'weak' or 'unowned' reference",
        advice: "capture the values that it needs from the object")
    }
    guard let type = name.type(in: environment) else {
      if let declaration = name.declaration {
        if let plan = FieldwisePlan(declaration) {
          return (.value(plan), plan.size, plan.alignment)
        }
        throw .captureNotTransferable(
          captured:
            "a value of type '\(declaration.name)', of which the optimiser has left too little",
          advice:
            "capture the numbers, strings and arrays that it is made of, pass it as an argument,"
            + " or make the type public")
      }
      if name.outerParameters != [] {
        throw .captureNotTransferable(
          captured:
            "a value of a generic type of the code around it (\(name.readable)) that cannot be"
            + " resolved here",
          advice: "pass it as an argument")
      }
      throw .captureNotTransferable(
        captured: "a value of a type that has no name at run time (\(name.readable))",
        advice: "capture the values that it is made of one by one, functions among them, or pass it as an"
          + " argument")
    }
    if let kind = type.thickFunction { return (.function(kind), function.0, function.1) }
    return (.value(try plan(forCaptured: type)), type.size, type.alignment)
  }

  /// The plan for a stored property of a captured struct; nil when it cannot travel.
  static func fieldPlan(_ type: TypeMetadata) -> TransferPlan? { try? plan(forCaptured: type) }

  /// The plan for a captured value.
  private static func plan(forCaptured type: TypeMetadata) throws(TransferError) -> TransferPlan {
    guard type.isCopyable else {
      throw .captureNotTransferable(
        captured: "a value of the type '\(type.name)', which cannot be copied",
        advice: "make it in the worker, from values that can be sent")
    }
    if let refusal = type.captureRefusal { throw refusal }
    let plan = type.existentialPlan ?? TransferPlan.plan(for: type.type)
    if plan.refusal == nil { return plan }
    if let fieldwise = FieldwisePlan(type) { return fieldwise }
    if let cases = EnumPlan(type, plan: fieldPlan) { return cases }
    throw .captureRefused(type)
  }
}

// MARK: - What to say

extension TransferError {
  static func capturedVariable(_ type: String?) -> TransferError {
    .captureNotTransferable(
      captured: "a variable ('var') of the code around it"
        + (type.map { ", of type '\($0)'" } ?? ""),
      advice:
        "the worker would change a copy: capture its value, as in '{ [x] in … }' or by a 'let',"
        + " and return what changes")
  }

  fileprivate static func captureRefused(_ type: TypeMetadata) -> TransferError {
    let part = type.refusedPart()
    let place = part == type ? "" : ", with one of type '\(part.name)' in it"
    return .captureNotTransferable(
      captured: "a value of type '\(type.name)'\(place)", advice: part.captureAdvice)
  }
}

extension TypeMetadata {
  /// The innermost part for which the type is refused, as far as it shows.
  func refusedPart(depth: Int = 8) -> TypeMetadata {
    if depth == 0 { return self }
    let part =
      shownParts.first { TransferPlan.plan(for: $0.type).refusal != nil }
      ?? structFields?.lazy.map(\.type).first { CapturePlan.fieldPlan($0) == nil }
    return part?.refusedPart(depth: depth - 1) ?? self
  }

  /// What to do where a part of a captured value is of this type.
  var captureAdvice: String {
    switch kind {
    case .function:
      return "functions and closures travel when they are captured themselves, and not in arrays, tuples or"
        + " structs: capture each by itself, or an enum that says which"
    case .existential, .extendedExistential:
      return "a value of a protocol type travels when it is captured itself, and not in arrays, tuples or structs:"
        + " use an enum with a case for each type"
    case .class, .foreignClass, .objectiveCClass:
      return TransferError.objectAdvice
    default: break
    }
    if ["Unsafe", "OpaquePointer", "AutoreleasingUnsafe"].contains(where: name.hasPrefix) {
      return "an address means nothing in another process: use an array, or a SharedArray, which the workers read"
        + " where it lies"
    }
    if descriptor?.isForeign == true {
      return "a C type may hold addresses: capture its members, or a Swift struct of them"
    }
    return "make '\(name)' Codable, or capture the numbers, strings and arrays that it is made of"
  }
}

extension TypeMetadata {
  /// What is refused although its type may be Codable: objects have an identity, which a copy in the
  /// worker would not have. That goes for those that the type shows, as itself or as elements of
  /// collections and tuples. A Codable struct that stores an object, as `URL` may, is its author's word on
  /// how it travels.
  var captureRefusal: TransferError? {
    switch kind {
    // A pool: both processes have theirs, and a handle says which.
    case .class where type is any HandleTransferable.Type: nil
    case .class, .foreignClass, .objectiveCClass: .capturedObject(name)
    case .metatype, .existentialMetatype:
      .captureNotTransferable(
        captured: "the type of types '\(name)'",
        advice: "capture an enum that stands for it")
    default: shownParts.lazy.compactMap(\.captureRefusal).first
    }
  }

  /// The types of the parts that anybody sees by the type alone.
  private var shownParts: [TypeMetadata] {
    switch kind {
    case .optional: return [genericArgument(0)]
    case .tuple: return tupleElements.map(\.type)
    case .struct:
      guard let descriptor, let count = Self.collections[descriptor] else { return [] }
      return (0..<count).map(genericArgument)
    default: return []
    }
  }

  /// Of a struct or optional that has so many.
  private func genericArgument(_ index: Int) -> TypeMetadata {
    TypeMetadata(RuntimeAddress(address.word(16 + 8 * index)))
  }

  /// How many types the standard library's collections show.
  private static let collections: [TypeDescriptor: Int] = {
    let types: [(Any.Type, Int)] = [
      ([Int].self, 1), (ContiguousArray<Int>.self, 1), (ArraySlice<Int>.self, 1),
      (Set<Int>.self, 1), ([Int: Int].self, 2),
    ]
    var counts: [TypeDescriptor: Int] = [:]
    for (type, count) in types {
      if let descriptor = TypeMetadata(type).descriptor { counts[descriptor] = count }
    }
    return counts
  }()

  /// Whether values are one reference-counted pointer and nothing else: a class, or a struct of one
  /// stored property that is, as arrays are.
  fileprivate var isSingleReference: Bool {
    switch kind {
    case .class: true
    case .struct:
      if size == 8, let fields = structFields, fields.count == 1 {
        fields[0].type.isSingleReference
      } else {
        false
      }
    default: false
    }
  }
}

extension TransferError {
  static func capturedObject(_ name: String) -> TransferError {
    .captureNotTransferable(
      captured: "an instance of the class '\(name)'", advice: objectAdvice)
  }

  fileprivate static let objectAdvice =
    "objects and actors stay in their process: capture the values that it needs, or a Codable struct of them"
}
