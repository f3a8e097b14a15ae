public import EchelonLinearAlgebra

// Arrays of one type in expressions of another. Each element is converted as it is read; an expression is
// evaluated first.

extension SharedArray where Element: VectorProgramScalar {
  /// The array in expressions of another type, without a copy: `n.converted(to: Double.self) / 2`.
  ///
  /// An element becomes the nearest value, halves to even. For integers that is the next one towards 0, the
  /// smallest or largest one for what is out of range, and 0 for NaN.
  public func converted<Target: VectorProgramScalar>(to: Target.Type) -> ArrayExpression<Target> {
    ArrayExpression(leaf: self, rowLayout, of: Element.vectorType)
  }
}

extension ArrayView where Element: VectorProgramScalar {
  /// The view in expressions of another type, without a copy; see `SharedArray.converted(to:)`.
  public func converted<Target: VectorProgramScalar>(to: Target.Type) -> ArrayExpression<Target> {
    ArrayExpression(leaf: storage, rowLayout, of: Element.vectorType)
  }
}

extension SharedMatrix where Element: VectorProgramScalar {
  /// The matrix in expressions of another type, without a copy; see `SharedArray.converted(to:)`.
  public func converted<Target: VectorProgramScalar>(to: Target.Type) -> ArrayExpression<Target> {
    ArrayExpression(leaf: storage, layout, of: Element.vectorType, isMatrix: true)
  }
}

extension SharedArray where Element == Bool {
  /// The elements that are true, as a mask for expressions of any type: `select(flags.mask(), x, 0)`.
  public func mask<Target: VectorProgramScalar>(of: Target.Type = Target.self) -> ArrayMask<Target>
  {
    ArrayMask(ArrayExpression(leaf: self, rowLayout, of: .bool))
  }
}

extension ArrayView where Element == Bool {
  /// The elements that are true, as a mask for expressions of any type.
  public func mask<Target: VectorProgramScalar>(of: Target.Type = Target.self) -> ArrayMask<Target>
  {
    ArrayMask(ArrayExpression(leaf: storage, rowLayout, of: .bool))
  }
}

extension SharedMatrix where Element == Bool {
  /// The elements that are true, as a mask for expressions of any type.
  public func mask<Target: VectorProgramScalar>(of: Target.Type = Target.self) -> ArrayMask<Target>
  {
    ArrayMask(ArrayExpression(leaf: storage, layout, of: .bool, isMatrix: true))
  }
}
