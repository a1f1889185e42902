/// What a file breaks, for people.
struct Offence: Hashable, CustomStringConvertible {
    var path: String
    var line: Int
    var message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// Who may import whom: dependencies point down only, and siblings never see each other.
enum ImportRule {
    static let siblings = ["GovernorPolicy", "GovernorLedger", "GovernorSources", "GovernorNotify", "GovernorAPI"]

    /// Each target with the targets below it.
    static let below: [String: Set<String>] = {
        var below = Dictionary(uniqueKeysWithValues: siblings.map { ($0, Set(["GovernorCore"])) })
        below["CCurl"] = []
        below["CZlib"] = []
        below["GovernorCore"] = []
        below["GovernorNotify"]?.insert("CCurl")
        below["GovernorSources"]?.insert("CZlib")
        below["GovernorDaemon"] = Set(siblings + ["GovernorCore"])
        below["governor"] = Set(siblings + ["GovernorCore", "GovernorDaemon"])
        return below
    }()

    /// Modules that only one target may import, and why; a name stands for all modules it begins.
    static let owned: [(module: String, owner: String, reason: String)] = [
        ("GRDB", "GovernorLedger", "the ledger is the only code that speaks SQL, and the single writer"),
        ("CCurl", "GovernorNotify", "what goes out, and to which addresses, is decided in one place"),
        ("CZlib", "GovernorSources", "what comes compressed is inflated in one place, with a limit"),
        ("Yams", "GovernorPolicy", "what an operator writes is read in one place, with its line and column"),
        ("Hummingbird", "GovernorDaemon", "serving is the daemon's; everything else is called by it"),
        ("NIO", "GovernorDaemon", "the control socket is the daemon's; everything else is called by it"),
        ("ServiceLifecycle", "GovernorDaemon", "what runs and when it ends is wired in one place"),
        (
            "ArgumentParser", "governor",
            "the command line parses, calls, prints and exits, and nothing below knows of it"
        ),
    ]

    static func offences(in file: Repository.File) -> [Offence] {
        file.text.imports.compactMap { module, line in
            func offence(_ message: String) -> Offence { Offence(path: file.path, line: line, message: message) }
            if let rule = owned.first(where: {
                module == $0.module || module.hasPrefix($0.module) && $0.module == "NIO"
            }),
                rule.owner != file.target
            {
                return offence("\(file.target) imports \(module); only \(rule.owner) may: \(rule.reason)")
            }
            if file.target == "GovernorCore", module != "Foundation" {
                return offence(
                    "GovernorCore imports \(module); it computes from values alone, and needs Foundation at most")
            }
            guard below[module] != nil, module != file.target else { return nil }
            guard let allowed = below[file.target] else {
                return offence("\(file.target) is no target of the design")
            }
            if allowed.contains(module) { return nil }
            let isSibling = siblings.contains(file.target) && siblings.contains(module)
            return offence(
                "\(file.target) imports \(module); "
                    + (isSibling
                        ? "siblings never import each other: what both need belongs into GovernorCore"
                        : "dependencies point down only"))
        }
    }
}

/// Something no file of a scope may say.
struct Ban: Sendable, CustomStringConvertible {
    enum Scope: Sendable {
        case everywhere
        case only(String)
        case allBut(String)

        func covers(_ target: String) -> Bool {
            switch self {
            case .everywhere: true
            case .only(let name): target == name
            case .allBut(let name): target != name
            }
        }
    }

    var name: String
    /// A regular expression, tried on each line.
    var pattern: String
    var scope: Scope
    /// Whether it is about string literals instead of code.
    var inStrings = false
    var reason: String
    /// Texts that must be found, and texts that must not.
    var bad: [String]
    var good: [String]

    var description: String { name }

    func offences(in file: Repository.File) -> [Offence] {
        guard scope.covers(file.target) else { return [] }
        return file.text.lines(matching: pattern, inStrings: inStrings).map {
            Offence(path: file.path, line: $0, message: "\(name) is banned here: \(reason)")
        }
    }

    private static let core = Scope.only("GovernorCore")
    private static let time = "time is a parameter, `now`: a plan made twice must be the same plan"
    private static let chance = "randomness is a passed generator or number: a plan made twice must be the same plan"
    private static let effects = "side effects stay in loops; Core is computable from values"
    private static let outside = "what comes from outside must never be able to stop the daemon"

