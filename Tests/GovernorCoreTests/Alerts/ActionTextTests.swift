import GovernorCore
import Testing

@Suite struct ActionTextTests {
    private static let day = Interval(start: Timestamp(seconds: 1_795_219_200), end: Timestamp(seconds: 1_795_305_600))

    /// What an alert says was done, of a day's budget with and without hours.
    @Test(arguments: [
        (Actions(pause: .untilReset), "paused it until midnight", "paused it within its hours until midnight"),
        (
            Actions(stop: true), "stopped it, new work may start at midnight",
            "stopped it within its hours, new work may start at midnight"
        ),
        (Actions(pause: .lasting(.minutes(15))), "paused it for 15m, until 09:15", "paused it for 15m, until 09:15"),
        (Actions(throttle: Throttle(maxWorkers: 1)), "throttled it to 1 worker", "throttled it to 1 worker"),
        (Actions(notify: ["ops"]), "nothing yet; this is a warning", "nothing yet; this is a warning"),
    ])
    func `an alert says until when, and in which hours, work is held back`(
        actions: Actions, always: String, within: String
    ) {
        var budget = Budget(
            name: "b", limit: .usd(.dollars(1)), per: [.label(.worker)], window: .calendar(.day),
            thresholds: [Threshold(ratio: .percent(100), actions: actions)])
        let firedAt = Self.day.start + .hours(9)
        let text = { (budget: Budget) in
            ActionText.action(of: actions, budget: budget, window: Self.day, firedAt: firedAt, observed: false)
        }
        #expect(text(budget) == always)
        budget.schedule = Schedule(name: "office", from: .hours(8), to: .hours(18))
        #expect(text(budget) == within)
    }
}
