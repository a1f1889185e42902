import GovernorCore
import Testing

@Suite struct PriceFindingTests {
    @Test(arguments: [
        ("claude-opus-5", "the name as it is written"),
        (
            "bedrock/us.anthropic.claude-opus-5-20260101-v1:0",
            "the name without \"bedrock/us.anthropic.\" and \"-20260101-v1:0\""
        ),
        ("gpt-5-2025-08-07", "the name without \"-2025-08-07\""),
        (
            "claude-3-5-sonnet-latest",
            "the name without \"-latest\", of which claude-3-5-sonnet-20241022 is the newest version listed"
        ),
        ("openrouter/anthropic/claude-opus-4.8", "the name, written \"claude-opus-4-8\""),
        ("ollama/llama3", "it runs on this machine"), ("house-1", "the policy's \"free\" has \"house-*\""),
        ("<synthetic>", "what an agent writes itself is no call"), ("mystery", "no name like it is listed"),
    ])
    func `a finding says how it came to its prices`(model: String, why: String) throws {
        let book = try PriceBook.embedded(free: [Glob("house-*")])
        #expect(book.finding(for: model, at: monday).why == why)
    }

    @Test func `a finding has the row of its day and all others`() throws {
        let book = try PriceBook.embedded()
        let finding = book.finding(for: "claude-sonnet-4-5-20250929", at: instant("2025-11-20T00:00:00Z"))
        guard case .priced(let row, isOwn: false) = finding.verdict else { return #expect(Bool(false), "\(finding)") }
        #expect(row.until == instant("2026-01-01T00:00:00Z") && finding.history.count == 2)
        #expect(finding.history.first == row)
        guard case .unpriced(let standIn?) = book.finding(for: "claude-opus-9", at: monday).verdict else {
            return #expect(Bool(false))
        }
        #expect(standIn.model.hasPrefix("claude-opus-4"))
    }

    @Test func `a decision about a model without a price says so`() throws {
        let book = try PriceBook.embedded(priceAs: "claude-opus-5")
        #expect(
            book.caveat(for: "mystery", at: monday)
                == "mystery has no price; its calls are booked at claude-opus-5's price")
        for known in ["claude-opus-5", "us.anthropic.claude-opus-5", "ollama/llama3", "<synthetic>", ""] {
            #expect(book.caveat(for: known, at: monday) == nil)
        }
        #expect(book.caveat(for: nil, at: monday) == nil)
        #expect(book.caveat(for: "llama3", provider: "ollama", at: monday) == nil)
    }

    @Test func `changes are those calls would feel`() throws {
        let book = try PriceBook.embedded()
        func file(_ entries: String) throws -> [PriceRow] { try LiteLLMPrices(Array("{\(entries)}".utf8)).rows }
        let rows = try file(
            #"""
            "claude-sonnet-4-6": {"mode": "chat", "litellm_provider": "anthropic", "input_cost_per_token": 3e-06,
              "output_cost_per_token": 1.5e-05, "cache_creation_input_token_cost": 3.75e-06, "cache_read_input_token_cost": 3e-07,
              "input_cost_per_token_batches": 1.5e-06, "output_cost_per_token_batches": 7.5e-06,
              "provider_specific_entry": {"us": 1.1}, "search_context_cost_per_query": {"search_context_size_low": 0.01}},
            "azure/gpt-4o": {"mode": "chat", "litellm_provider": "azure", "input_cost_per_token": 2.75e-06,
              "output_cost_per_token": 1.1e-05},
            "acme/new": {"mode": "chat", "litellm_provider": "acme", "input_cost_per_token": 1e-06,
              "output_cost_per_token": 2e-06}
            """#)
        let changes = PriceChanges(rows, comparedTo: book, at: monday)
        // An hour's write that isn't listed is what the book lists, twice the input.
        #expect(changes.same == 1)
        #expect(changes.changes.map(\.row.model) == ["acme/new", "azure/gpt-4o"])
        #expect(changes.changes.map(\.row.provider) == ["acme", "openai"])
        #expect(changes.changes[0].differences == ["input $1", "output $2"] && changes.changes[0].present == nil)
        #expect(
            Array(changes.changes[1].differences.prefix(3)) == [
                "input $2.5 → $2.75", "output $10 → $11", "cache_read $1.25 → $2.75",
            ])
        #expect(changes.missing.contains("claude-opus-5") && !changes.missing.contains("gpt-4o"))
        let only = PriceChanges(rows, comparedTo: book, only: [Glob("azure/*")], at: monday)
        #expect(only.changes.count == 1 && only.same == 0 && only.missing.isEmpty)
    }
}
