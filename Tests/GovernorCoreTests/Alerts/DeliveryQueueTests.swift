import GovernorCore
import Testing

@Suite struct DeliveryQueueTests {
    /// A message that was due so many seconds after `monday`.
    private static func message(
        _ due: Int64, of item: String = "day", attempts: Int64 = 0, next: Int64? = nil, createdAt: Timestamp = monday
    ) -> Notification {
        let alert = Alert(
            budget: Budget(name: item, limit: .usd(.dollars(10)), window: .calendar(.day)), split: Split(raw: "\(due)"),
            window: Interval(start: monday, end: monday + .days(1)), threshold: Threshold(ratio: .percent(80)),
            limitRevision: 0, firedAt: monday, spent: 0, action: "nothing", notified: ["ops"])
        var message = Notification(
            receiver: "ops", item: .init(alert: alert, event: .firing), createdAt: createdAt,
            dueAt: monday + .seconds(due))
        message.attempts = attempts
        message.nextAt = monday + .seconds(next ?? due)
        if attempts > 0 { message.attemptedAt = monday + .seconds(due) }
        return message
    }

    private static func next(_ messages: [Notification], at second: Int64) -> Int64? {
        let orders = [messages, messages.reversed()].map { order in
            DeliveryQueue.next(order, now: monday + .seconds(second)).map { ($0.dueAt - monday).milliseconds / 1000 }
        }
        #expect(orders[0] == orders[1])
        return orders[0]
    }

    @Test func `the oldest that is due goes first`() {
        #expect(Self.next([Self.message(1), Self.message(2), Self.message(3)], at: 2) == 1)
        #expect(Self.next([Self.message(3)], at: 2) == nil)
        #expect(Self.next([], at: 2) == nil)
    }

    @Test(arguments: [1, 2, 3, 9] as [Int64])
    func `one that failed is waited for twice, then overtaken, but not by its own item's`(attempts: Int64) {
        let waiting = Self.message(1, attempts: attempts, next: 60)
        #expect(Self.next([waiting, Self.message(2, of: "week")], at: 10) == (attempts < 3 ? nil : 2))
        #expect(Self.next([waiting, Self.message(2)], at: 10) == nil)
        #expect(Self.next([waiting, Self.message(2), Self.message(3, of: "week")], at: 10) == (attempts < 3 ? nil : 3))
        #expect(Self.next([waiting, Self.message(2), Self.message(3, of: "week")], at: 60) == 1)
    }

    @Test func `what waits behind another of its item is not passed by a third of it`() {
        let first = Self.message(1, attempts: 5, next: 900)
        let second = Self.message(2, attempts: 0)
        let third = Self.message(3, of: "week", attempts: 4, next: 800)
        #expect(Self.next([first, second, third, Self.message(4, of: "week")], at: 10) == nil)
        #expect(Self.next([first, second, third, Self.message(4, of: "month")], at: 10) == 4)
    }

    @Test func `a clock that was set back holds nothing up`() {
        // Tried while the clock was a day ahead.
        var ahead = Self.message(1, attempts: 1, next: 86_405)
        ahead.attemptedAt = monday + .days(1)
        #expect(Self.next([ahead], at: 10) == 1)
        let made = Self.message(86_400, createdAt: monday + .days(1))
        #expect(Self.next([made], at: 10) == 86_400)
    }

    @Test func `it is given up after a day and ten attempts, not when the clock jumps`() {
        var message = Self.message(0, attempts: 9)
        #expect(!Backoff.isExhausted(message, at: monday + .days(3)))
        message.attempts = 10
        #expect(Backoff.isExhausted(message, at: monday + .days(1) + Span(milliseconds: 1)))
        #expect(!Backoff.isExhausted(message, at: monday + .days(1)))
        // Whatever the jitter, the schedule makes at least ten attempts in a day.
        for jitter in [0.0, 0.5, 1.0] {
            var (now, attempts) = (monday, Int64(1))
            while now - monday <= Backoff.patience {
                now = now + Backoff.wait(attempts: attempts, jitter: jitter)
                attempts += 1
            }
            #expect(attempts >= Backoff.fewestAttempts)
        }
    }
}
