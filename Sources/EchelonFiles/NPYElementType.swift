/// The numeric element types of NPY arrays that this module reads.
public enum NPYElementType: String, Sendable, CaseIterable, Codable {
  /// One byte, 0 or 1.
  case bool = "b1"
  /// Signed integers of 1, 2, 4 and 8 bytes.
  case int8 = "i1"
  case int16 = "i2"
  case int32 = "i4"
  case int64 = "i8"
  /// Unsigned integers of 1, 2, 4 and 8 bytes.
  case uint8 = "u1"
  case uint16 = "u2"
  case uint32 = "u4"
  case uint64 = "u8"
  /// IEEE 754 numbers of 2, 4 and 8 bytes.
  case float16 = "f2"
  case float32 = "f4"
  case float64 = "f8"
  /// A real and an imaginary part, of 4 bytes each, or of 8.
  case complex64 = "c8"
  case complex128 = "c16"

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64, .complex64: 8
    case .complex128: 16
    }
  }

  /// Real numbers in an element: two of a complex type, else one.
  public var partCount: Int {
    switch self {
    case .complex64, .complex128: 2
    default: 1
    }
  }

  /// What a code that is not one of these stands for, for the message that refuses it.
  static func meaning(ofUnsupported code: Substring) -> String {
    let kind =
      switch code.first {
      case "f": "extended floating point"
      case "c": "extended complex numbers"
      case "O": "Python objects"
      case "S", "a": "byte strings"
      case "U": "Unicode strings"
      case "M": "dates"
      case "m": "time differences"
      case "V": "raw records"
      default: "elements of an unknown type"
      }
    return "an array of \(kind) ('\(code)')"
  }
}

/// A Swift type whose values lie in an NPY file as they lie in memory.
public protocol NPYElement: Numeric, BitwiseCopyable, Sendable {
  /// The element type in the header of the file.
  static var npyType: NPYElementType { get }
}

extension Double: NPYElement {
  /// `f8`
  public static var npyType: NPYElementType { .float64 }
}
extension Float: NPYElement {
  /// `f4`
  public static var npyType: NPYElementType { .float32 }
}
#if !(os(macOS) && arch(x86_64))
  extension Float16: NPYElement {
    /// `f2`
    public static var npyType: NPYElementType { .float16 }
  }
#endif
extension Int8: NPYElement {
  /// `i1`
  public static var npyType: NPYElementType { .int8 }
}
extension Int16: NPYElement {
  /// `i2`
  public static var npyType: NPYElementType { .int16 }
}
extension Int32: NPYElement {
  /// `i4`
  public static var npyType: NPYElementType { .int32 }
}
extension Int64: NPYElement {
  /// `i8`
  public static var npyType: NPYElementType { .int64 }
}
extension UInt8: NPYElement {
  /// `u1`
  public static var npyType: NPYElementType { .uint8 }
}
extension UInt16: NPYElement {
  /// `u2`
  public static var npyType: NPYElementType { .uint16 }
}
extension UInt32: NPYElement {
  /// `u4`
  public static var npyType: NPYElementType { .uint32 }
}
extension UInt64: NPYElement {
  /// `u8`
  public static var npyType: NPYElementType { .uint64 }
}
