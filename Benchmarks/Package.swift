// swift-tools-version: 6.2
// A package of its own, so that who uses Echelon does not fetch what measures it.
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A suite: the folder of that name under Benchmarks/, found by `swift package benchmark`.
func suite(_ name: String) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      .product(name: "Echelon", package: "Echelon"),
      .product(name: "Benchmark", package: "benchmark"),
    ],
    path: "Benchmarks/\(name)",
    swiftSettings: settings,
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
  name: "EchelonBenchmarks",
  products: [.executable(name: "echelon-compare", targets: ["Compare"])],
  dependencies: [
    .package(name: "Echelon", path: ".."),
    // No traits: neither its allocator nor its hooks in the runtime come between us and the clock.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    suite("PoolBenchmarks"),
    suite("KernelBenchmarks"),
    suite("MapBenchmarks"),
    suite("MonteCarloBenchmarks"),
    suite("MemoryBenchmarks"),

    // Echelon beside plain C, in pairs.
    .executableTarget(
      name: "Compare",
      dependencies: [
        "CPeers",
        .product(name: "Echelon", package: "Echelon"),
        .product(name: "EchelonComparison", package: "Echelon"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: settings),
    .target(name: "CPeers"),
  ],
  swiftLanguageModes: [.v6]
)
