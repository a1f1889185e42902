import Foundation
import GovernorCore
import GovernorPolicy
import Testing

/// What `prices`, `cost` and the settings of sources come to mean.
@Suite struct PriceTests {
    static func policy(_ text: String) throws -> Policy {
        let loading = PolicyLoader(environment: [:]).load("version: 1\n" + text)
        return try #require(loading.policy, "\(loading.text)")
    }

    static func time(_ text: String) throws -> Timestamp {
        guard case .instant(let time)? = RFC3339.read(text.utf8) else { throw LanguageTests.NotATime() }
        return time
    }

    @Test func `a price has classes, offers, tiers, surcharges and dates`() throws {
        let policy = try PolicyLoader.withoutSecrets.load(
            files: MistakeTests.files(MistakeTests.input(of: "prices-are-fine.yaml"))
        ).policy
        let prices = try #require(policy?.prices)
        #expect(prices.map(\.provider) == ["house", "anthropic", "anthropic", "openai", "azure"])
        let opus = prices[1]
        #expect(try opus.from == Self.time("2026-11-30T23:00:00Z"))
        #expect(try opus.until == Self.time("2027-01-01T00:00:00Z"))
        #expect(opus.fast == PriceRow.Multiplier(numerator: 2, denominator: 1))
        #expect(opus.usGeography == PriceRow.Multiplier(numerator: 11, denominator: 10))
        #expect(opus.webSearch == 10_000_000_000)
        let standard = opus.prices(ofPrompt: 200_000, .standard)
        #expect(
            standard.input == 4_500_000_000 && standard.output == 22_500_000_000
                && standard.cacheWrite1h == 9_000_000_000)
        let batch = opus.prices(ofPrompt: 200_001, .batch)
        #expect(batch.input == 4_000_000_000 && batch.output == 16_000_000_000 && batch.cacheRead == 400_000_000)
        #expect(opus.prices(ofPrompt: 1, .flex).cacheRead == 100_000_000)
        #expect(opus.prices(ofPrompt: 1, .priority).cacheWrite1h == 20_000_000_000)
        #expect(prices[3].levels.map(\.over) == [0, 128_000, 272_000])
        #expect(policy?.calculatesCost == true && policy?.manualMinutesPerTask == 45)
        #expect(policy?.authority == [.coordinator, .telemetry, .transcript])
        #expect(policy?.hypotheticalModel == "house-large")
    }

    @Test func `a policy's prices go before the built-in ones while they hold`() throws {
        let policy = try Self.policy(
            """
            prices:
              - { model: claude-opus-5, input: 1, output: 2, from: 2026-11-01, until: 2026-12-01 }
              - { model: claude-sonnet-4-5, input: 3, output: 4 }
            """)
        let book = try PriceBook.embedded(for: policy)
        func input(_ model: String, _ day: String) throws -> Int64? {
            book.row(for: model, at: try Self.time("\(day)T12:00:00Z"))?.base.input
        }
        #expect(try input("us.anthropic.claude-opus-5", "2026-10-31") == 5_000_000_000)
        #expect(try input("us.anthropic.claude-opus-5", "2026-11-01") == 1_000_000_000)
        #expect(try input("claude-opus-5", "2026-12-01") == 5_000_000_000)
        // Without dates it takes the place of all that is built in, of the old dearer tier too.
        let old = try #require(book.row(for: "claude-sonnet-4-5-20250929", at: try Self.time("2025-11-20T00:00:00Z")))
        #expect(old.levels.count == 1 && old.base.input == 3_000_000_000)
        #expect(
            try PriceBook.embedded(for: Self.policy("mode: enforce")).row(
                for: "claude-opus-5", at: old.from ?? .distantPast) != nil)
    }

    @Test func `what names a model may name one that the policy prices`() throws {
        let policy = try Self.policy(
            """
            budgets:
              - name: house-day
                limit_usd: 5
                per: fleet
                window: day
                match: { model: "house-*", provider: house }
                at: { 90%: { downgrade: smaller }, 100%: { pause: until_reset } }
            rules:
              - { name: unknown, when: unpriced_model, then: { stop: true, price_as: house-large } }
              - { name: saved, when: savings, above_usd: 1, over: month, then: { stop: true } }
            models: { smaller: { "house-*": house-small } }
            sources: { hypothetical_model: house-large }
            prices:
              - { model: house-large, provider: house, input: 3, output: 15 }
              - { model: house-small, provider: house, input: 1, output: 5 }
            """)
        #expect(policy.priceAs == "house-large")
        guard case .savings(let savings) = policy.rules[1].condition else { return #expect(Bool(false)) }
        #expect(savings.at.model == "house-large" && savings.at.base.output == 15_000_000_000)
        let book = try PriceBook.embedded(for: policy)
        #expect(book.compared(under: policy, at: Timestamp(seconds: 1_795_000_000))?.model == "house-large")
    }

    @Test(arguments: [
        (
            "prices: [ { model: claude-opus-5, input: 1, output: 2 } ]",
            ["prices: 1 of the built-in ones is replaced (claude-opus-5)"]
        ),
        (
            "prices: [ { model: b, provider: p, input: 1, output: 2, from: 2026-01-01 }, { model: a, provider: p, input: 1, output: 2, until: 2026-01-01 } ]",
            ["prices: 2 are added (a and b), with dates"]
        ),
        (
            "prices: [ { model: gpt-5, input: 1, output: 2, from: 2026-01-01 }, { model: gpt-5, input: 1, output: 2 }, { model: gpt-4o, input: 1, output: 2 }, { model: a, provider: p, input: 1, output: 2 } ]",
            [
                "prices: 2 of the built-in ones are replaced (gpt-4o and gpt-5), 1 is added (a), 1 of them with dates"
            ]
        ),
        (
            "cost: calculate\nsources: { authority: [push, transcript] }",
            [
                "costs are calculated from prices, also where a source reports one of a model that has a price",
                "of several sources that tell of one session the first counts: push, transcript",
            ]
        ),
        (
            "cost: reported\nsources: { authority: [push] }",
            ["of several sources that tell of one session push counts first"]
        ),
        ("mode: enforce", []),
    ])
    func `prices and sources are said in a sentence`(text: String, sentences: [String]) throws {
        #expect(PolicySentence.sentences(for: try Self.policy(text)) == sentences)
    }
}

