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
func target(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], linking: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: settings, linkerSettings: linking)
}

/// The tests of one target; what they may use of the siblings is listed here and nowhere else. What is tested is built as
/// it ships; the tests themselves are not optimised, which more than halves the time they take to build.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude,
        swiftSettings: settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))])
}

let package = Package(
    name: "governor",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "governor", targets: ["governor"])],
    dependencies: [
        // HTTP for dashboards, displays and remote coordinators: the maintained SwiftNIO server with a small router. Its
        // traits would bring swift-configuration along, which nothing here reads.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        // The control socket is answered on the event loop itself, at the cost of an echo.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // SQLite with prepared statements, migrations by name and a serial writer.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // YAML with node marks: every policy error has a line and a column.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Help, completions and a manual page from the declarations.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Timers and merged triggers: loops take their ticks as a sequence, so that tests give them their own.
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        // Where Hummingbird's HTTP/1 codec lives: HTTP/1.0 displays need a word in front of it.
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        // The header types Hummingbird's requests are made of.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        // The server ecosystem's own log and signals: one log format, signals as a sequence, a graceful end.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CCurl"),
        // zlib inflates what comes compressed: imports, and what telemetry sends. GovernorSources links it as an archive, since
        // one more shared library is one more to open in every process that only asks the control socket.
        .systemLibrary(name: "CZlib"),
        target("GovernorCore", [], resources: [.embedInCode("Resources/prices.csv")]),
        target("GovernorAPI", ["GovernorCore"]),
        target("GovernorPolicy", ["GovernorCore", .product(name: "Yams", package: "Yams")]),
        target(
            "GovernorLedger",
            [
                "GovernorCore", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        target("GovernorSources", ["GovernorCore", "CZlib"], linking: [.linkedLibrary(":libz.a")]),
        target("GovernorNotify", ["GovernorCore", "CCurl"]),
        target(
            "GovernorDaemon",
            [
                "GovernorCore", "GovernorAPI", "GovernorPolicy", "GovernorLedger", "GovernorSources", "GovernorNotify",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], resources: [.embedInCode("Resources/demo.jsonl"), .embedInCode("Resources/demo.yaml")]),
        .executableTarget(
            name: "governor",
            dependencies: [
                "GovernorCore", "GovernorAPI", "GovernorPolicy", "GovernorLedger", "GovernorDaemon",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings,
            linkerSettings: [.unsafeFlags(staticStandardLibrary, .when(platforms: [.linux], configuration: .release))]),

        // What property tests draw from; the seed they print plays them again.
        .target(name: "Seeds", path: "Tests/Seeds", swiftSettings: settings),
        tests("ArchitectureTests", []),
        tests("GovernorCoreTests", ["Seeds", "GovernorCore"]),
        // Yams, for holding the fixtures against the schema as an editor does.
        tests(
            "GovernorPolicyTests",
            ["Seeds", "GovernorCore", "GovernorPolicy", .product(name: "Yams", package: "Yams")], exclude: ["Fixtures"]),
        tests("GovernorLedgerTests", ["Seeds", "GovernorCore", "GovernorLedger"]),
        tests("GovernorSourcesTests", ["Seeds", "GovernorCore", "GovernorSources"]),
        tests("GovernorNotifyTests", ["GovernorCore", "GovernorNotify"]),
        tests("GovernorAPITests", ["GovernorCore", "GovernorAPI"]),
    ]
)
