import GovernorCore

/// Prices that never count, or that can't be meant so.
extension PolicyLint {
    func checkPrices(_ reading: inout Reading) {
        for (row, place) in zip(policy.prices, places.prices) {
            let model = Quoting.quoted(row.model)
            if let glob = policy.free.first(where: { $0.matches(row.model) }) {
                reading.warning(
                    "\(model) is free, so its price never counts", at: place,
                    hint: "remove it, or \(Quoting.quoted(glob.pattern)) from \"free\"")
            } else if ModelName.isLocal(row.model) {
                reading.warning(
                    "\(model) runs locally and is free, so its price never counts", at: place, hint: "remove it")
            } else if row.base.input == 0, row.base.output == 0 {
                reading.warning("this makes \(model) cost nothing", at: place, hint: "name it under \"free\" instead")
            } else if let small = [row.base.input, row.base.output].filter({ $0 > 0 }).min(), small < 500_000 {
                reading.warning(
                    "$\(Money(nanodollars: small).text) for a million tokens of \(model) is next to nothing", at: place,
                    hint: "prices are per million tokens, not per token or thousand")
            }
        }
    }
}
