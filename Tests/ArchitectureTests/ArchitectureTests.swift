import Foundation
import Testing

@Suite struct ArchitectureTests {
    @Test func `there are sources to look at`() throws {
        let targets = Set(try Repository.sources().map(\.target))
        #expect(
            targets.isSuperset(of: ["GovernorCore", "GovernorLedger", "GovernorPolicy", "governor"]),
            "\(Repository.root.path)")
    }

    @Test func `dependencies point down only, and siblings never import each other`() throws {
        for offence in try Repository.sources().flatMap(ImportRule.offences) { Issue.record("\(offence)") }
    }

    @Test(arguments: Ban.all) func `nobody says what is banned`(ban: Ban) throws {
        for offence in try Repository.sources().flatMap(ban.offences) { Issue.record("\(offence)") }
    }

    @Test func `the targets are those of the design`() throws {
        let strangers = Set(try Repository.targets().filter { !$0.hasPrefix(".") }).subtracting(ImportRule.below.keys)
        #expect(strangers.isEmpty, "a target beyond the table of the design, which has none for odds and ends")
    }

    @Test func `the top level holds what it should and nothing else`() throws {
        let strangers = TopLevel.strangers(among: try Repository.topLevel())
        #expect(strangers.isEmpty, "the top level is a map for who comes new; put these where they belong")
    }
}

/// Each rule bites, and does not bite what it should leave alone.
@Suite struct RuleTests {
    private static func file(_ text: String, in target: String) -> Repository.File {
        Repository.File(target: target, path: "Sources/\(target)/A.swift", text: text)
    }

    @Test(arguments: Ban.all) func `every ban bites where it holds`(ban: Ban) {
        let target = if case .only(let name) = ban.scope { name } else { "GovernorDaemon" }
        #expect(!ban.bad.isEmpty && !ban.good.isEmpty && !ban.reason.isEmpty)
        for text in ban.bad {
            let offences = ban.offences(in: Self.file("import Foundation\n\n" + text, in: target))
            #expect(offences.count == 1 && (3...4).contains(offences[0].line), "\(text)")
            #expect(offences.first?.description.contains(ban.reason) == true)
            #expect(
                ban.offences(
                    in: Self.file("/* \(text.filter { $0 != "\n" }) */ // \(text.filter { $0 != "\n" })", in: target)
                ).isEmpty, "comments may say it: \(text)")
        }
        for text in ban.good { #expect(ban.offences(in: Self.file(text, in: target)).isEmpty, "\(text)") }
        switch ban.scope {
        case .everywhere: break
        case .only: #expect(ban.offences(in: Self.file(ban.bad[0], in: "GovernorNotify")).isEmpty)
        case .allBut(let name): #expect(ban.offences(in: Self.file(ban.bad[0], in: name)).isEmpty)
        }
    }

    @Test(arguments: [
        ("GovernorCore", "import GovernorPolicy"), ("GovernorCore", "package import GovernorAPI"),
        ("GovernorCore", "import NIOCore"),
        ("GovernorCore", "import Glibc"), ("GovernorPolicy", "import GovernorLedger"),
        ("GovernorLedger", "import GovernorNotify"),
        ("GovernorSources", "import struct GovernorAPI.Request"),
        ("GovernorNotify", "@preconcurrency import GovernorSources"),
        ("GovernorAPI", "private import GovernorPolicy"), ("GovernorLedger", "import GovernorDaemon"),
        ("GovernorDaemon", "import governor"),
        ("GovernorDaemon", "import GRDB"), ("GovernorSources", "internal import GRDB"), ("governor", "import CCurl"),
        ("GovernorDaemon", "import CCurl"),
        ("GovernorNotify", "import Yams"), ("GovernorAPI", "import NIOPosix"), ("governor", "import Hummingbird"),
        ("GovernorDaemon", "import ArgumentParser"),
        ("GovernorUtils", "import GovernorCore"),
    ])
    func `an import that points the wrong way is found`(target: String, text: String) {
        let offences = ImportRule.offences(in: Self.file("// A file.\n\(text)\n", in: target))
        #expect(offences.map(\.line) == [2], "\(text) in \(target)")
    }

    @Test(arguments: [
        ("GovernorCore", "import Foundation"), ("GovernorLedger", "package import GovernorCore\nimport GRDB"),
        ("GovernorNotify", "import CCurl"),
        ("GovernorPolicy", "import Yams"),
        ("GovernorDaemon", "import GovernorLedger\nimport GovernorAPI\nimport NIOCore\nimport Hummingbird"),
        ("governor", "import ArgumentParser\nimport GovernorDaemon"),
        ("GovernorSources", "import Foundation\nimport Glibc"),
        ("GovernorCore", "// import GovernorPolicy\nlet text = \"import GRDB\"\n/* import Yams */"),
        ("GovernorCore", "let important = 1"),
    ])
    func `an import that points down is let pass`(target: String, text: String) {
        #expect(ImportRule.offences(in: Self.file(text, in: target)).isEmpty)
    }

    @Test func `comments and literals are told from code`() {
        let text = SwiftText(
            """
            let a = 1 // comment "x"
            /* one /* two */ still
            comment */ let b = "code() \\" // no" + c
            let d = #"raw \\" "inside" \\#(x)"# + e
            let f = \"\"\"
                long "quoted" // text
                \"\"\" + g
            """)
        let words = text.code.split { $0 == " " || $0.isNewline }.joined(separator: " ")
        #expect(words == "let a = 1 let b = + c let d = + e let f = + g")
        #expect(text.strings.contains("code()") && text.strings.contains("inside") && text.strings.contains("long"))
        #expect(!text.strings.contains("still") && !text.strings.contains("let"))
        #expect(text.code.filter(\.isNewline).count == 6 && text.strings.filter(\.isNewline).count == 6)
    }

    @Test func `a stranger at the top level is found`() {
        #expect(
            TopLevel.strangers(among: ["Package.swift", ".github", ".build", "README.md", "notes.md", "Scripts"]) == [
                "notes.md", "Scripts",
            ])
    }
}
