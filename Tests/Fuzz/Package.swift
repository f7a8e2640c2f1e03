// swift-tools-version: 6.2
import PackageDescription

// Coverage for the fuzzer and checks of addresses, in our own code and in what it is linked with.
let sanitizers = "-sanitize=fuzzer,address"

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .unsafeFlags([sanitizers, "-parse-as-library", "-enable-testing"]),
]

/// A program that feeds one decoder until something breaks (run.sh).
func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["Fuzzing"], swiftSettings: settings,
        linkerSettings: [.unsafeFlags([sanitizers, "-use-ld=lld"])])
}

// A package of its own, because its flags are not for the product; the sources are reached by links, because a target
// cannot lie outside its package.
let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    targets: [
        .target(name: "LibFuzzer"),
        .target(name: "Quantities", swiftSettings: settings),
        .target(name: "Manifests", dependencies: ["Quantities"], swiftSettings: settings),
        .target(name: "Fuzzing", dependencies: ["LibFuzzer", "Manifests", "Quantities"], swiftSettings: settings),
        fuzzer("FuzzPlaylists"),
        fuzzer("FuzzPresentations"),
        fuzzer("FuzzIndexes"),
        fuzzer("FuzzAnswers"),
        fuzzer("FuzzReferences"),
    ]
)
