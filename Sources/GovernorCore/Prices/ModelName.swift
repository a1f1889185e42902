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

    private static let regions = ["us.", "eu.", "apac.", "global.", "jp.", "au.", "us-gov.", "ca."]
    private static let providers = ["anthropic.", "openai.", "google."]

    /// Looks a model up under its spellings, the longest first, until `find` has something.
    ///
    /// The name as written; without each of the prefixes before a slash (`openrouter/anthropic/claude-opus-5`), region
    /// and provider (`us.anthropic.`); each of these also without its version, and a Claude's with dashes for points
    /// (`claude-sonnet-4.5`); at last without what is behind its dashes and colons, one part after the other
    /// (`gpt-5-mini-high`), up to the first that makes it another model: a number, or a word such as `pro`.
    package static func firstSpelling<Found>(of name: String, _ find: (String) -> Found?) -> Found? {
        if let found = find(name) { return found }
        var tail = name[...]
        while true {
            if let found = spelled(String(tail), skips: name, find) { return found }
            guard let slash = tail.firstIndex(of: "/") else { break }
            tail = tail[tail.index(after: slash)...]
        }
        let bare = withoutProvider(name)
        if bare != tail, let found = spelled(bare, skips: name, find) { return found }
        var rest = withoutVersion(bare)[...]
        while let cut = rest.lastIndex(where: { $0 == "-" || $0 == ":" }) {
            let word = rest[rest.index(after: cut)...]
            if word.first?.isNumber ?? true || siblings.contains(word) { return nil }
            rest = rest[..<cut]
            if let found = spelled(String(rest), skips: name, find) { return found }
        }
        return nil
    }

    /// Words behind which another model stands, with another price: `gpt-5.2-pro` is twelve times `gpt-5.2`.
    private static let siblings: Set<Substring> = [
        "pro", "mini", "nano", "lite", "flash", "max", "ultra", "plus", "turbo", "large", "small", "tiny", "codex",
        "spark", "fast", "ultrafast", "audio", "realtime", "image", "tts", "transcribe", "research", "embedding",
    ]

    /// A name as it is, without its version, and with dashes.
    private static func spelled<Found>(_ name: String, skips tried: String, _ find: (String) -> Found?) -> Found? {
        if name != tried, let found = find(name) { return found }
        let plain = withoutVersion(name)
        if plain != name, let found = find(plain) { return found }
        // As OpenRouter and GitHub write them.
        guard plain.hasPrefix("claude-"), plain.utf8.contains(UInt8(ascii: ".")) else { return nil }
        return find(plain.replacing(".", with: "-"))
    }

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

    /// The same by the provider a source names beside a model's bare name.
    package static func isLocal(provider: String?) -> Bool { provider == "ollama" || provider == "ollama_chat" }

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
