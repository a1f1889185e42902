package import GovernorCore

/// `prices.yaml`: the file of a policy folder that `governor prices import` adds rows to, and leaves as it is otherwise.
package enum PriceFile {
    package static let name = "prices.yaml"

    /// Why rows can't be added to a file.
    package struct Problem: Error, Hashable, Sendable {
        /// From 1.
        package var line: Int
        package var message: String
    }

    /// The file with rows added at the end of its `prices`, every other byte as it was.
    ///
    /// - Parameter present: nil when there is no such file yet.
    package static func text(_ present: String?, adding rows: [PriceRow]) throws(Problem) -> String {
        guard let present, present.contains(where: { !$0.isWhitespace }) else {
            return heading + rows.map { "  - \(line($0))\n" }.joined()
        }
        guard !rows.isEmpty else { return present }
        // By scalars: CR LF is one character.
        var lines = present.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        guard let key = lines.firstIndex(where: { $0.hasPrefix("prices:") }) else {
            return (lines + ["prices:"] + rows.map { "  - \(line($0))" }).joined(separator: "\n") + "\n"
        }
        let behind = lines[key].dropFirst("prices:".count).prefix { $0 != "#" }.filter { !$0.isWhitespace }
        if behind == "[]" {
            lines[key] = "prices:"
        } else if !behind.isEmpty {
            throw Problem(
                line: key + 1,
                message: "\"prices\" is in brackets here; write each price on a line that begins with \"- \"")
        }
        let next = lines[(key + 1)...].firstIndex { line in
            // What is not indented is the next key, but a list may stand as far left as its key.
            guard let first = line.unicodeScalars.first else { return false }
            return ![" ", "\t", "-", "#", "\r"].contains(first)
        }
        let block = lines[(key + 1)..<(next ?? lines.count)]
        let last = block.lastIndex { line in
            let text = line.drop { $0.isWhitespace }
            return !text.isEmpty && !text.hasPrefix("#")
        }
        let indent = block.first { $0.drop { $0 == " " }.hasPrefix("-") }.map { $0.prefix { $0 == " " } } ?? "  "
        lines.insert(contentsOf: rows.map { "\(indent)- \(line($0))" }, at: (last ?? key) + 1)
        return lines.joined(separator: "\n") + "\n"
    }

    private static let heading = """
        # Prices beside the built-in ones, in USD per million tokens; of one model the row that began last counts.
        # `governor prices import` adds rows at the end, each from the moment of the import on.
        version: 1
        prices:

        """

    /// One row as a map on a line, with what its table lists and nothing that follows from it.
    static func line(_ row: PriceRow) -> String {
        var parts = ["model: \(JSON.quoted(row.model))", "provider: \(JSON.quoted(row.provider))"]
        if let from = row.from { parts.append("from: \"\(RFC3339.utc(from))\"") }
        if let until = row.until { parts.append("until: \"\(RFC3339.utc(until))\"") }
        parts += rates(row.levels.first)
        let tiers = row.levels.dropFirst().map { level in
            "{ \((["over: \(level.over)"] + rates(level)).joined(separator: ", ")) }"
        }
        if tiers.count == 1 { parts.append("tier: \(tiers[0])") }
        if tiers.count > 1 { parts.append("tier: [ \(tiers.joined(separator: ", ")) ]") }
        if let fast = row.fast { parts.append("fast: \(digits(fast.billionths))") }
        if let geography = row.usGeography { parts.append("us_geo: \(digits(geography.billionths))") }
        if let search = row.webSearch { parts.append("web_search_per_1k: \(digits(search))") }
        if let request = row.perRequest { parts.append("per_request: \(digits(request))") }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    private static func rates(_ level: PriceRow.Level?) -> [String] {
        guard let level else { return [] }
        let offers: [Terms.Tier] = [.standard, .batch, .flex, .priority]
        return offers.flatMap { tier in
            TokenClass.allCases.compactMap { kind in
                // A tier of the form has to say what goes in and out, also where only the cache changes.
                let isNeeded = tier == .standard && (kind == .input || kind == .output)
                guard let price = level.listed[tier][kind] ?? (isNeeded ? level.prices.standard[kind] : nil) else {
                    return nil
                }
                let key = tier == .standard ? kind.rawValue : "\(tier.rawValue)_\(kind.rawValue)"
                return "\(key): \(digits(price))"
            }
        }
    }

    /// Billionths in plain digits.
    private static func digits(_ value: Int64) -> String { DecimalText.text(value, places: 9) }
}
