/// A key of a price in LiteLLM's file, as `facts/providers.md` has its grammar:
/// `RATE(_above_1hr|_above_12hr)?(_above_Nk_tokens)?(_batches|_flex|_priority|_ultrafast|_balanced)?`.
struct LiteLLMKey: Hashable {
    /// What it is the price of; nil for the part of the output that was thought.
    var kind: TokenClass?
    /// In tokens; 0 where the key names none.
    var over: Int64 = 0
    var tier = Terms.Tier.standard

    /// What a key turns out to be.
    enum Reading: Hashable {
        case price(LiteLLMKey)
        /// A price of tokens that a record can't carry the terms of, by the word that says so: `_ultrafast`.
        case unread(String)
        /// Something else.
        case other
    }

    static func read(_ key: String) -> Reading {
        guard let (prefix, kind) = rates.first(where: { key.hasPrefix($0.prefix) }) else { return .other }
        var rest = key.dropFirst(prefix.count)
        var result = LiteLLMKey(kind: kind)
        if kind == .cacheWrite5m {
            for (word, kept) in [("_above_1hr", TokenClass.cacheWrite1h), ("_above_12hr", .cacheWrite12h)]
            where take(word, from: &rest) { result.kind = kept }
        }
        if rest.hasPrefix("_above_"), let end = rest.firstRange(of: "k_tokens") {
            let digits = rest[rest.index(rest.startIndex, offsetBy: 7)..<end.lowerBound]
            guard (1...9).contains(digits.count), let thousands = Int64(digits), thousands > 0 else {
                return .unread(String(rest))
            }
            result.over = thousands * 1000
            rest = rest[end.upperBound...]
        }
        for (word, tier) in [("_batches", Terms.Tier.batch), ("_flex", .flex), ("_priority", .priority)]
        where rest == word {
            result.tier = tier
            rest = rest.dropFirst(word.count)
        }
        return rest.isEmpty ? .price(result) : .unread(String(rest))
    }

    private static func take(_ word: String, from rest: inout Substring) -> Bool {
        guard rest.hasPrefix(word), rest.dropFirst(word.count).first ?? "_" == "_" else { return false }
        rest = rest.dropFirst(word.count)
        return true
    }

    private static let rates: [(prefix: String, kind: TokenClass?)] = [
        ("cache_creation_input_token_cost", .cacheWrite5m), ("cache_read_input_token_cost", .cacheRead),
        ("input_cost_per_token", .input), ("output_cost_per_token", .output),
        ("output_cost_per_reasoning_token", nil),
    ]
}
