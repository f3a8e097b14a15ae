internal import CEchelon
import Synchronization

/// A place in code or static data, named so that every process running the same files finds it.
///
///     offset  field
///          0  image    low half of the image's identity (a hash of its build-id)
///          4  offset   from the image's load base
///          8  check    mixes the whole identity with the offset
///
/// The check makes a damaged reference an error instead of a jump into the middle of something.
struct ImageReference: BitwiseCopyable, Hashable, Sendable {
  let image: UInt32
  let offset: UInt32
  let check: UInt32

  init(identity: UInt64, offset: UInt32) {
    image = UInt32(truncatingIfNeeded: identity)
    self.offset = offset
    check = Self.check(identity: identity, offset: offset)
  }

  static func check(identity: UInt64, offset: UInt32) -> UInt32 {
    var mixed = (identity ^ UInt64(offset)) &* 0xBF58_476D_1CE4_E5B9
    mixed ^= mixed >> 31
    return UInt32(truncatingIfNeeded: (mixed &* 0x94D0_49BB_1331_11EB) >> 32)
  }
}

/// The images (executable and libraries) that this process has loaded, and where.
///
/// A snapshot never changes; it is replaced when an address or an image is not found in it, since a
/// library may have been loaded in the meantime. Old snapshots are kept: readers hold no lock, and
/// programs load libraries seldom.
final class ImageTable: Sendable {
  /// What a reference must point into.
  enum Kind: Sendable {
    case code, data
  }

  private struct Segment {
    let low, high, base: UInt
    let identity: UInt64
    let isExecutable: Bool
  }

  private let segments: [Segment]  // sorted by address
  private let names: [UInt32: String]
  private let generation: UInt64

  private init() {
    generation = echelon_image_generation()  // before the rows: too old only means one more reading
    var rows = unsafe [echelon_segment]()
    var count = 0
    repeat {  // again if another thread loads a library between the two calls
      // SAFETY: the C side writes at most as many rows as it is told there are.
      unsafe rows = Array(repeating: echelon_segment(), count: count)
      count = unsafe rows.withUnsafeMutableBufferPointer {
        unsafe echelon_image_segments($0.baseAddress, $0.count)
      }
    } while unsafe count > rows.count
    var names: [UInt32: String] = [:]
    var segments: [Segment] = []
    for index in 0..<count {
      let row = unsafe rows[index]
      // SAFETY: the loader's path outlives this initializer.
      let path = unsafe String(cString: row.path)
      let name = path.split(separator: "/").last.map(String.init) ?? path
      names[unsafe UInt32(truncatingIfNeeded: row.identity)] = "'\(name)'"
      unsafe segments.append(
        Segment(
          low: row.low, high: row.high, base: row.base, identity: row.identity,
          isExecutable: row.is_executable != 0))
    }
    self.segments = segments.sorted { $0.low < $1.low }
    self.names = names
  }

  // MARK: The current snapshot

  private static let current = unsafe Atomic<Unmanaged<ImageTable>>(.passRetained(ImageTable()))

  private static func snapshot() -> ImageTable {
    // SAFETY: a published snapshot is never released.
    unsafe current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0 }
  }

  /// A new snapshot, or the present one when the loader has done nothing since.
  private static func reread() -> ImageTable {
    let known = snapshot()
    guard known.generation != echelon_image_generation() else { return known }
    let fresh = ImageTable()
    unsafe current.store(.passRetained(fresh), ordering: .releasing)
    return fresh
  }

  // MARK: Both directions

  /// The portable name of `address`.
  static func reference(to address: UInt, _ kind: Kind, what: @autoclosure () -> String)
    throws(TransferError) -> ImageReference
  {
    if let found = snapshot().find(address, kind) { return found }
    if let found = reread().find(address, kind) { return found }
    throw .outsideImages(what: what(), address: address)
  }

  /// The address that `reference` names in this process.
  static func address(of reference: ImageReference, _ kind: Kind) throws(TransferError) -> UInt {
    let known = snapshot()
    if let found = known.resolve(reference, kind) { return found }
    // A known image with a wrong check or offset is damage, which a new reading does not heal.
    if known.names[reference.image] == nil {
      let fresh = reread()
      if let found = fresh.resolve(reference, kind) { return found }
      guard fresh.names[reference.image] != nil else {
        throw .imageNotLoaded(identity: reference.image)
      }
    }
    throw .malformed(what: "a reference to \(kind) is outside its image or fails its check")
  }

  /// Whether `address` lies in a loaded image, and so can be named.
  static func contains(_ address: UInt) -> Bool {
    snapshot().find(address, .data) != nil
  }

  /// Whether `address` lies in the code of a loaded image.
  static func isCode(_ address: UInt) -> Bool { snapshot().find(address, .code) != nil }

  /// The file name of an image, in quotes.
  static func name(ofImage identity: UInt32) -> String? {
    snapshot().names[identity]
  }

  private func find(_ address: UInt, _ kind: Kind) -> ImageReference? {
    var low = 0
    var high = segments.count
    while low < high {
      let middle = (low + high) / 2
      if segments[middle].high <= address { low = middle + 1 } else { high = middle }
    }
    guard low < segments.count, segments[low].low <= address else { return nil }
    let segment = segments[low]
    guard kind == .data || segment.isExecutable,
      let offset = UInt32(exactly: address &- segment.base)
    else { return nil }
    return ImageReference(identity: segment.identity, offset: offset)
  }

  private func resolve(_ reference: ImageReference, _ kind: Kind) -> UInt? {
    for segment in segments where UInt32(truncatingIfNeeded: segment.identity) == reference.image {
      let address = segment.base &+ UInt(reference.offset)
      guard segment.low <= address, address < segment.high else { continue }
      guard kind == .data || segment.isExecutable else { continue }
      let check = ImageReference.check(identity: segment.identity, offset: reference.offset)
      if check == reference.check { return address }
    }
    return nil
  }
}
