// swift-tools-version: 6.3
// A package of its own, so that the library needs no unsafe flags. It builds the library's own sources
// (the links in Sources/) as modules of this package: only so are they instrumented, and only so
// can the drivers see what is `package`.
import PackageDescription

/// Edge coverage for libFuzzer, and bounds of every object. Without these for what forks for each input: a fork takes
/// a third of a second with the address sanitizer's tables.
let isGuarded = Context.environment["FUZZ_UNGUARDED"] == nil
let sanitizers = isGuarded ? "fuzzer,address" : "fuzzer"
let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=\(sanitizers)"])]
let swift =
  instrumented + [
    .strictMemorySafety(),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
  ]
let c: [CSetting] = [
  .unsafeFlags(["-fsanitize=fuzzer-no-link"] + (isGuarded ? ["-fsanitize=address"] : []))
]

let package = Package(
  name: "EchelonFuzzing",
  dependencies: [.package(url: "https://github.com/jpsim/Yams", from: "6.2.2")],
  targets: [
    .executableTarget(
      name: "EchelonFuzz",
      dependencies: [
        "EchelonTransfer", "EchelonWire", "EchelonFiles", "EchelonMemory", "FlightReading",
        "JobReading", "ClosureTable", "CEchelon", "CFuzzer",
      ],
      swiftSettings: swift,
      linkerSettings: [.unsafeFlags(["-sanitize=\(sanitizers)", "-use-ld=lld"])]),
    .target(name: "CFuzzer", cSettings: c),
    .target(name: "ClosureTable", swiftSettings: swift),
    // Of the public face and the pool, what reads a flight recording.
    .target(
      name: "FlightReading",
      dependencies: ["EchelonPool", "EchelonWire", "EchelonMemory", "CEchelon"],
      exclude: [
        "FlightRecording+Trace.swift", "PoolLog.swift", "PoolMetrics.swift",
        "ProcessPool+Interrupt.swift",
      ],
      sources: ["FlightRecording.swift"], swiftSettings: instrumented),
    // Of the command line, what reads job files and journals, which is nothing that others see.
    .target(
      name: "JobReading",
      dependencies: [
        "EchelonFiles", "EchelonMemory", .product(name: "Yams", package: "Yams"),
      ],
      sources: [
        "BatchResult.swift", "InputName.swift", "JobText.swift", "JobTextExcess.swift",
        "JournalContents.swift", "JournalRecord.swift", "ResultBasis.swift", "Shard.swift",
      ],
      swiftSettings: swift + [.unsafeFlags(["-enable-testing"])]),
    .target(
      name: "EchelonPool", dependencies: ["EchelonMemory"], sources: ["WorkerDied.swift"],
      swiftSettings: swift),
    .target(name: "EchelonFiles", dependencies: ["EchelonMemory"], swiftSettings: swift),
    .target(
      name: "EchelonWire", dependencies: ["EchelonMemory", "CEchelon"], swiftSettings: swift),
    .target(
      name: "EchelonTransfer", dependencies: ["EchelonMemory", "CEchelon"], swiftSettings: swift),
    .target(name: "EchelonMemory", dependencies: ["CEchelon"], swiftSettings: swift),
    .target(name: "CEchelon", cSettings: c),
  ],
  swiftLanguageModes: [.v6]
)
