/// All kernels. Worker, command line, tests and benchmarks walk this list.
public enum KernelCatalog {
  /// One line per file in `Catalog/`.
  public static let families: [KernelFamily] = [
    .sum,
    .dot,
    .minimum,
    .maximum,
    .meanVariance,
    .matrixProduct,
    .product,
    .higherMoments,
    .minimumPosition,
    .maximumPosition,
  ]

  /// Factorizations by tiles, whose chunks wait for one another. They are tested as a whole, not beside an oracle of
  /// single numbers, and called by the functions that know their outputs.
  public static let factorizations: [KernelFamily] = [
    .tiledCholesky, .tiledLU, .tiledQR, .tallQR, .complexTiledCholesky, .complexTiledLU,
    .complexTiledQR, .complexTallQR,
  ]

  /// Every kernel of every family.
  public static let all: [Kernel] = families.flatMap(\.kernels)

  /// The kernel that shared memory calls `id`; nil if this build has no such kernel.
  public static func kernel(id: UInt32) -> Kernel? { byID[id] }

  private static let byID = Dictionary(
    uniqueKeysWithValues: (all + factorizations.flatMap(\.kernels)).map { ($0.id, $0) })
}
