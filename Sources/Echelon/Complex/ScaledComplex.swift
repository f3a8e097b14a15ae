import EchelonKernels
import EchelonLinearAlgebra
import RealModule

/// A complex product as two numbers and a power of two, which neither overflows nor underflows on its way.
struct ScaledComplex: Sendable {
  /// The larger magnitude of the two lies between the limits, or both are 0, or one is not finite.
  private(set) var real: Double
  private(set) var imaginary: Double
  /// A whole number.
  private(set) var exponent: Double

  static var one: ScaledComplex { ScaledComplex(1, 0) }

  /// A number of two parts.
  init(_ real: Double, _ imaginary: Double) {
    (self.real, self.imaginary, exponent) = (real, imaginary, 0)
    scale()
  }

  /// As it was stored by `store`.
  init(from numbers: Span<Double>, at index: Int) {
    real = numbers[3 * index]
    imaginary = numbers[3 * index + 1]
    exponent = numbers[3 * index + 2]
  }

  /// Puts it down as three numbers.
  func store(into numbers: SharedArray<Double>, at index: Int) {
    numbers[3 * index] = real
    numbers[3 * index + 1] = imaginary
    numbers[3 * index + 2] = exponent
  }

  // Products of two numbers between these, and the sums of two such, are normal numbers.
  private static var limits: (small: Double, large: Double) { (0x1p-400, 0x1p400) }

  /// The product of both: the textbook formula, with an error of at most √5·u of the whole number.
  @inline(__always)
  mutating func multiply(by other: ScaledComplex) {
    (real, imaginary) = (
      real * other.real - imaginary * other.imaginary,
      real * other.imaginary + imaginary * other.real
    )
    exponent += other.exponent
    scale()
  }

  /// Takes a power of two out where it is large or small.
  @inline(__always)
  private mutating func scale() {
    // Not `max`, which has rules for NaN that take longer than all else here; of one nothing is done below.
    let (a, b) = (abs(real), abs(imaginary))
    let size = a > b ? a : b
    if size > Self.limits.small, size < Self.limits.large { return }
    guard size > 0, real.isFinite, imaginary.isFinite else { return }
    // In two steps: one of them alone may have no power of two that is a number.
    let power = Int(size.exponent)
    let (first, second) = (Double.two(to: -(power / 2)), Double.two(to: -(power - power / 2)))
    real = real * first * second
    imaginary = imaginary * first * second
    exponent += Double(power)
  }

  /// The number, each part rounded once: 0 or infinite when it lies out of range.
  func value<Part: ComplexPart>(as type: Part.Type) -> ComplexElement<Part> {
    // Beyond these everything is 0 or infinite.
    let power = Int(max(-5000, min(5000, exponent)))
    func part(_ x: Double) -> Part {
      guard x.isFinite, x != 0 else { return Part(x) }
      return Part(Double(sign: .plus, exponent: power, significand: x))
    }
    return ComplexElement(part(real), part(imaginary))
  }
}
