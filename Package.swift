// swift-tools-version: 6.2
//
// How this file is written: targets bottom-up, one per charter in the table of README.md; every dependency says why it
// is there; every target takes the same settings; nothing is a library product, since Governor sells no library.
import PackageDescription

/// Swift 6 with the stricter of the upcoming rules: a type that crosses targets names its import, an existential is
/// spelled `any`, an async function stays on its caller, and a warning is an error.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Links Swift's own libraries into the one binary, while tests and the binary share a single release build.
/// (`--static-swift-stdlib` would do the same but compiles every package a second time, and leaves no Testing module.)
/// Not position-independent: 114,000 relocations would cost each `governor check` a millisecond at its start.
let staticStandardLibrary =
    ["-static-stdlib", "-Xclang-linker", "-no-pie"]
    + [
        "FoundationInternationalization", "FoundationEssentials", "_FoundationCollections", "_FoundationCShims",
        "CoreFoundation", "_FoundationICU", "dispatch", "BlocksRuntime", "stdc++", "m",
    ].flatMap { ["-Xlinker", "-l" + $0] }

/// A Swift target of the house, with the shared settings.
func target(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// The tests of one target; what they may use of the siblings is listed here and nowhere else.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "governor",
    platforms: [.macOS(.v15)],
    dependencies: [
        // SQLite with prepared statements, migrations by name and a serial writer.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // YAML with node marks: every policy error has a line and a column.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CCurl"),
        target("GovernorCore", [], resources: [.embedInCode("Resources/prices.csv")]),
        target("GovernorAPI", ["GovernorCore"]),
        target("GovernorPolicy", ["GovernorCore", .product(name: "Yams", package: "Yams")]),
        target("GovernorLedger", ["GovernorCore", .product(name: "GRDB", package: "GRDB.swift")]),
        target("GovernorSources", ["GovernorCore"]),
        target("GovernorNotify", ["GovernorCore", "CCurl"]),
        tests("GovernorCoreTests", ["GovernorCore"]),
        tests("GovernorPolicyTests", ["GovernorCore", "GovernorPolicy"], exclude: ["Fixtures"]),
        tests("GovernorLedgerTests", ["GovernorCore", "GovernorLedger"]),
        tests("GovernorSourcesTests", ["GovernorCore", "GovernorSources"]),
        tests("GovernorNotifyTests", ["GovernorCore", "GovernorNotify"]),
        tests("GovernorAPITests", ["GovernorCore", "GovernorAPI"]),
    ]
)
