public import ComplexModule
public import EchelonKernels
public import RealModule

/// The parts that complex numbers in arrays can have: Double and Float.
public typealias ComplexPart = KernelElement & Real

/// A complex number as it lies in a shared array: the real part, and behind it the imaginary one, as in C,
/// Fortran and NumPy.
///
/// It is swift-numerics' `Complex` in the one form that shared memory takes. `Complex` does not say that it is
/// `BitwiseCopyable`, and no other module may say so for it; see `docs/decisions/0028-complex-numbers.md`. Numbers
/// beside arrays, and the results of reductions, are `Complex`; `value` and `init(_:)` are the way from one to
/// the other. Arithmetic and equality are those of `Complex`: all values that are not finite are one, the
/// point at infinity.
@frozen public struct ComplexElement<Part: ComplexPart>: BitwiseCopyable, Sendable {
  /// The real part, as it lies in memory.
  public var real: Part
  /// The imaginary part, as it lies in memory.
  public var imaginary: Part

  /// A number of two parts.
  @inlinable public init(_ real: Part, _ imaginary: Part) {
    self.real = real
    self.imaginary = imaginary
  }

  /// The same number.
  @inlinable public init(_ value: Complex<Part>) {
    (real, imaginary) = value.rawStorage
  }

  /// The same number, with all that swift-numerics has for it.
  @inlinable public var value: Complex<Part> { Complex(real, imaginary) }
}

extension ComplexElement: Hashable {
  /// As `Complex` has it: numbers that are not finite are equal, and so are both zeros.
  @inlinable public static func == (a: ComplexElement, b: ComplexElement) -> Bool {
    a.value == b.value
  }
  /// Equal numbers have equal hashes.
  @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

extension ComplexElement: ExpressibleByIntegerLiteral {
  /// A real number.
  @inlinable public init(integerLiteral value: Int) { self.init(Part(value), 0) }
}

extension ComplexElement: CustomStringConvertible {
  /// As `Complex` writes it.
  public var description: String { value.description }
}

// The arithmetic of `Complex`, for closures that a map runs.
extension ComplexElement {
  /// a + b.
  @inlinable public static func + (a: ComplexElement, b: ComplexElement) -> ComplexElement {
    ComplexElement(a.value + b.value)
  }
  /// a − b.
  @inlinable public static func - (a: ComplexElement, b: ComplexElement) -> ComplexElement {
    ComplexElement(a.value - b.value)
  }
  /// a·b.
  @inlinable public static func * (a: ComplexElement, b: ComplexElement) -> ComplexElement {
    ComplexElement(a.value * b.value)
  }
  /// a / b.
  @inlinable public static func / (a: ComplexElement, b: ComplexElement) -> ComplexElement {
    ComplexElement(a.value / b.value)
  }
  /// −a.
  @inlinable public static prefix func - (a: ComplexElement) -> ComplexElement {
    ComplexElement(-a.real, -a.imaginary)
  }
}

extension WorkExecutor {
  /// A shared array of complex numbers, copied.
  public func array<Part: ComplexPart>(
    _ numbers: some Collection<Complex<Part>>
  ) throws -> SharedArray<ComplexElement<Part>> {
    try array(numbers.map { ComplexElement($0) })
  }

  /// A shared array whose elements are all `value`.
  public func array<Part: ComplexPart>(
    repeating value: Complex<Part>, count: Int
  ) throws -> SharedArray<ComplexElement<Part>> {
    try array(repeating: ComplexElement(value), count: count)
  }

  /// A shared array whose element `i` is `value(i)`, computed here.
  public func array<Part: ComplexPart>(
    count: Int, _ value: (Int) -> Complex<Part>
  ) throws -> SharedArray<ComplexElement<Part>> {
    try array(count: count) { ComplexElement(value($0)) }
  }

  /// A matrix whose elements are all `value`.
  public func matrix<Part: ComplexPart>(
    repeating value: Complex<Part>, rows: Int, columns: Int
  ) throws -> SharedMatrix<ComplexElement<Part>> {
    try matrix(repeating: ComplexElement(value), rows: rows, columns: columns)
  }

  /// A matrix whose element (i, j) is `value(i, j)`, computed here.
  public func matrix<Part: ComplexPart>(
    rows: Int, columns: Int, _ value: (Int, Int) -> Complex<Part>
  ) throws -> SharedMatrix<ComplexElement<Part>> {
    try matrix(rows: rows, columns: columns) { ComplexElement(value($0, $1)) }
  }
}

extension SharedArray {
  /// A copy of the elements as swift-numerics' numbers.
  public func complexNumbers<Part: ComplexPart>() -> [Complex<Part>]
  where Element == ComplexElement<Part> {
    withSpan { span in span.indices.map { span[$0].value } }
  }
}
