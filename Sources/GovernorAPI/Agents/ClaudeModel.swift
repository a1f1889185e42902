import GovernorCore

/// Between the names of models and what Claude Code calls them where a subagent's is chosen: `opus`, `sonnet`, `haiku`.
package enum ClaudeModel {
    private static let families = ["opus", "sonnet", "haiku"]

    /// The model that a name stands for: what the environment maps a family to, else the newest of it in the price book.
    /// - Returns: nil for `inherit`, whose model a hook is not told.
    package static func named(_ name: String, environment: [String: String]) -> String? {
        guard families.contains(name) else { return name == "inherit" ? nil : name }
        if let chosen = environment.text("ANTHROPIC_DEFAULT_\(name.uppercased())_MODEL") { return chosen }
        let prefix = "claude-\(name)-"
        let known = (try? PriceBook.embedded())?.listed.map(\.model).filter { $0.hasPrefix(prefix) } ?? []
        return known.max { version($0).lexicographicallyPrecedes(version($1)) }
    }

    /// The name to choose for a subagent so that it runs on `model`.
    /// - Returns: nil for a model of no family, which the Agent tool would refuse.
    package static func family(of model: String) -> String? {
        families.first { ModelName.withoutProvider(model).hasPrefix("claude-\($0)") || model == $0 }
    }

    /// `claude-opus-4-8` is `[4, 8]`.
    private static func version(_ model: String) -> [Int] {
        ModelName.withoutVersion(model).split(separator: "-").compactMap { Int($0) }
    }
}
