// swift-tools-version: 6.2
import PackageDescription

// Warnings stop the build in CI, where `CI` is set; elsewhere they are only shown, so that a newer compiler
// does not lock anybody out.
let strictness: [SwiftSetting] =
    Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

let settings: [SwiftSetting] =
    strictness + [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
    ]

/// Rooms in which a simulated second is spent.
///
/// Tests check exclusive access; release builds of these rooms do not, which is
/// some 6 % of a simulation (docs/PERFORMANCE.md).
let busyRooms: Set = ["Quantities", "Manifests", "Playback", "Audience", "Measurement", "Simulation"]
let busySettings: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

/// The room of the smallest values, whose operators other rooms must not pay a call for: release builds leave their bodies open to
/// the optimizer everywhere, which `@inlinable` alone does not do for `package` declarations.
let openSettings: [SwiftSetting] = [
    .unsafeFlags(["-enable-cmo-everything"], .when(configuration: .release))
]

/// A room of the house (docs/ARCHITECTURE.md); it may import only the rooms named here.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path,
        swiftSettings: settings + (busyRooms.contains(name) ? busySettings : [])
            + (name == "Quantities" ? openSettings : []))
}

/// A program that measures, run by hand (docs/PERFORMANCE.md).
func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Tests/Benchmarks/\(name)", swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
    name: "fullhouse",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "fullhouse", targets: ["fullhouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        room("Quantities"),
        room("Transport", ["Quantities"]),
        room("Manifests", ["Quantities"]),
        room("Journeys", ["Quantities", "Transport"]),
        room("Inspection", ["Quantities", "Transport", "Manifests"]),
        room(
            "Access",
            [
                "Quantities", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        room(
            "Playback",
            ["Quantities", "Transport", "Manifests", .product(name: "DequeModule", package: "swift-collections")]),
        room("Audience", ["Quantities", "Transport", "Playback"]),
        room("Measurement", ["Quantities", "Transport", "Manifests", "Playback"]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        room(
            "CurlTransport",
            [
                "Quantities", "Transport", "CCurl",
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(name: "CMemory"),
        room("Simulation", ["CMemory", "Quantities", "Transport", "Manifests", "Playback", "Audience", "Measurement"]),
        room(
            "Origin",
            [
                "Quantities", "Access",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        room(
            "RunStore",
            [
                "Quantities", "Transport", "Manifests", "Playback", "Measurement",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        room("Reporting", ["Quantities", "Transport", "Manifests", "Playback", "Measurement"]),
        room(
            "RunProfile",
            [
                "Quantities", "Transport", "Manifests", "Access", "Journeys", "Playback", "Audience", "Measurement",
                "Simulation", .product(name: "Yams", package: "Yams"),
            ]),
        room(
            "LoadTest",
            [
                "Quantities", "Transport", "Manifests", "Access", "Journeys", "Playback", "Audience", "Measurement",
                "CurlTransport", "RunStore",
            ]),
        room(
            "Commands",
            [
                "Quantities", "Transport", "Manifests", "Inspection", "Access", "Journeys", "Playback", "Audience",
                "Measurement",
                "CurlTransport",
                "Origin", "RunStore", "Reporting", "RunProfile", "LoadTest", "Simulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "fullhouse", dependencies: ["Commands"], swiftSettings: settings),
        tests("QuantitiesTests", ["Quantities"]),
        tests("ManifestsTests", ["Manifests", "Quantities"], resources: [.copy("Fixtures")]),
        tests("InspectionTests", ["Inspection", "Manifests", "Transport", "Quantities"]),
        tests(
            "AccessTests",
            [
                "Access", "Quantities", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], resources: [.copy("Vectors")]),
        tests("JourneysTests", ["Journeys", "Quantities", "Transport"]),
        tests(
            "PlaybackTests", ["Playback", "Manifests", "Transport", "Quantities"], resources: [.copy("Fixtures")]),
        tests("AudienceTests", ["Audience", "Playback", "Transport", "Quantities"]),
        tests(
            "MeasurementTests", ["SyntheticRuns", "Measurement", "Playback", "Transport", "Manifests", "Quantities"]),
        tests("TransportTests", ["Transport", "Quantities"]),
        tests(
            "SimulationTests",
            ["Simulation", "Audience", "Measurement", "Playback", "Manifests", "Transport", "Quantities"],
            resources: [.copy("Vectors")]),
        tests("TransportContractTests", ["Quantities", "Transport", "CurlTransport", "Simulation"]),
        tests(
            "OriginTests",
            [
                "Origin", "Access", "Manifests", "Quantities", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        tests(
            "RunStoreTests",
            [
                "RunStore", "SyntheticRuns", "Manifests", "Playback", "Measurement", "Transport", "Quantities",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests("ReportingTests", ["Reporting", "SyntheticRuns", "Manifests", "Measurement", "Quantities"]),
        tests(
            "RunProfileTests",
            [
                "RunProfile", "Access", "Audience", "Playback", "Manifests", "Measurement", "Simulation", "Transport",
                "Quantities",
            ]),
        tests(
            "LoadTestTests",
            [
                "LoadTest", "Origin", "Access", "Journeys", "Audience", "CurlTransport", "Measurement", "Playback",
                "RunStore",
                "Transport",
                "Quantities", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        tests(
            "CommandsTests",
            [
                "Commands", "Access", "Audience", "Inspection", "LoadTest", "Manifests", "Measurement", "Origin",
                "Playback", "Reporting", "RunProfile", "RunStore", "Simulation", "Transport", "Quantities",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Seeded runs made up in memory, for tests and benchmarks of what comes after a run.
        room(
            "SyntheticRuns", ["Measurement", "Manifests", "Playback", "Transport", "Quantities"],
            path: "Tests/SyntheticRuns"),
        benchmark(
            "TokenBenchmark",
            [
                "Access", "Quantities", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        benchmark("PlanBenchmark", ["Audience", "Quantities"]),
        benchmark("LinkBenchmark", ["Quantities", "Transport", "CurlTransport"]),
        benchmark(
            "SimulationBenchmark",
            ["Simulation", "Audience", "Measurement", "Playback", "Manifests", "Transport", "Quantities"]),
        benchmark("DecodeBenchmark", ["Manifests", "Quantities"]),
        benchmark("ConformanceBenchmark", ["Manifests", "Measurement", "Playback", "Quantities"]),
        benchmark("TransportBenchmark", ["Quantities", "Transport", "CurlTransport"]),
        benchmark(
            "ReportBenchmark",
            ["SyntheticRuns", "RunStore", "Reporting", "Measurement", "Playback", "Transport", "Quantities"]),
        benchmark(
            "SessionBenchmark",
            [
                "RunStore", "Measurement", "Playback", "Manifests", "Transport", "Quantities",
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        .executableTarget(
            name: "BaselineLoop", path: "Tests/Benchmarks/BaselineLoop", linkerSettings: [.linkedLibrary("curl")]),
    ]
)