    static let all = [
        Ban(
            name: "Date()", pattern: #"\bDate\s*\(\s*\)"#, scope: core, reason: time,
            bad: ["let now = Date()", "Foundation.Date( )"],
            good: ["Date(timeIntervalSince1970: s)", "// Date()", "UpDate()", "\"Date()\""]),
        Ban(
            name: "Date.now",
            pattern: #"\bDate\.now\b|\b\w*Clock\(\)|\.now\(\)|clock_gettime|gettimeofday|\bDispatchTime\b"#,
            scope: core, reason: time,
            bad: ["f(Date.now)", "let c = ContinuousClock()", "DispatchTime.now()"],
            good: ["plan.now", "at: now", "planner.now)"]),
        Ban(
            name: "UUID()", pattern: #"\bUUID\s*\("#, scope: core, reason: chance,
            bad: ["UUID().uuidString", "UUID ()"], good: ["let uuid = line.uuid"]),
        Ban(
            name: ".random(",
            pattern: #"\.random\s*\(|\brandomElement\b|\bshuffled\(\)|SystemRandomNumberGenerator|\barc4random"#,
            scope: core, reason: chance,
            bad: ["Int.random(in: 0...1)", "list.shuffled()", "SystemRandomNumberGenerator()"],
            good: ["random: inout some RandomNumberGenerator"]),
        Ban(
            name: "Task.sleep", pattern: #"\bTask\.sleep\b|\busleep\s*\(|\bsleep\s*\("#, scope: core, reason: effects,
            bad: ["try await Task.sleep(for: d)", "sleep(1)"], good: ["asleep(1)"]),
        Ban(
            name: "FileManager",
            pattern: #"\bFileManager\b|\bFileHandle\b|\bfopen\s*\(|\b(String|Data)\s*\(\s*contentsOf"#, scope: core,
            reason: effects,
            bad: ["FileManager.default", "FileHandle.standardError", "String(contentsOf: url)"],
            good: ["bytes.append(contentsOf: more)"]),
        Ban(
            name: "DispatchQueue", pattern: #"\bDispatchQueue\b|\bThread\b|\bTask\s*\{|\bTask\.detached\b"#,
            scope: core, reason: effects, bad: ["DispatchQueue.main.async {}", "Task { work() }"],
            good: ["manualTask {}", "case task"]),
        Ban(
            name: "getenv", pattern: #"\bgetenv\b|\bProcessInfo\b"#, scope: core, reason: effects,
            bad: ["getenv(name)", "ProcessInfo.processInfo"], good: ["environment[name]"]),
        Ban(
            name: "public", pattern: #"\bpublic\b|\bopen\s+(class|func|var)\b"#, scope: .everywhere,
            reason: "the package sells no library; `package` crosses targets",
            bad: ["public struct A {}", "public import Foundation", "open class B {}"],
            good: ["package struct A {}", "let text = \"public\"", "/// public"]),
        Ban(
            name: "@unchecked Sendable", pattern: #"@unchecked\b"#, scope: .everywhere,
            reason: "the hot state is a final class over a Mutex, which the compiler can check",
            bad: ["final class A: @unchecked Sendable {}"], good: ["final class A: Sendable {}"]),
        Ban(
            name: "try!", pattern: #"\btry!"#, scope: .everywhere, reason: outside, bad: ["let a = try! f()"],
            good: ["let a = try f()", "try? f()"]),
        Ban(
            name: "nonisolated(unsafe)", pattern: #"\bnonisolated\s*\(\s*unsafe\s*\)"#, scope: .everywhere,
            reason: "a race the compiler was told not to see is still a race",
            bad: ["nonisolated(unsafe) var a = 1"], good: ["nonisolated func f()", "nonisolated(nonsending) func f()"]),
        Ban(
            name: "fatalError(", pattern: #"\bfatalError\s*\("#, scope: .everywhere, reason: outside,
            bad: ["fatalError(\"no\")", "fatalError()"], good: ["throw FatalError()", "let fatalErrors = 0"]),
        Ban(
            name: "SQL",
            pattern:
                #"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|PRAGMA\s+\w+"#
                + #"|(CREATE|DROP|ALTER)\s+(UNIQUE\s+)?(TABLE|INDEX)|BEGIN\s+IMMEDIATE)\b"#,
            scope: .allBut("GovernorLedger"), inStrings: true,
            reason: "only the ledger speaks SQL, and it is the single writer",
            bad: [
                "db.execute(\"DELETE FROM records\")", "let q = \"\"\"\nSELECT a FROM b\n\"\"\"",
                "#\"PRAGMA integrity_check\"#",
            ],
            good: ["let text = \"select a folder from the list\"", "// SELECT a FROM b", "update(records, set: 1)"]),
    ]
}

/// What may lie beside the sources.
enum TopLevel {
    static let allowed: Set = [
        "Package.swift", "Package.resolved", "Sources", "Tests", "policies", "deploy", "README.md",
    ]

    /// Names that have no place there; dotfiles are tools' own.
    static func strangers(among names: [String]) -> [String] {
        names.filter { !$0.hasPrefix(".") && !allowed.contains($0) }
    }
}
