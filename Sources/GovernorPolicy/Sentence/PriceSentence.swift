import GovernorCore

extension PolicySentence {
    /// How calls are priced and whose word counts, where the policy says anything of it.
    static func sentences(ofPrices policy: Policy) -> [String] {
        var result: [String] = []
        if !policy.prices.isEmpty { result.append(prices(of: policy)) }
        if policy.calculatesCost {
            result.append(
                "costs are calculated from prices, also where a source reports one of a model that has a price")
        }
        if !policy.authority.isEmpty {
            let names = policy.authority.map(\.rawValue)
            result.append(
                names.count == 1
                    ? "of several sources that tell of one session \(names[0]) counts first"
                    : "of several sources that tell of one session the first counts: \(names.joined(separator: ", "))")
        }
        return result
    }

    /// `prices: 2 of the built-in ones are replaced (claude-opus-5, gpt-5), 1 is added (house-large)`.
    private static func prices(of policy: Policy) -> String {
        var (replaced, added) = (Set<String>(), Set<String>())
        for model in policy.prices.map(\.model) {
            if ListedPrices.builtIn.hasPrice(model) { replaced.insert(model) } else { added.insert(model) }
        }
        var parts: [String] = []
        if !replaced.isEmpty {
            let verb = replaced.count == 1 ? "is" : "are"
            parts.append("\(replaced.count) of the built-in ones \(verb) replaced (\(shown(replaced)))")
        }
        if !added.isEmpty { parts.append("\(added.count) \(added.count == 1 ? "is" : "are") added (\(shown(added)))") }
        let dated = policy.prices.count { $0.from != nil || $0.until != nil }
        let dates = dated == 0 ? "" : ", \(dated == policy.prices.count ? "" : "\(dated) of them ")with dates"
        return "prices: \(parts.joined(separator: ", "))\(dates)"
    }

    private static func shown(_ names: Set<String>) -> String {
        let sorted = names.sorted()
        let rest = sorted.count - 5
        return Quoting.list(sorted.prefix(5) + (rest > 0 ? ["\(rest) more"] : []))
    }
}