/// The file that imports write.
@Suite struct PriceFileTests {
    private static let row = """
        { model: "m", provider: "p", from: "2026-11-29T04:22:24Z", input: 3, output: 15, cache_write_12h: 7.5, \
        batch_input: 1.5, flex_cache_read: 0.0375, tier: [ { over: 1000, input: 6, output: 22.5 }, \
        { over: 2000, input: 12, output: 15, priority_output: 90 } ], fast: 2, us_geo: 1.1, web_search_per_1k: 10 }
        """

    private static func rows() throws -> [PriceRow] {
        try PriceTests.policy("prices:\n  - \(row)\n").prices
    }

    @Test func `a row is written as it is read`() throws {
        let text = try PriceFile.text(nil, adding: Self.rows())
        #expect(text.hasSuffix("version: 1\nprices:\n  - \(Self.row)\n"))
        let loading = PolicyLoader(environment: [:]).load(files: [(name: PriceFile.name, text: text)])
        #expect(loading.policy?.prices == (try Self.rows()), "\(loading.text)")
    }

    @Test func `every built-in row can be written and read`() throws {
        // Those of one model and time would be there twice.
        let rows = try PriceBook.embedded().listed
        let text = try PriceFile.text(nil, adding: rows)
        let loading = PolicyLoader(environment: [:]).load(files: [(name: PriceFile.name, text: text)])
        let prices = try #require(loading.policy?.prices, "\(loading.text)")
        #expect(prices.count == rows.count)
        for (read, written) in zip(prices, rows) {
            #expect(read.charges(as: written) && read.model == written.model && read.until == written.until)
            #expect(read.provider == written.provider && read.from == written.from)
        }
    }

    @Test(arguments: [
        ("version: 1\n", "version: 1\nprices:\n  - NEW\n"), ("version: 1", "version: 1\nprices:\n  - NEW\n"),
        ("prices: []\nversion: 1\n", "prices:\n  - NEW\nversion: 1\n"),
        ("prices: # none yet\n", "prices: # none yet\n  - NEW\n"),
        (
            "version: 1\nprices:\n    - { model: a }  # kept\n\n    # a remark\n    - model: b\n      input: 1\n\n# more\nfree: [x]\n",
            "version: 1\nprices:\n    - { model: a }  # kept\n\n    # a remark\n    - model: b\n      input: 1\n    - NEW\n\n# more\nfree: [x]\n"
        ),
        ("prices:\n- { model: a }\n- { model: b }", "prices:\n- { model: a }\n- { model: b }\n- NEW\n"),
        ("prices:\r\n  - { model: a }\r\nfree: []\r\n", "prices:\r\n  - { model: a }\r\n  - NEW\nfree: []\r\n"),
    ])
    func `rows are added and every other byte stays`(present: String, expected: String) throws {
        let text = try PriceFile.text(present, adding: Self.rows())
        #expect(text == expected.replacing("NEW", with: Self.row))
        #expect(try PriceFile.text(present, adding: []) == present)
    }

