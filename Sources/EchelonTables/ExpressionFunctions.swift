import EchelonLinearAlgebra

/// A function of the expression language: what computes it, and a line for its users.
struct ExpressionFunction: Sendable {
  let name: String
  let operation: VectorOperation
  let help: String

  /// Those that are one operation on numbers each, in the order of the help.
  static let all: [ExpressionFunction] = [
    .init(name: "abs", operation: .abs, help: "|x|"),
    .init(name: "sign", operation: .sign, help: "-1, 0 or 1"),
    .init(name: "sqrt", operation: .squareRoot, help: "square root"),
    .init(name: "cbrt", operation: .cubeRoot, help: "cube root"),
    .init(name: "exp", operation: .exp, help: "e to the power of x"),
    .init(name: "exp2", operation: .exp2, help: "2 to the power of x"),
    .init(name: "exp10", operation: .exp10, help: "10 to the power of x"),
    .init(name: "expm1", operation: .expm1, help: "exp(x) - 1, exact for small x"),
    .init(name: "log", operation: .log, help: "natural logarithm"),
    .init(name: "log2", operation: .log2, help: "logarithm to base 2"),
    .init(name: "log10", operation: .log10, help: "logarithm to base 10"),
    .init(name: "log1p", operation: .log1p, help: "log(1 + x), exact for small x"),
    .init(name: "sin", operation: .sin, help: "sine of radians"),
    .init(name: "cos", operation: .cos, help: "cosine of radians"),
    .init(name: "tan", operation: .tan, help: "tangent of radians"),
    .init(name: "asin", operation: .asin, help: "arc sine"),
    .init(name: "acos", operation: .acos, help: "arc cosine"),
    .init(name: "atan", operation: .atan, help: "arc tangent"),
    .init(name: "atan2", operation: .atan2, help: "angle of the point (x, y): atan2(y, x)"),
    .init(name: "sinh", operation: .sinh, help: "hyperbolic sine"),
    .init(name: "cosh", operation: .cosh, help: "hyperbolic cosine"),
    .init(name: "tanh", operation: .tanh, help: "hyperbolic tangent"),
    .init(name: "asinh", operation: .asinh, help: "area hyperbolic sine"),
    .init(name: "acosh", operation: .acosh, help: "area hyperbolic cosine"),
    .init(name: "atanh", operation: .atanh, help: "area hyperbolic tangent"),
    .init(name: "sigmoid", operation: .sigmoid, help: "1 / (1 + exp(-x))"),
    .init(name: "floor", operation: .floor, help: "the whole number at or below x"),
    .init(name: "ceil", operation: .ceil, help: "the whole number at or above x"),
    .init(name: "trunc", operation: .trunc, help: "x without its fraction"),
    .init(name: "round", operation: .round, help: "the nearest whole number, halves away from 0"),
    .init(name: "hypot", operation: .hypot, help: "sqrt(x^2 + y^2) without overflow"),
    .init(name: "pow", operation: .pow, help: "x^y"),
    .init(name: "copysign", operation: .copySign, help: "|x| with the sign of y"),
    .init(name: "erf", operation: .erf, help: "error function"),
    .init(name: "erfc", operation: .erfc, help: "1 - erf(x)"),
    .init(name: "gamma", operation: .gamma, help: "gamma function"),
    .init(name: "lgamma", operation: .logGamma, help: "logarithm of |gamma(x)|"),
    .init(
      name: "normal_quantile", operation: .normalQuantile,
      help: "inverse of the normal distribution"),
  ]

  /// Those that are written with a sign between their operands.
  static let arithmetic: [String: VectorOperation] = [
    "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "%": .remainder, "pow": .pow,
    "negate": .negate,
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.operation) })

  /// The operation of that name.
  static func operation(_ name: String) -> VectorOperation? { arithmetic[name] ?? byName[name] }

  /// Numbers that have a name, unless a column has it, too.
  static let constants: [String: Double] = [
    "pi": .pi, "e": 2.718281828459045, "inf": .infinity, "nan": .nan,
  ]

  /// The functions that have rules of their own, as they are called, and lines for their users.
  static let others = [
    ("min(x, y, …)", "the smallest; missing if one is"),
    ("max(x, y, …)", "the largest; missing if one is"),
    ("clamp(x, low, high)", "x, or the bound that it is beyond"),
    ("if(condition, x, y)", "x where it holds, y elsewhere; also: condition ? x : y"),
    ("is_missing(x)", "holds where x has no value; x may be a column of words"),
    ("coalesce(x, y, …)", "the first that is not missing"),
    ("row()", "the number of the row, from 1"),
  ]
}
