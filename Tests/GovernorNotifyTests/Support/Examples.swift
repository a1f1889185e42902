import GovernorCore
import GovernorNotify
import Testing

/// Values that several tests start from.
enum Examples {
    /// 2026-11-21 14:48 in Warsaw.
    static let firedAt = Timestamp(seconds: 1_795_268_880)

    static func budget(
        _ name: String = "worker-day", window: Window = .calendar(.day), thresholds: [Threshold] = standardThresholds
    ) throws -> Budget {
        Budget(
            name: name, limit: .usd(.dollars(25)), per: [.label(.worker)], window: window, zone: try warsaw(),
            thresholds: thresholds)
    }

    static let standardThresholds = [
        Threshold(ratio: .percent(80), notify: ["ops"]),
        Threshold(ratio: .percent(100), notify: ["ops"], pause: .untilReset),
    ]

    static func warsaw() throws -> Zone { try #require(Zone(identifier: "Europe/Warsaw")) }

    static func policy(_ budget: Budget, dashboardURL: String? = nil) throws -> Policy {
        Policy(
            revision: "r1", zone: try warsaw(), budgets: [budget],
            notifications: NotificationSettings(dashboardURL: dashboardURL))
    }

    static func alert(
        _ budget: Budget, worker: String = "w-1", percent: Int64 = 80, spentCents: Int64 = 2010,
        action: String = "nothing yet; this is a warning"
    ) -> Alert {
        let threshold =
            budget.thresholds.first { $0.ratio == .percent(percent) } ?? Threshold(ratio: .percent(percent))
        let slot = budget.window.slot(containing: firedAt, in: budget.zone)
        let isCalendar = if case .calendar = budget.window { true } else { false }
        return Alert(
            budget: budget, split: Split(raw: worker),
            window: isCalendar ? slot : Interval(start: slot.start, end: .distantFuture), threshold: threshold,
            limitRevision: 1, firedAt: firedAt, spent: spentCents * 10_000_000, action: action, notified: ["ops"])
    }

    static func notification(_ alerts: [Alert], event: Alert.State = .firing) throws -> Notification {
        notification(alerts.map { Notification.Item(alert: $0, event: event) })
    }

    static func notification(_ items: [Notification.Item]) -> Notification {
        Notification(
            id: "nt_1", receiver: "ops", items: items, createdAt: firedAt, dueAt: firedAt, nextAt: firedAt)
    }

    static func message(worker: String = "w-1", dashboardURL: String? = nil, forecast: String? = nil) throws -> Message
    {
        let budget = try budget()
        return Message(
            try notification([alert(budget, worker: worker)]), policy: try policy(budget, dashboardURL: dashboardURL),
            forecast: forecast, now: firedAt)
    }

    static let quick = CurlTimeouts(connect: .seconds(2), total: .seconds(5), slow: .seconds(2))

    static func slack(
        _ url: String, allowsPrivate: Bool = true, authorityFile: String? = nil, timeouts: CurlTimeouts = quick
    ) -> PostNotifier<SlackForm> {
        PostNotifier(
            url: Secret(url), form: SlackForm(),
            client: CurlClient(
                name: "ops", allowsPrivate: allowsPrivate, authorityFile: authorityFile, timeouts: timeouts))
    }
}

extension Examples {
    static func client(allowsPrivate: Bool = true, authorityFile: String? = nil, timeouts: CurlTimeouts = quick)
        -> CurlClient
    {
        CurlClient(name: "ops", allowsPrivate: allowsPrivate, authorityFile: authorityFile, timeouts: timeouts)
    }

    static func email(
        _ server: String, to: [String] = ["a@example.com"], startTLS: EmailSettings.StartTLS = .off,
        authorityFile: String? = nil, timeouts: CurlTimeouts = quick
    ) -> EmailNotifier {
        let settings = EmailSettings(
            to: to, from: "governor@example.com", server: Secret(server), username: "mailer",
            password: Secret("PASSWORD"), startTLS: startTLS)
        return EmailNotifier(
            settings: settings, client: client(authorityFile: authorityFile, timeouts: timeouts))
    }

    static func items(_ alerts: [Alert], event: Alert.State = .firing) -> [Notification.Item] {
        alerts.map { Notification.Item(alert: $0, event: event) }
    }

    static func letter(
        _ message: Message, id: String = "nt_1", items: [Notification.Item] = [], now: Timestamp = firedAt,
        settled: Set<String> = []
    ) -> Letter {
        Letter(id: id, message: message, items: items, createdAt: firedAt, now: now, settled: settled)
    }
}

/// What a test wants of an outcome: its class and its reason.
enum Expected: Hashable, Sendable {
    case delivered
    case refused(DeliveryFailure.Reason)
    case failed(DeliveryFailure.Reason, ambiguous: Bool)

    init(_ outcome: DeliveryOutcome) {
        self =
            switch outcome {
            case .delivered: .delivered
            case .refused(let failure): .refused(failure.reason)
            case .failed(let failure, _): .failed(failure.reason, ambiguous: failure.isAmbiguous)
            }
    }
}

extension Threshold {
    /// A share of what is spent, and what happens there.
    init(ratio: Ratio, notify: [String] = [], pause: Pause? = nil) {
        self.init(ratio: ratio, actions: Actions(notify: notify, pause: pause))
    }
}

extension Notifier {
    /// One attempt at a message without parts.
    func send(_ message: Message, id: String) async -> DeliveryOutcome {
        await send(Letter(id: id, message: message, createdAt: Examples.firedAt, now: Examples.firedAt)).outcome
    }
}
