import Foundation
import GovernorPolicy
import Testing

/// Each file of `Fixtures` is a policy with the mistake it is named after, a line of dashes, and what is said about it.
/// `--- NAME` on a line of its own begins a further file. Run with GOVERNOR_RECORD=1 to write down what is said now.
@Suite struct MistakeTests {
    static let folder = Repository.tests.appending(path: "Fixtures")
    static let rule = String(repeating: "-", count: 40)

    static let mistakes: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test func `every mistake has its fixture`() { #expect(Self.mistakes.count > 50) }

    @Test(arguments: mistakes) func `a mistake is told with its place and a way out`(name: String) throws {
        let file = Self.folder.appending(path: name)
        let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n\(Self.rule)\n")
        let input = parts[0] + "\n"
        let loader = PolicyLoader(environment: [
            "SLACK_OPS": "https://hooks.example.com/services/T0/B0/swordfish", "NOT_A_HOOK": "swordfish", "EMPTY": "",
            "SMTP_PASSWORD": "swordfish", "MAILBOX": "b@example.com", "SHORT_KEY": "whsec_c3dvcmRmaXNo",
            "PAGER_URL": "https://pager.example.com/swordfish", "PAGER_SECRET": "swordfish and some more of the same",
            "PLAIN_HOOK": "http://hooks.example.com/swordfish", "USER_URL": "https://g:swordfish@hooks.example.com/",
        ])
        let loading = loader.load(files: Self.files(input))
        let said = loading.text

        if ProcessInfo.processInfo.environment["GOVERNOR_RECORD"] == "1" {
            try "\(parts[0])\n\(Self.rule)\n\(said)\n".write(to: file, atomically: true, encoding: .utf8)
            return
        }
        try #require(parts.count == 2, "no line of \(Self.rule.count) dashes in \(name)")
        #expect(said == parts[1].trimmingCharacters(in: .newlines))
        #expect((loading.policy == nil) == loading.diagnostics.contains { $0.severity == .error })
        #expect(!said.contains("swordfish"), "a secret was shown")
    }

    /// What a fixture is about, without what is said of it.
    static func input(of name: String) throws -> String {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return text.components(separatedBy: "\n\(rule)\n")[0] + "\n"
    }

    /// `policy.yaml`, and those begun by `--- NAME`.
    static func files(_ input: String) -> [(name: String, text: String)] {
        var files = [(name: "policy.yaml", text: "")]
        for line in input.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("--- ") {
                files.append((name: String(line.dropFirst(4)), text: ""))
            } else {
                files[files.count - 1].text += line + "\n"
            }
        }
        return files
    }
}
