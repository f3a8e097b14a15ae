/// A captured struct that is not `Codable`, or of which an optimised build has kept only the
/// declaration: its stored properties in order, each as its type travels.
///
/// Without metadata the offsets are those that the compiler gives structs of its own module: in order,
/// each property aligned for its type.
final class FieldwisePlan: TransferPlan, @unchecked Sendable {
  private let fields: [(plan: TransferPlan, offset: Int)]
  let size: Int
  let alignment: Int

  private init(fields: [(plan: TransferPlan, offset: Int)], size: Int, alignment: Int) {
    self.fields = fields
    self.size = size
    self.alignment = alignment
  }

  /// Nil when a property cannot travel or is not known for certain.
  convenience init?(_ type: TypeMetadata) {
    guard type.isCopyable, let fields = type.structFields, !fields.isEmpty,
      let names = type.descriptor?.fields, !names.contains(where: { Self.isReference($0) })
    else { return nil }
    var plans: [(plan: TransferPlan, offset: Int)] = []
    for field in fields {
      guard let plan = CapturePlan.fieldPlan(field.type) else { return nil }
      plans.append((plan, field.offset))
    }
    self.init(fields: plans, size: type.size, alignment: type.alignment)
  }

  convenience init?(_ declaration: TypeDescriptor, depth: Int = 0) {
    guard depth < 16, declaration.kind == .struct, !declaration.isGeneric, !declaration.isForeign,
      !declaration.hasInvertedProtocols, let names = declaration.fields, !names.isEmpty
    else { return nil }
    var fields: [(plan: TransferPlan, offset: Int)] = []
    var end = 0
    var alignment = 1
    for address in names {
      let name = MangledName(address)
      guard !Self.isReference(address), name.outerParameters == [] else { return nil }
      let part: (plan: TransferPlan, size: Int, alignment: Int)
      if let type = name.type() {
        guard let plan = CapturePlan.fieldPlan(type) else { return nil }
        part = (plan, type.size, type.alignment)
      } else if let inner = name.declaration, let plan = FieldwisePlan(inner, depth: depth + 1) {
        part = (plan, plan.size, plan.alignment)
      } else {
        return nil
      }
      let offset = (end + part.alignment - 1) & ~(part.alignment - 1)
      fields.append((part.plan, offset))
      end = offset + part.size
      alignment = max(alignment, part.alignment)
    }
    self.init(fields: fields, size: end, alignment: alignment)
  }

  private static func isReference(_ name: RuntimeAddress) -> Bool {
    MangledName(name).isNonStrongReference
  }

  // SAFETY, for all three: the caller has a value at `address`, or room for one.
  override func encode(
    at address: UnsafeRawPointer, into writer: inout ByteWriter
  ) throws(TransferError) {
    for field in fields { try unsafe field.plan.encode(at: address + field.offset, into: &writer) }
  }

  override func decode(
    to address: UnsafeMutableRawPointer, from reader: inout ByteReader
  ) throws(TransferError) {
    var done = 0
    do throws(TransferError) {
      for field in fields {
        try unsafe field.plan.decode(to: address + field.offset, from: &reader)
        done += 1
      }
    } catch {
      for field in fields[..<done] { unsafe field.plan.destroy(at: address + field.offset) }
      throw error
    }
  }

  override func destroy(at address: UnsafeMutableRawPointer) {
    for field in fields { unsafe field.plan.destroy(at: address + field.offset) }
  }
}
