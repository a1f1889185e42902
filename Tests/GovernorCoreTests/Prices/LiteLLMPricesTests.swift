import GovernorCore
import Testing

@Suite struct LiteLLMPricesTests {
    private static func read(_ text: String) throws -> LiteLLMPrices { try LiteLLMPrices(Array(text.utf8)) }

    private static func row(_ prices: String, provider: String = "acme") throws -> PriceRow {
        let file = try read(#"{"m": {"mode": "chat", "litellm_provider": "\#(provider)", \#(prices)}}"#)
        return try #require(file.rows.first, "\(file.problems)")
    }

    private static let plain = #""input_cost_per_token": 3e-06, "output_cost_per_token": 0.000015"#

    @Test func `dollars per token are taken exactly`() throws {
        let row = try Self.row(
            Self.plain + #", "cache_read_input_token_cost": 3E-7, "cache_creation_input_token_cost": "0.00000375", "#
                + #""cache_creation_input_token_cost_above_1hr": 6.0e-06, "#
                + #""cache_creation_input_token_cost_above_12hr": 0.0000075"#)
        #expect(
            row.base
                == ClassPrices(
                    input: 3_000_000_000, output: 15_000_000_000, cacheRead: 300_000_000, cacheWrite5m: 3_750_000_000,
                    cacheWrite1h: 6_000_000_000, cacheWrite12h: 7_500_000_000))
        #expect(row.provider == "acme" && row.model == "m")
        #expect(row.levels.count == 1 && row.fast == nil && row.webSearch == nil)
    }

    @Test(arguments: [32, 100, 128, 200, 256, 272, 512] as [Int64])
    func `every threshold is a tier of its own`(thousands: Int64) throws {
        let row = try Self.row(
            Self.plain + #", "input_cost_per_token_above_\#(thousands)k_tokens": 6e-06, "#
                + #""output_cost_per_token_above_\#(thousands)k_tokens": 2.25e-05, "#
                + #""cache_creation_input_token_cost_above_1hr_above_\#(thousands)k_tokens": 1.3e-05"#)
        #expect(row.prices(ofPrompt: thousands * 1000, .standard).input == 3_000_000_000)
        let high = row.prices(ofPrompt: thousands * 1000 + 1, .standard)
        #expect(high.input == 6_000_000_000 && high.output == 22_500_000_000 && high.cacheWrite1h == 13_000_000_000)
    }

    @Test func `tiers, offers and their combinations stand side by side`() throws {
        let row = try Self.row(
            Self.plain + #", "input_cost_per_token_above_128k_tokens": 4e-06, "#
                + #""input_cost_per_token_above_272k_tokens": 5e-06, "input_cost_per_token_batches": 1.5e-06, "#
                + #""input_cost_per_token_above_272k_tokens_batches": 2e-06, "output_cost_per_token_flex": 7e-06, "#
                + #""cache_read_input_token_cost_priority": 9e-07, "output_cost_per_token_above_272k_tokens_priority": 6e-05"#
        )
        #expect(row.levels.map(\.over) == [0, 128_000, 272_000])
        #expect(row.prices(ofPrompt: 1, .batch).input == 1_500_000_000)
        #expect(row.prices(ofPrompt: 128_001, .batch).input == 2_000_000_000)
        #expect(row.prices(ofPrompt: 272_001, .batch).input == 2_000_000_000)
        #expect(row.prices(ofPrompt: 1, .flex).output == 7_000_000_000)
        #expect(row.prices(ofPrompt: 1, .priority).cacheRead == 900_000_000)
        #expect(row.prices(ofPrompt: 272_001, .priority).output == 60_000_000_000)
    }

    @Test func `surcharges and searches are read`() throws {
        let row = try Self.row(
            Self.plain + #", "provider_specific_entry": {"us": 1.1, "fast": 2.0, "other": {"a": []}}, "#
                + #""search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_medium": 0.01}, "#
                + #""deprecation_date": "2026-12-11""#)
        #expect(row.fast == PriceRow.Multiplier(numerator: 2, denominator: 1))
        #expect(row.usGeography == PriceRow.Multiplier(numerator: 11, denominator: 10))
        #expect(row.webSearch == 10_000_000_000 && row.deprecation == "2026-12-11")
    }

    @Test func `prices by ranges of tokens are tiers`() throws {
        let file = try Self.read(
            #"""
            {"m": {"mode": "chat", "tiered_pricing": [
              {"range": [0, 256000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
              {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06}]}}
            """#)
        let row = try #require(file.rows.first)
        #expect(row.prices(ofPrompt: 256_000, .standard) == ClassPrices(input: 50_000_000, output: 400_000_000))
        #expect(row.prices(ofPrompt: 256_001, .standard) == ClassPrices(input: 250_000_000, output: 2_000_000_000))
    }

    @Test func `what is finer than a nano-dollar per million is rounded and noted`() throws {
        let file = try Self.read(
            #"{"m": {"mode": "chat", "input_cost_per_token": 2.0000000000000002e-07, "output_cost_per_token": 1e-15}}"#)
        let row = try #require(file.rows.first)
        #expect(row.base.input == 200_000_000 && row.base.output == 1)
        #expect(
            file.notes == [
                LiteLLMPrices.Remark(
                    model: "m",
                    message: "has input_cost_per_token 2.0000000000000002e-07, finer than a billionth of a dollar per "
                        + "million tokens; taken as $0.2 per million")
            ])
    }

    @Test func `what can't be taken as written is noted`() throws {
        let row =
            Self.plain + #", "output_cost_per_reasoning_token": 2e-05, "off_peak_pricing": {"windows": []}, "#
            + #""search_context_cost_per_query": {"search_context_size_low": 0.005, "search_context_size_medium": 0.008}"#
        let file = try Self.read(#"{"m": {"mode": "responses", \#(row), "input_cost_per_token_ultrafast": 1}}"#)
        #expect(file.rows.first?.base.output == 20_000_000_000 && file.rows.first?.webSearch == 8_000_000_000)
        #expect(
            file.notes.map(\.message) == [
                "charges $20 for thinking and $15 for other output; all output is taken at the dearer",
                "charges searches by how much they read; all are taken at the medium price",
                "has cheaper hours, which are not taken",
            ])
        #expect(file.unread == ["_ultrafast": 1])
    }

    @Test(arguments: [
        (#"[]"#, "is a list, not an object"),
        (#"{"mode": "chat", "output_cost_per_token": 1e-06}"#, "has no input_cost_per_token"),
        (#"{"mode": "chat", "input_cost_per_token": 1e-06}"#, "has no output_cost_per_token"),
        (
            #"{"mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0}"#,
            "costs nothing; what is free on purpose is named under \"free\" in the policy"
        ),
        (
            #"{"mode": "chat", "input_cost_per_token": "much", "output_cost_per_token": 0}"#,
            "has no price as input_cost_per_token: \"much\""
        ),
        (
            #"{"mode": "chat", "input_cost_per_token": -1e-06, "output_cost_per_token": 0}"#,
            "has an absurd input_cost_per_token: $-1 per million tokens"
        ),
        (
            #"{"mode": "chat", "input_cost_per_token": 3, "output_cost_per_token": 15}"#,
            "has an absurd input_cost_per_token: $3000000 per million tokens"
        ),
        (
            #"{"mode": "chat", "input_cost_per_token": [1], "output_cost_per_token": 15}"#,
            "has no number as input_cost_per_token: a list"
        ),
        (#"{"mode": "chat", "a": 1, "a": 2}"#, "can't be read: duplicate key \"a\""),
        (
            #"{"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06, "provider_specific_entry": {"fast": -2}}"#,
            "has an absurd multiplier fast: -2"
        ),
        (#"{"mode": "chat", "tiered_pricing": [{"input_cost_per_token": 1}]}"#, "has a tier without a range of tokens"),
    ])
    func `what is wrong with an entry is a problem of that entry alone`(entry: String, message: String) throws {
        let file = try Self.read(#"{"bad": \#(entry), "good": {"mode": "chat", \#(Self.plain)}}"#)
        #expect(file.problems == [LiteLLMPrices.Remark(model: "bad", message: message)])
        #expect(file.rows.map(\.model) == ["good"])
    }

    @Test func `what is no text model is passed over, and of two entries the last counts`() throws {
        let file = try Self.read(
            "\u{FEFF}"
                + #"""
                {"sample_spec": {"mode": "one of: chat, embedding", "input_cost_per_token": 0},
                 "e": {"mode": "embedding", "input_cost_per_token": 1e-08}, "none": {"input_cost_per_token": 1e-08},
                 "a*b": {"mode": "chat", \#(Self.plain)}, "m": {"mode": "chat"},
                 "m": {"mode": "completion", \#(Self.plain)}}
                """#)
        #expect(file.others == 3 && file.rows.map(\.model) == ["m"])
        #expect(file.problems.map(\.message) == ["is no name of one model", "is there twice; the last is taken"])
    }

    @Test(arguments: [
        ("", "line 1: this is no JSON object: expected an object or a list"),
        ("[1]", "line 1: this is no JSON object: expected an object or a list"),
        ("{\n\"a\": {}\n,", "line 3: this is no JSON object: expected a key in quotes"),
        (#"{"a": 1}"#, "this has no entries of models, so it is none of LiteLLM's price files"),
    ])
    func `another file is said to be one`(text: String, message: String) {
        let failure = #expect(throws: LiteLLMPrices.Failure.self) { try Self.read(text) }
        #expect(failure?.description == message)
    }
}
