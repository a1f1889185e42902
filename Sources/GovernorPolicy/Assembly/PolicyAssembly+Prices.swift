import GovernorCore

/// The policy's own prices.
extension PolicyAssembly {
    /// In the order of the files; `places.prices` says where each is.
    mutating func madePrices(zone: Zone, _ reading: inout Reading) -> [PriceRow] {
        var result: [PriceRow] = []
        for item in drafts.flatMap({ $0.prices ?? [] }) {
            let draft = item.value
            checkTiers(of: draft, &reading)
            let (from, until) = (draft.from?.value.time(in: zone), draft.until?.value.time(in: zone))
            if let from, let until, until <= from {
                reading.error(
                    "this ends before it begins", at: draft.until?.place ?? item.place,
                    hint: "\"until\" has to be later than \"from\"")
            }
            guard let model = draft.model else { continue }
            guard let provider = provider(of: draft, model, &reading), let levels = draft.levels else { continue }
            var row = PriceRow(provider: provider, model: model.value, levels: levels)
            (row.from, row.until) = (from, until)
            (row.fast, row.usGeography) = (draft.fast, draft.usGeography)
            row.webSearch = draft.webSearch?.value
            row.perRequest = draft.perRequest?.value
            result.append(row)
            places.prices.append(item.place)
        }
        reportTwins(result, &reading)
        return result
    }

    /// As it is written, else that of the model that has its price so far, else of the family its name is of.
    private func provider(
        of draft: PriceDraft, _ model: Placed<String>, _ reading: inout Reading
    ) -> String? {
        if let provider = draft.provider { return provider.value }
        let known = ListedPrices.builtIn.row(for: model.value, at: model.place, &reading)?.provider
        if let provider = known ?? ModelName.provider(of: model.value) { return provider }
        reading.error(
            "a price needs \"provider\" where nobody knows whose the model is", at: model.place,
            hint: "add it, such as provider: acme")
        return nil
    }

    private func checkTiers(of draft: PriceDraft, _ reading: inout Reading) {
        var seen: [Int64: Place] = [:]
        for over in (draft.tiers ?? []).compactMap(\.value.over) {
            if let first = seen[over.value] {
                reading.error(
                    "two tiers begin over \(over.value) tokens", at: over.place,
                    hint: "the other is \(first.seen(from: over.place))")
            }
            seen[over.value] = over.place
        }
    }

    /// Of two rows for the same model and time nobody can say which holds. Rows that begin or end at other times may
    /// overlap: the one that began last counts.
    private func reportTwins(_ rows: [PriceRow], _ reading: inout Reading) {
        struct Name: Hashable {
            var model: String
            var from: Timestamp?
            var until: Timestamp?
        }
        var seen: [Name: Place] = [:]
        for (row, place) in zip(rows, places.prices) {
            let name = Name(model: row.model, from: row.from, until: row.until)
            guard let first = seen[name] else {
                seen[name] = place
                continue
            }
            reading.error(
                "the price of \(Quoting.quoted(row.model)) is there twice for the same time", at: place,
                hint: "the other is \(first.seen(from: place)); give one of them a \"from\"")
        }
    }

    /// Whose word counts where several sources report one session.
    func authority(_ reading: inout Reading) -> [SourceKind] {
        guard let given = single("authority", drafts.map { $0.sources?.authority }, &reading) else { return [] }
        var seen: Set<SourceKind> = []
        for source in given where !seen.insert(source.value).inserted {
            reading.error("\(source.value.rawValue) is in the list twice", at: source.place)
        }
        return given.map(\.value)
    }
}
