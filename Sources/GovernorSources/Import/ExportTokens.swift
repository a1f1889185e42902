import GovernorCore

/// The token counts of a provider's export, in our classes.
enum ExportTokens {
    /// - Returns: nil when the row has no count at all.
    static func read(_ row: ImportRow, _ dialect: ExportDialect) throws(LineProblem) -> TokenCounts? {
        func count(_ names: Names) throws(LineProblem) -> Int64? { try row.count(names) }
        let total = try count(dialect.total)
        let answered = try count(dialect.output)
        let prompted = try count(dialect.input)
        guard total != nil || answered != nil || prompted != nil else { return nil }
        // A total alone is booked as input, the part that most of any call is.
        let prompt = prompted ?? total.map { max(0, $0 - (answered ?? 0)) } ?? 0
        var tokens = TokenCounts(output: answered ?? total.map { max(0, $0 - prompt) } ?? 0)

        let (readBeside, readInside) = (try count(Aliases.cacheReadBeside), try count(Aliases.cacheReadInside))
        let (wroteBeside, wroteInside) = (try count(Aliases.cacheWriteBeside), try count(Aliases.cacheWriteInside))
        tokens.cacheRead = readBeside ?? readInside ?? 0
        tokens.cacheWrite1h = try count(Aliases.cacheWrite1h) ?? 0
        let written = wroteBeside ?? wroteInside ?? 0
        // What is not said to last an hour counts as 5 m, as everywhere.
        tokens.cacheWrite5m = max(try count(Aliases.cacheWrite5m) ?? 0, written - tokens.cacheWrite1h)
        let isInside = dialect.inputIncludesCache
        let inside =
            (isInside || readBeside == nil ? tokens.cacheRead : 0)
            + (isInside || (wroteBeside == nil && wroteInside != nil)
                ? tokens.cacheWrite5m + tokens.cacheWrite1h : 0)
        // More than the whole prompt can't be inside it.
        tokens.input = inside <= prompt ? prompt - inside : prompt
        if let uncached = try count(Aliases.uncached) { tokens.input = uncached }

        tokens.reasoning = try count(Aliases.reasoning) ?? 0
        if let thoughts = try count(Aliases.thoughts) {
            tokens.reasoning = thoughts
            // Google's answer leaves the thoughts out, which are billed like it; a total that has no room for them says that
            // this export already counted them in.
            let isCountedIn = total.map { $0 < prompt + tokens.output + thoughts } ?? false
            if !isCountedIn { tokens.output += thoughts }
        }
        tokens.input += try count(Aliases.toolPrompt) ?? 0
        return tokens
    }
}
