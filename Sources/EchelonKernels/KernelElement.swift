public import EchelonLinearAlgebra
public import EchelonMemory

/// An element type that kernels exist for.
public protocol KernelElement: VectorScalar {
  /// Its name in shared memory.
  static var elementType: ElementType { get }
}

extension Double: KernelElement {
  /// See `KernelElement`.
  public static var elementType: ElementType { .float64 }
}

extension Float: KernelElement {
  /// See `KernelElement`.
  public static var elementType: ElementType { .float32 }
}

extension KernelElement {
  /// Half the distance from 1 to the next number: the relative error of one rounding.
  static var unitRoundoff: Double { Double(Self.ulpOfOne) / 2 }
}

extension KernelOperand {
  /// The elements in row-major order as doubles; for oracles.
  func values<Element: KernelElement>(of type: Element.Type) -> [Double] {
    withSpan(of: type, 0..<layout.extent) { span in
      var values: [Double] = []
      values.reserveCapacity(count)
      for i in 0..<layout.rows {
        for j in 0..<layout.columns {
          values.append(Double(span[i * layout.rowStride + j * layout.columnStride]))
        }
      }
      return values
    }
  }
}
