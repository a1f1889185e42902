import GovernorCore

/// Models by names that nobody has, and downgrades that lead nowhere.
extension PolicyLint {
    /// Misspelled models and providers, and providers that don't have the models.
    func checkModels(of matcher: Matcher, at place: Place, _ reading: inout Reading) {
        let models = matcher.globs(for: .label(.model))
        for glob in models ?? [] {
            guard let meant = Misspelling.model(glob, free: policy.free, in: prices) else { continue }
            reading.warning(
                "no model with a known price matches \(Quoting.quoted(glob.pattern))", at: place,
                hint: "did you mean \"\(meant)\"?")
        }
        let providers = matcher.globs(for: .label(.provider)) ?? []
        for glob in providers {
            guard let meant = Misspelling.provider(glob, in: prices) else { continue }
            reading.warning(
                "no provider with known prices matches \(Quoting.quoted(glob.pattern))", at: place,
                hint: "did you mean \"\(meant)\"?")
        }
        guard let models, !providers.isEmpty else { return }
        let rows = prices.rows.filter { row in models.contains { $0.matches(row.model) } }
        let known = Set(prices.rows.map(\.provider))
        let makers = Set(rows.map(\.provider)).sorted()
        guard !makers.isEmpty, providers.allSatisfy({ glob in known.contains { glob.matches($0) } }),
            !makers.contains(where: { maker in providers.contains { $0.matches(maker) } })
        else { return }
        reading.warning(
            "\(Quoting.list(providers.map(\.pattern), "or")) has no model like "
                + Quoting.list(models.map(\.pattern), "or"), at: place,
            hint: "such models are of \(Quoting.list(makers, "or")); change one of the two")
    }

    /// Downgrades to maps that know none of the models an item is about.
    func checkDowngrades(_ actions: [Actions], of item: String, _ matcher: Matcher, _ reading: inout Reading) {
        guard let globs = matcher.globs(for: .label(.model)) else { return }
        var seen: Set<String> = []
        for map in actions.compactMap(\.downgrade) where seen.insert(map.name).inserted {
            let isAbout = map.entries.contains { entry in
                globs.contains { $0.mayBeModel(of: entry.glob) && $0.pattern != entry.model }
            }
            guard !isAbout else { continue }
            reading.warning(
                "the downgrade of \(item) does nothing, since \"\(map.name)\" says nothing of "
                    + Quoting.list(globs.map(\.pattern), "or"), at: place(of: item),
                hint: "add an entry to \"\(map.name)\", or use another map")
        }
    }

    /// Entries of model maps that can't come into use, or that make it dearer.
    func checkModels(_ reading: inout Reading) {
        let actions = policy.budgets.flatMap { $0.thresholds.map(\.actions) } + policy.rules.map(\.actions)
        var seen: Set<String> = []
        for map in actions.compactMap(\.downgrade) where seen.insert(map.name).inserted {
            guard let place = places.models[map.name] else { continue }
            for (index, entry) in map.entries.enumerated() {
                // An entry that leads to the same model takes it out of those below.
                let isException =
                    entry.glob.pattern == entry.model
                    && map.entries[(index + 1)...].contains { $0.glob.overlaps(entry.glob) }
                if isException { continue }
                check(entry, after: map.entries[..<index], of: map.name, at: place, &reading)
            }
        }
    }

    private func check(
        _ entry: ModelMap.Entry, after earlier: ArraySlice<ModelMap.Entry>, of map: String, at place: Place,
        _ reading: inout Reading
    ) {
        let pattern = entry.glob.pattern
        if let first = earlier.first(where: { $0.glob.covers(entry.glob) }) {
            reading.warning(
                "the entry \"\(pattern)\" of \"\(map)\" is never reached, since \"\(first.glob.pattern)\" before it "
                    + "takes them all", at: place, hint: "put it first, or remove it")
        } else if pattern == entry.model {
            reading.warning(
                "the entry \"\(pattern)\" of \"\(map)\" leads to the same model", at: place, hint: "remove it")
        } else if let meant = Misspelling.model(entry.glob, free: policy.free, in: prices) {
            reading.warning(
                "no model with a known price matches the entry \"\(pattern)\" of \"\(map)\"", at: place,
                hint: "did you mean \"\(meant)\"?")
        } else if let target = prices.rows.last(where: { $0.model == entry.model && $0.until == nil }) {
            let rows = prices.rows.filter {
                $0.until == nil && $0.model != entry.model && entry.glob.matches($0.model)
            }
            guard !rows.isEmpty,
                rows.allSatisfy({ $0.base.input < target.base.input && $0.base.output < target.base.output })
            else { return }
            reading.warning(
                "the entry \"\(pattern)\" of \"\(map)\" leads to \(entry.model), which costs more", at: place,
                hint: "name a cheaper model, or remove the entry")
        }
    }
}

/// Finds the name that was meant where a pattern matches nothing that is known.
enum Misspelling {
    /// A pattern that matches listed models, for one that matches none.
    static func model(_ glob: Glob, free: [Glob], in prices: ListedPrices) -> String? {
        let bare = ModelName.withoutProvider(glob.pattern)
        let isKnown = prices.rows.contains { row in
            glob.matches(row.model) || Glob(bare).matches(row.model)
        }
        guard !isKnown, !ModelName.isLocal(glob.pattern), !free.contains(where: { $0.overlaps(glob) }) else {
            return nil
        }
        let names = Set(prices.rows.map(\.model)).sorted()
        if glob.isOneText {
            // An unlisted name of a listed model, such as a dated one, has its price.
            guard !prices.hasPrice(bare) else { return nil }
            return nearest(to: bare, among: names)
        }
        // A beginning and a star: the beginnings that listed names have, up to each dash.
        let stem = bare.prefix { $0 != "*" && $0 != "?" }
        guard bare == stem + "*", stem.hasSuffix("-") else { return nil }
        let beginnings = Set(
            names.flatMap { name in
                name.indices.filter { name[$0] == "-" }.map { String(name[...$0]) }
            })
        return nearest(to: String(stem), among: beginnings.sorted()).map { $0 + "*" }
    }

    static func provider(_ glob: Glob, in prices: ListedPrices) -> String? {
        let known = Set(prices.rows.map(\.provider)).sorted()
        guard glob.isOneText, !known.contains(glob.pattern) else { return nil }
        return nearest(to: glob.pattern, among: known)
    }

    /// Names that differ in their numbers alone are other versions, which may be newer than the list.
    private static func nearest(to word: String, among names: [String]) -> String? {
        let letters = { (name: String) in name.filter { !$0.isNumber && $0 != "." } }
        let nearest = Spelling.nearest(to: word, among: names)
        return nearest.flatMap { letters($0) == letters(word) ? nil : $0 }
    }
}

extension Glob {
    /// Whether some model, by its full or its bare name, is meant by both.
    fileprivate func mayBeModel(of other: Glob) -> Bool {
        let (mine, theirs) = (ModelName.withoutProvider(pattern), ModelName.withoutProvider(other.pattern))
        return overlaps(other) || Glob(mine).overlaps(other) || overlaps(Glob(theirs))
    }
}
