package import GovernorCore

/// A forecast and the budget whose window it is for.
package struct FleetForecast: Hashable, Sendable {
    /// nil when there is no fleet-wide dollar budget: then it is for the calendar month.
    package var budget: String?
    package var forecast: Forecast

    package init(budget: String?, forecast: Forecast) {
        self.budget = budget
        self.forecast = forecast
    }
}

extension JSONWriter {
    /// The shape **forecast** of `contract/json.md`.
    package mutating func value(_ fleet: FleetForecast, zone: Zone) {
        let forecast = fleet.forecast
        object { json in
            json.field("budget", ifPresent: fleet.budget)
            json.field("split", object: { _ in })
            json.field(
                "window",
                object: { json in
                    json.field("start", RFC3339.text(forecast.window.start, in: zone))
                    json.field("end", RFC3339.text(forecast.window.end, in: zone))
                })
            json.field("at", RFC3339.utc(forecast.at))
            json.field("spent_usd", forecast.spent)
            json.field("expected_usd", forecast.expected)
            json.field("low_usd", forecast.low)
            json.field("high_usd", forecast.high)
            json.key("interval")
            json.number("0.8")
            if let probability = forecast.probabilityOver { json.field("probability_over", estimate: probability) }
            if let limit = forecast.limit { json.field("limit_usd", limit) }
            json.field("method", forecast.method)
            json.field("history_days", Int64(forecast.historyDays))
            if let backtest = forecast.backtest {
                json.field(
                    "backtest",
                    object: { json in
                        json.field("wape", estimate: backtest.wape)
                        json.field("coverage", estimate: backtest.coverage)
                        json.field("windows", Int64(backtest.windows))
                    })
            }
        }
    }

    /// An estimate, to four places; never money.
    private mutating func field(_ name: String, estimate: Double) {
        key(name)
        let scaled = estimate.isFinite ? Int64(max(-1e12, min(1e12, (estimate * 10_000).rounded()))) : 0
        number(DecimalText.text(scaled, places: 4))
    }
}