    @Test func `a list in brackets is left to its author`() throws {
        let problem = #expect(throws: PriceFile.Problem.self) {
            try PriceFile.text("version: 1\nprices: [ { model: a } ]\n", adding: Self.rows())
        }
        #expect(problem?.line == 2)
    }

    @Test func `an import adds what differs from now on, once, and history keeps its prices`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "policy.yaml",
            Array("version: 1\nprices:\n  - { model: house, provider: house, input: 1, output: 2 }\n".utf8))
        func entry(_ model: String, _ input: String) -> String {
            #""\#(model)": {"mode": "chat", "litellm_provider": "x", "input_cost_per_token": \#(input), "output_cost_per_token": 2e-05}"#
        }
        let now = try PriceTests.time("2026-11-29T04:22:24.750Z")
        func plan(_ entries: [String], only: [Glob] = [], later: Span = .zero) throws -> PriceImport {
            let file = try LiteLLMPrices(Array("{\(entries.joined(separator: ","))}".utf8))
            return try PriceImport(file.rows, into: folder.path, only: only, now: now + later)
        }
        let entries = [entry("house", "3e-06"), entry("gpt-5", "4e-06"), entry("other/new", "5e-06")]
        let first = try plan(entries, only: [Glob("house"), Glob("gpt-*")])
        #expect(first.path == "\(folder.path)/prices.yaml" && first.present == nil)
        #expect(first.changes.changes.map(\.row.model) == ["gpt-5", "house"])
        try folder.write("prices.yaml", Array(first.text.utf8))
        // The same again changes nothing; another price is a further row.
        #expect(try plan(entries, only: [Glob("house"), Glob("gpt-*")], later: .hours(1)).changes.changes.isEmpty)
        let second = try plan([entry("gpt-5", "6e-06")], later: .hours(2))
        #expect(second.text.hasPrefix(first.text))
        try folder.write("prices.yaml", Array(second.text.utf8))
        let prices = try PolicyPrices(folder: folder.path, mayLack: false)
        func input(_ model: String, _ later: Span) -> Int64? {
            prices.book.row(for: model, at: now + later)?.base.input
        }
        #expect(input("gpt-5", .seconds(-1)) == 1_250_000_000 && input("gpt-5", .zero) == 4_000_000_000)
        #expect(input("gpt-5", .hours(2)) == 6_000_000_000)
        #expect(input("house", .seconds(-1)) == 1_000_000_000 && input("house", .zero) == 3_000_000_000)
        #expect(prices.book.row(for: "gpt-5", at: now + .hours(3))?.provider == "openai")
    }

    @Test func `a policy with a mistake, or none at all, is told before anything is written`() throws {
        let folder = try TemporaryFolder()
        let none = try LiteLLMPrices(Array("{}".utf8)).rows
        let missing = #expect(throws: PolicyPrices.Failure.self) {
            try PriceImport(none, into: folder.path + "/nowhere", only: [], now: .distantPast)
        }
        #expect(missing?.diagnostics.first?.message == "there is no such folder")
        #expect(throws: PolicyPrices.Failure.self) { try PolicyPrices(folder: "nowhere", mayLack: false) }
        // Without a policy the built-in prices are what there is.
        #expect(try PolicyPrices(folder: "nowhere", mayLack: true).book.entries.allSatisfy { !$0.isOwn })
        #expect(try PolicyPrices(folder: folder.path, mayLack: false).zone == .utc)
        try folder.write("policy.yaml", Array("version: 2\n".utf8))
        let wrong = #expect(throws: PolicyPrices.Failure.self) {
            try PriceImport(none, into: folder.path, only: [], now: .distantPast)
        }
        #expect(wrong?.diagnostics.first?.line == 1)
    }
}
