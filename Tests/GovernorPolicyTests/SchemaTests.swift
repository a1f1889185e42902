import Foundation
import GovernorCore
import GovernorPolicy
import Testing

/// What an editor says with the schema, held against what the loader says.
@Suite struct SchemaTests {
    static let file = Repository.root.appending(path: "policies/policy.schema.json")

    static func validator() throws -> SchemaValidator {
        SchemaValidator(root: try JSONReader.read(Array(PolicySchema.text.utf8)))
    }

    @Test func `the shipped schema is the one the forms make`() throws {
        if ProcessInfo.processInfo.environment["GOVERNOR_RECORD"] == "1" {
            try PolicySchema.text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.file, encoding: .utf8) == PolicySchema.text)
    }

    @Test(arguments: MutationTests.shipped.map { "policies/\($0)" } + ["policies/observe-only/policy.yaml"])
    func `a shipped policy is valid and names the schema`(path: String) throws {
        let text = try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
        let value = try #require(JSON(yaml: text))
        #expect(try Self.validator().problems(of: value) == [])
        let line = try #require(text.split(separator: "\n").first)
        let named = try #require(line.wholeMatch(of: /# yaml-language-server: \$schema=(.+)/)?.1)
        let folder = Repository.root.appending(path: path).deletingLastPathComponent()
        #expect(
            folder.appending(path: String(named)).resolvingSymlinksInPath() == Self.file.resolvingSymlinksInPath())
    }

    /// What the loader says that a schema can't know: it looks at one value at a time, and not at what stands behind
    /// a name, a variable or a date.
    static let beyond = [
        "there is no ", "is there twice", "is given twice", "is in the list twice", "is not set", "can't be read",
        "has the name of", "never resets", "has no forecast", "unknown time zone",
        "is not an http or https address", "regular expression", "is less than twice", "is too short", "is too long",
        "window too short", "has no window", "is a limit on", "ends before", "hold at once",
        "unknown label \"wrker\"", "${", "is named without its whole path", "is a budget, not", "is a rule, not",
        "is not a name", "has no port", "needs a password", "needs a username", "of the mail server is empty",
        "two tiers begin", "where nobody knows whose", "has a line break", "has a space", "what follows is not base64",
    ]

    /// Files of which the loader reads another text than the schema sees, or which are no YAML to anybody else.
    static let apart = [
        "anchor", "alias", "tag", "syntax", "ampersand", "duplicate", "second-document", "tab.", "nested",
    ]

    static let comparable = MistakeTests.mistakes.filter { name in !apart.contains { name.hasPrefix($0) } }

    @Test(arguments: comparable) func `an editor and the loader agree`(name: String) throws {
        let input = try MistakeTests.input(of: name)
        let validator = try Self.validator()
        for file in MistakeTests.files(input) {
            let loading = PolicyLoader(environment: ["SLACK_OPS": "https://hooks.example.com/x"]).load(files: [file])
            let errors = loading.diagnostics.filter { $0.severity == .error }.map(\.message)
            guard let value = JSON(yaml: file.text) else { continue }
            let problems = validator.problems(of: value)
            let seen = errors.filter { error in !Self.beyond.contains { error.contains($0) } }
            if errors.isEmpty { #expect(problems == [], "the loader takes it") }
            // At least one: what the schema refuses hides what is below it.
            if !seen.isEmpty { #expect(!problems.isEmpty, "the loader says \(seen)") }
        }
    }

    /// Every way of writing a value that the loader takes.
    @Test(arguments: [
        "limit_usd: 25", "limit_usd: 12.50", "limit_usd: \"25\"", "limit_tokens: 5_000_000", "limit_calls: \"1000\"",
        "limit_usd: 5, window: { week: { starts_on: sunday } }", "limit_usd: 5, window: block 5h",
        "limit_usd: 5, window: { year: { starts_on: \"3\" } }", "limit_usd: 5, match: { task: 42, tags.gold: true }",
        "limit_usd: 5, match: { model: [a, \"b*\", 3.5] }", "limit_usd: 5, per: [team, tags.squad]",
        "limit_usd: 5, at: { 12.5%: { stop: \"true\" }, forecast  110%: { pause: until_reset, for: 0s } }",
        "limit_usd: 5, name: 7", "limit_usd: 5, window: { day: { starts_at: 06:30 } }",
    ]) func `what the loader takes is valid`(part: String) throws {
        var fields = ["name: b", "per: fleet", "window: day", "at: {}"]
        fields.removeAll { part.contains(", " + $0.prefix { $0 != ":" } + ":") }
        let text = "version: \"1\"\nbudgets: [ { \((fields + [part]).joined(separator: ", ")) } ]\n"
        let loading = PolicyLoader(environment: [:]).load(text)
        #expect(loading.policy != nil, "\(loading.text)")
        let value = try #require(JSON(yaml: text))
        #expect(try Self.validator().problems(of: value) == [])
    }

    @Test func `every key says what it is for`() throws {
        let schema = try JSONReader.read(Array(PolicySchema.text.utf8))
        var count = 0
        func look(_ schema: JSON) {
            for member in schema.members ?? [] {
                guard member.key == "properties", schema["description"]?.members == nil else {
                    look(member.value)
                    continue
                }
                for property in member.value.members ?? [] where property.value["const"] == nil {
                    count += 1
                    let text = property.value["description"]?.string ?? ""
                    #expect(text.count > 10, "\(property.key)")
                    look(property.value)
                }
            }
            for element in schema.array ?? [] { look(element) }
        }
        look(schema)
        #expect(count > 100)
    }
}
