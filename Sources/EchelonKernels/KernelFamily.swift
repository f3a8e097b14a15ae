public import EchelonMemory

/// One computation for every element type: what a file of `Catalog/` defines.
public struct KernelFamily: Sendable, CustomStringConvertible {
  /// The kernel for Double.
  public let float64: Kernel
  /// The kernel for Float.
  public let float32: Kernel

  /// The kernels, one per element type.
  public var kernels: [Kernel] { [float64, float32] }

  /// The kernel for an element type.
  public subscript(elementType: ElementType) -> Kernel {
    switch elementType {
    case .float64: float64
    case .float32: float32
    }
  }

  /// The name that its kernels share.
  public var description: String { float64.name }
}
