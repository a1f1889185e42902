/// What the many spellings of a model's name have in common.
package enum ModelName {
    /// The name without the provider's prefixes: `us.anthropic.claude-opus-5` and `vertex_ai/claude-opus-5` are
    /// `claude-opus-5`.
    package static func withoutProvider(_ name: String) -> String {
        // By bytes: every check of a policy that matches on models comes through here.
        var rest = name.utf8[...]
        if let slash = rest.lastIndex(of: UInt8(ascii: "/")) { rest = rest[rest.index(after: slash)...] }
        for prefix in regions where rest.starts(with: prefix.utf8) { rest = rest.dropFirst(prefix.utf8.count) }
        for prefix in providers where rest.starts(with: prefix.utf8) { rest = rest.dropFirst(prefix.utf8.count) }
        return rest.startIndex == name.utf8.startIndex ? name : String(Substring(rest))
    }

    private static let regions = ["us.", "eu.", "apac.", "global.", "jp.", "au."]
    private static let providers = ["anthropic.", "openai.", "google."]

    /// The name without what only says which build it is: `-20250929`, `@20250929`, `-2026-05-01`, `-latest`,
    /// `-v1:0` and a context size in brackets.
    package static func withoutVersion(_ name: String) -> String {
        var rest = name[...]
        if rest.hasSuffix("]"), let open = rest.lastIndex(of: "[") { rest = rest[..<open] }
        if let at = rest.lastIndex(of: "@") { rest = rest[..<at] }
        // Without a revision only a Claude's: `deepseek-v3` and `deepseek-v4` are two models.
        if let dash = rest.lastIndex(of: "-"), rest[dash...].hasPrefix("-v"),
            isBedrockVersion(rest[dash...].dropFirst(2)),
            rest.contains(":") || withoutProvider(name).hasPrefix("claude")
        {
            rest = rest[..<dash]
        }
        if rest.hasSuffix("-latest") { rest = rest.dropLast(7) }
        let parts = rest.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count > 1, isDate(parts.suffix(1)) {
            rest = rest.dropLast(9)
        } else if parts.count > 3, isDate(parts.suffix(3)) {
            rest = rest.dropLast(11)
        }
        return String(rest)
    }

    /// Whether a model runs at no price: local servers' names.
    package static func isLocal(_ name: String) -> Bool { name.hasPrefix("ollama/") || name.hasPrefix("ollama_chat/") }

    /// The provider a name belongs to by its family, nil when it has none we know.
    package static func provider(of name: String) -> String? {
        let bare = withoutProvider(name)
        let families = [
            ("claude", "anthropic"), ("gpt-", "openai"), ("codex", "openai"), ("o1", "openai"), ("o3", "openai"),
            ("o4", "openai"), ("gemini", "gemini"),
        ]
        return families.first { bare.hasPrefix($0.0) }?.1
    }

    private static func isDate(_ parts: ArraySlice<Substring>) -> Bool {
        let digits = parts.joined()
        guard digits.utf8.count == 8, digits.hasPrefix("20") || digits.hasPrefix("19") else { return false }
        return digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isBedrockVersion(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count <= 2
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { byte in byte >= 48 && byte <= 57 } }
    }
}
