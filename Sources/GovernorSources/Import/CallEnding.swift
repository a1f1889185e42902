import GovernorCore

/// How a call ended, by the word its provider or proxy has for it (`contract/usage.md`, "Outcome").
enum CallEnding {
    private static let errors: Set<String> = [
        "error", "contentfilter", "safety", "recitation", "failure", "failed", "errored", "blocklist",
        "prohibitedcontent", "spii", "malformedfunctioncall", "imagesafety", "timeout",
    ]
    private static let cancelled: Set<String> = ["cancelled", "canceled", "aborted"]

    /// The outcome a word stands for. A word that is not known is how some model says that it came to an end; a number is
    /// an HTTP status.
    static func outcome(_ word: String) -> Outcome {
        var bare = ImportColumns.matched(word)
        if bare.hasPrefix("finishreason") { bare.removeFirst("finishreason".count) }
        if errors.contains(bare) { return .error }
        if cancelled.contains(bare) { return .cancelled }
        if let status = Int(bare), (400..<600).contains(status) { return .error }
        return .success
    }
}
