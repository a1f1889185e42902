import GovernorCore

/// Values of providers' reports, checked before anything is computed with them.
enum ReportValues {
    /// More tokens than this of one model in one day is an error.
    static let tokenLimit: Int64 = 1_000_000_000_000_000

    /// A count; what is missing or null is zero.
    static func count(_ object: JSON?, _ name: String, in what: String) throws(ProviderFailure) -> Int64 {
        guard let value = object?[name], !value.isNull else { return 0 }
        guard let count = value.integer, (0...tokenLimit).contains(count) else {
            throw ProviderFailure(
                .badAnswer, "\(what): \(name) must be a whole number from 0 to \(tokenLimit); got \(value.shown)")
        }
        return count
    }

    /// An amount of money: a decimal string or a number, in cents or in dollars, to the nano-dollar; half a nano-dollar is
    /// rounded to even. Providers write fractions of a cent.
    static func amount(_ value: JSON?, isCents: Bool, in what: String) throws(ProviderFailure) -> Money {
        let digits: String? =
            switch value {
            case .string(let text)?: text
            case .number(let text)?: text
            default: nil
            }
        // A cent is 10^7 nano-dollars.
        guard let digits, let nanodollars = DecimalText.scaled(digits.utf8, places: isCents ? 7 : 9) else {
            throw ProviderFailure(
                .badAnswer, "\(what): an amount must be a decimal number; got \(value?.shown ?? "none")")
        }
        return Money(nanodollars: nanodollars)
    }

    /// - Throws: for money that is no dollars: there is no rate to turn it into them.
    static func requireDollars(_ currency: JSON?, in what: String) throws(ProviderFailure) {
        guard let currency, !currency.isNull else { return }
        guard currency.string?.lowercased() == "usd" else {
            throw ProviderFailure(.badAnswer, "\(what): amounts are in \(currency.shown); only USD is understood")
        }
    }

    /// A name that may become a label; empty where there is none.
    static func name(_ value: JSON?) -> String {
        guard let text = value?.string else { return "" }
        return Labels.kept(LineText.label(text) ?? "")
    }

    /// Reads the rows of a report's days, and puts those of one key together.
    ///
    /// - Parameters:
    ///   - start: when a day begins, by the provider's own name and form for it.
    ///   - row: what one result of a day says.
    static func rows(
        of days: [JSON], _ what: String, start: (JSON, String) throws(ProviderFailure) -> Timestamp,
        _ row: (JSON, CivilDate, String) throws(ProviderFailure) -> ProviderReport
    ) throws(ProviderFailure) -> [ProviderReport] {
        var rows: [ProviderReport] = []
        for day in days {
            let date = CivilDate(inUTC: try start(day, what))
            // OpenAI's first reference called the list `result`.
            guard let results = (day["results"] ?? day["result"])?.array else {
                throw ProviderFailure(.badAnswer, "\(what): the day \(date.text) has no list \"results\"")
            }
            for result in results { rows.append(try row(result, date, what)) }
        }
        return summed(rows)
    }

    /// Puts rows of one key together, in order of the first of each.
    static func summed(_ rows: [ProviderReport]) -> [ProviderReport] {
        var places: [ProviderReport.Key: Int] = [:]
        var summed: [ProviderReport] = []
        for row in rows {
            if let place = places[row.key] {
                summed[place].add(row)
            } else {
                places[row.key] = summed.endIndex
                summed.append(row)
            }
        }
        return summed
    }
}
