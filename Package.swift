// swift-tools-version: 6.3
// The module graph, top to bottom as in ARCHITECTURE.md: arrows point down only.
import PackageDescription

/// One list for every Swift target, so that no module is checked less than another.
let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "Echelon",
  products: [
    .library(name: "Echelon", targets: ["Echelon"]),
    .library(name: "EchelonFiles", targets: ["EchelonFiles"]),
    .library(name: "EchelonData", targets: ["EchelonData"]),
    .library(name: "EchelonSimulation", targets: ["EchelonSimulation"]),
    .library(name: "EchelonComparison", targets: ["EchelonComparison"]),
    .library(name: "EchelonCommand", targets: ["EchelonCommand"]),
    .executable(name: "echelon", targets: ["EchelonTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The command line, and as a library for programs with operations of their own.
    .executableTarget(
      name: "EchelonTool", dependencies: ["EchelonCommand"], swiftSettings: settings),
    .target(
      name: "EchelonCommand",
      dependencies: [
        "Echelon", "EchelonData", "EchelonFiles", "EchelonKernels", "EchelonLinearAlgebra",
        "EchelonMemory", "EchelonPlots", "EchelonPool", "EchelonTables", "EchelonWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: settings),

    // The public face, and the reader and writer of data files, which knows no engine.
    .target(
      name: "Echelon",
      dependencies: [
        "EchelonPool", "EchelonWorker", "EchelonKernels", "EchelonTransfer", "EchelonWire",
        "EchelonMemory", "EchelonLinearAlgebra", "EchelonRandom", "CEchelon",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "ComplexModule", package: "swift-numerics"),
        .product(name: "RealModule", package: "swift-numerics"),
      ], swiftSettings: settings),
    .target(name: "EchelonFiles", dependencies: ["EchelonMemory"], swiftSettings: settings),
    .target(
      name: "EchelonData", dependencies: ["Echelon", "EchelonFiles"], swiftSettings: settings),
    .target(
      name: "EchelonTables",
      dependencies: [
        "EchelonFiles", "EchelonKernels", "EchelonLinearAlgebra", "EchelonMemory", "EchelonRandom",
      ],
      swiftSettings: settings),
    .target(name: "EchelonPlots", dependencies: ["EchelonMemory"], swiftSettings: settings),

    // What is made of the times that Benchmarks/ measures.
    .target(
      name: "EchelonComparison", dependencies: ["EchelonFiles", "EchelonMemory", "EchelonPlots"],
      swiftSettings: settings),

    // A pool on a simulated machine, for tests.
    .target(
      name: "EchelonSimulation",
      dependencies: ["Echelon", "EchelonPool", "EchelonWorker", "EchelonWire", "EchelonMemory"],
      swiftSettings: settings),

    // The two sides of the wire.
    .target(
      name: "EchelonPool",
      dependencies: ["EchelonWire", "EchelonTransfer", "EchelonMemory", "CEchelon"],
      swiftSettings: settings),
    .target(
      name: "EchelonWorker",
      dependencies: [
        "EchelonWire", "EchelonTransfer", "EchelonKernels", "EchelonMemory", "CEchelon",
      ],
      swiftSettings: settings),

    // What both sides know.
    .target(
      name: "EchelonWire", dependencies: ["EchelonMemory", "CEchelon"], swiftSettings: settings),
    .target(
      name: "EchelonKernels",
      dependencies: ["EchelonMemory", "EchelonLinearAlgebra", "EchelonRandom"],
      swiftSettings: settings),
    .target(
      name: "EchelonRandom",
      dependencies: ["CEchelonKernels", .product(name: "RealModule", package: "swift-numerics")],
      swiftSettings: settings),

    // The three fenced modules: `unsafe` is written here.
    .target(
      name: "EchelonTransfer", dependencies: ["EchelonMemory", "CEchelon"], swiftSettings: settings),
    .target(
      name: "EchelonLinearAlgebra", dependencies: ["CEchelonKernels", "CEchelonVectors"],
      swiftSettings: settings),
    .target(name: "EchelonMemory", dependencies: ["CEchelon"], swiftSettings: settings),

    // C, where Swift cannot say it.
    .target(name: "CEchelon"),
    .target(name: "CEchelonVectors"),
    .target(
      name: "CEchelonKernels", exclude: ["sobol_directions.bin"],
      cSettings: [.define("NDEBUG")]),

    .target(
      name: "TestSupport", dependencies: ["Echelon", "EchelonMemory"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .testTarget(
      name: "EchelonMemoryTests", dependencies: ["EchelonMemory", "TestSupport"],
      swiftSettings: settings),
    .target(name: "ClosureTable", path: "Tests/ClosureTable", swiftSettings: settings),
    .testTarget(
      name: "EchelonTransferTests", dependencies: ["EchelonTransfer", "ClosureTable"],
      swiftSettings: settings),
    .target(name: "CReference", dependencies: ["CEchelonKernels"], path: "Tests/CReference"),
    .testTarget(
      name: "EchelonKernelsTests",
      dependencies: [
        "EchelonKernels", "EchelonLinearAlgebra", "EchelonMemory", "EchelonRandom",
        "CEchelonKernels", "CReference", "TestSupport",
        .product(name: "RealModule", package: "swift-numerics"),
      ], swiftSettings: settings),
    .testTarget(
      name: "EchelonRandomTests",
      dependencies: [
        "Echelon", "EchelonRandom", "TestSupport",
        .product(name: "RealModule", package: "swift-numerics"),
      ], exclude: ["Resources"], swiftSettings: settings),
    .executableTarget(
      name: "RandomWords", dependencies: ["EchelonRandom"], path: "Tests/RandomWords",
      swiftSettings: settings),
    .testTarget(
      name: "EchelonFilesTests", dependencies: ["EchelonFiles", "EchelonMemory"],
      exclude: ["Resources"], swiftSettings: settings),
    .testTarget(
      name: "EchelonTablesTests",
      dependencies: ["EchelonFiles", "EchelonTables", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "EchelonPlotsTests", dependencies: ["EchelonPlots", "EchelonMemory", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "EchelonComparisonTests", dependencies: ["EchelonComparison", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "EchelonWireTests",
      dependencies: ["EchelonWire", "EchelonMemory", "CEchelon", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Echelon", "EchelonLinearAlgebra", "CReference", "TestSupport", "ClosureTable",
        .product(name: "ComplexModule", package: "swift-numerics"),
        .product(name: "RealModule", package: "swift-numerics"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ObservationTests",
      dependencies: [
        "Echelon", "EchelonMemory", "EchelonPool", "EchelonWire", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ], swiftSettings: settings),
    .testTarget(
      name: "FaultTests", dependencies: ["Echelon", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "Echelon", "EchelonMemory", "EchelonPool", "EchelonSimulation", "EchelonWire",
        "TestSupport",
      ], swiftSettings: settings),
    .executableTarget(
      name: "StartProgram",
      dependencies: [
        "Echelon", "EchelonLinearAlgebra", "EchelonMemory", "TestSupport", "ClosureTable",
      ],
      path: "Tests/StartProgram", swiftSettings: settings),
    .testTarget(
      name: "StartTests",
      dependencies: ["Echelon", "EchelonMemory", "StartProgram", "TestSupport"],
      swiftSettings: settings),
    .target(name: "CCounting", path: "Tests/CCounting"),
    .executableTarget(
      name: "CostProgram", dependencies: ["CCounting", "Echelon", "EchelonPool", "EchelonWire"],
      path: "Tests/CostProgram", swiftSettings: settings),
    // Runs CostProgram, of which nothing may be in the program of all tests: it replaces malloc.
    .testTarget(name: "CostTests", dependencies: ["TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "EchelonCommandTests",
      dependencies: [
        "Echelon", "EchelonTool", "EchelonCommand", "EchelonFiles", "EchelonMemory", "TestSupport",
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
