/// What one notification says, before any receiver's form is given to it: pure text, free of control characters.
///
/// The order is the same everywhere: what happened and to whom; spent of limit and percent; what Governor did; until
/// when; the forecast; how to see more. Times are in the policy's zone.
package struct Message: Hashable, Sendable {
    /// One alert's lines.
    package struct Entry: Hashable, Sendable {
        package var event: Alert.State
        package var severity: Alert.Severity
        /// `w-1 reached 80% of worker-day at 2026-11-21 14:48`.
        package var headline: String
        /// `$20.10 of $25.00 today, 80.4%`.
        package var spent: String
        /// `paused it until midnight`.
        package var action: String
        /// `2026-11-22 00:00, in 9h 12m`; of a resolved alert how long it fired.
        package var until: String

        package init(
            event: Alert.State, severity: Alert.Severity, headline: String, spent: String, action: String, until: String
        ) {
            self.event = event
            self.severity = severity
            self.headline = headline
            self.spent = spent
            self.action = action
            self.until = until
        }
    }

    /// A part of a report: a heading and rows of few words.
    package struct Section: Hashable, Sendable {
        package struct Row: Hashable, Sendable {
            /// `w-1`, `claude-opus-5`, `fleet-month`.
            package var label: String
            /// `$20.10, up 12% from $17.90`.
            package var value: String

            package init(_ label: String, _ value: String) {
                self.label = label
                self.value = value
            }
        }

        /// `Spend`, `Budgets`, `Top workers`.
        package var title: String
        package var rows: [Row]

        package init(_ title: String, _ rows: [Row]) {
            self.title = title
            self.rows = rows
        }
    }

    /// Alerts that are written out; further ones are counted.
    package static let listed = 10
    /// Characters of one value that came from outside; labels may be longer.
    package static let valueLimit = 120
    /// Characters of what a rule found, which holds such values.
    package static let textLimit = 500

    /// The worst of those that fire; `info` when all are resolved.
    package var severity: Alert.Severity
    /// `Warning: w-1 reached 80% of worker-day`, `Resolved: …`, `Critical: 1000 alerts of worker-day, 3 resolved`.
    package var title: String
    /// The worst first, at most `listed`.
    package var entries: [Entry]
    /// How many alerts are not written out.
    package var more: Int
    /// Of a digest, its report, to be shown before the alerts; empty otherwise.
    package var sections: [Section]
    package var forecast: String?
    /// A command that shows more.
    package var command: String
    package var dashboardURL: String?
    /// The zone its times are in.
    package var zone: String

    package init(
        severity: Alert.Severity, title: String, entries: [Entry], more: Int = 0, sections: [Section] = [],
        forecast: String? = nil, command: String = "governor status", dashboardURL: String? = nil, zone: String
    ) {
        self.severity = severity
        self.title = title
        self.entries = entries
        self.more = more
        self.sections = sections
        self.forecast = forecast
        self.command = command
        self.dashboardURL = dashboardURL
        self.zone = zone
    }

    /// - Parameters:
    ///   - forecast: one sentence on where the spend is heading; nil while there is none.
    ///   - now: when it is sent; a notification that waited says so by its times.
    package init(_ notification: Notification, policy: Policy, forecast: String?, now: Timestamp) {
        let items = Self.inOrder(notification.items)
        let firing = items.filter { $0.event == .firing }
        let severity = firing.map(\.alert.severity).max { $0.rank < $1.rank } ?? .info
        let writer = EntryWriter(policy: policy, now: now)
        let isRepeat = !items.isEmpty && items.allSatisfy(\.isRepeat)
        let label = firing.isEmpty ? Self.resolvedLabel : Self.label(severity, isRepeat: isRepeat)
        let subject: String
        if let only = items.first, items.count == 1 {
            subject = writer.subject(only)
        } else {
            subject = Self.subject(notification, firing: firing.count)
        }
        self.init(
            severity: severity, title: "\(label): \(subject)",
            entries: items.prefix(Self.listed).map(writer.entry), more: max(0, items.count - Self.listed),
            forecast: forecast.map { Self.clean($0, limit: 500) },
            command: items.count == 1 ? "governor alerts explain \(items[0].alert.id)" : "governor alerts",
            dashboardURL: policy.notifications.dashboardURL.map { Self.clean($0, limit: 1000) },
            zone: policy.zone.identifier)
    }

    /// What `governor alerts test` sends.
    package static func test(receiver: String, policy: Policy, now: Timestamp) -> Message {
        let name = clean(receiver, limit: valueLimit)
        return Message(
            severity: .info, title: "Test: messages to \(name) arrive",
            entries: [
                Entry(
                    event: .firing, severity: .info,
                    headline: "Governor sent a test to \(name) at \(EntryWriter(policy: policy, now: now).time(now))",
                    spent: "no budget is concerned", action: "nothing, this is a test", until: "nothing to wait for")
            ],
            dashboardURL: policy.notifications.dashboardURL.map { clean($0, limit: 1000) },
            zone: policy.zone.identifier)
    }

    /// `and 990 more`; nil when all are written out.
    package var moreText: String? { more == 0 ? nil : "and \(more) more" }

    /// The whole message as plain text, for receivers without a form of their own and as a fallback.
    package var text: String {
        var lines = [title]
        for section in sections {
            lines += ["", section.title] + section.rows.map { "  \($0.label): \($0.value)" }
        }
        for entry in entries {
            lines += [
                "", entry.headline, "Spent: \(entry.spent)", "Governor: \(entry.action)", "Until: \(entry.until)",
            ]
        }
        if let moreText { lines += ["", moreText] }
        lines.append("")
        if let forecast { lines.append("Forecast: \(forecast)") }
        lines.append("See more: \(command)" + (dashboardURL.map { ", \($0)" } ?? ""))
        lines.append("Times are in \(zone).")
        return lines.joined(separator: "\n")
    }

    /// The same on one line, for logs.
    package var line: String {
        let report = sections.map { section in
            "\(section.title): " + section.rows.map { "\($0.label) \($0.value)" }.joined(separator: "; ")
        }
        let alerts = entries.map { "\($0.headline); \($0.spent); \($0.action); until \($0.until)" }
        return ([title] + report + alerts + [moreText, forecast].compactMap(\.self)).joined(separator: " | ")
    }

    /// Text from outside, made safe to show: line breaks and tabs become spaces, other control characters and invisible
    /// marks that turn or hide text go, and what is longer than `limit` is cut.
    ///
    /// Counted in Unicode scalars, because one grapheme may hide thousands of combining marks.
    package static func clean(_ text: String, limit: Int = .max) -> String {
        var scalars = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            let kept: Unicode.Scalar
            switch scalar.properties.generalCategory {
            case .lineSeparator, .paragraphSeparator: kept = " "
            case .control where scalar == "\n" || scalar == "\t": kept = " "
            case .control, .format: continue
            default: kept = scalar
            }
            guard count < limit else {
                if !scalars.isEmpty { scalars.removeLast() }
                scalars.append("…")
                break
            }
            scalars.append(kept)
            count += 1
        }
        return String(scalars)
    }

    /// `12 alerts of worker-day, 3 of them resolved`, `1000 alerts of 40 policy items`.
    private static func subject(_ notification: Notification, firing: Int) -> String {
        let (items, groups) = (notification.items, notification.groups)
        let resolved = items.count - firing
        let part = firing == 0 || resolved == 0 ? "" : ", \(resolved) of them resolved"
        let whose = groups.count == 1 ? clean(groups[0], limit: valueLimit) : "\(groups.count) policy items"
        return "\(items.count) alerts of \(whose)\(part)"
    }

    private static let resolvedLabel = "Resolved"

    private static func label(_ severity: Alert.Severity, isRepeat: Bool) -> String {
        if isRepeat { return "Still \(severity.rawValue)" }
        return switch severity {
        case .info: "Info"
        case .warning: "Warning"
        case .critical: "Critical"
        }
    }

    /// The title without its label, for receivers that show that by itself.
    package var subject: String {
        let severities = [Alert.Severity.info, .warning, .critical]
        let labels =
            [Self.resolvedLabel]
            + severities.flatMap { [Self.label($0, isRepeat: false), Self.label($0, isRepeat: true)] }
        let label = labels.first { title.hasPrefix("\($0): ") }
        return label.map { String(title.dropFirst($0.count + 2)) } ?? title
    }

    /// The order in which a message tells its alerts: the worst first.
    package static func inOrder(_ items: [Notification.Item]) -> [Notification.Item] { items.sorted(by: worstFirst) }

    private static func worstFirst(_ left: Notification.Item, _ right: Notification.Item) -> Bool {
        if left.event != right.event { return left.event == .firing }
        let (first, second) = (left.alert, right.alert)
        if first.severity != second.severity { return first.severity.rank > second.severity.rank }
        let (high, low) = (first.ratio?.partsPerMillion ?? 0, second.ratio?.partsPerMillion ?? 0)
        if high != low { return high > low }
        return (first.split.raw, first.firedAt, first.id) < (second.split.raw, second.firedAt, second.id)
    }
}

/// Writes the lines of one alert.
private struct EntryWriter {
    let policy: Policy
    let now: Timestamp

    func entry(_ item: Notification.Item) -> Message.Entry {
        let alert = item.alert
        let at = item.event == .firing ? alert.firedAt : alert.resolvedAt ?? now
        return Message.Entry(
            event: item.event, severity: alert.severity,
            headline: "\(subject(item)) at \(time(at))\(item.isRepeat ? ", and it goes on" : "")",
            spent: spent(item), action: Message.clean(alert.action, limit: 300), until: until(item))
    }

    /// `w-1 reached 80% of worker-day`, `w-1 is no longer at 80% of worker-day, spend is below it again`.
    func subject(_ item: Notification.Item) -> String {
        let alert = item.alert
        let who = Message.clean(alert.who, limit: Message.valueLimit)
        let name = Message.clean(alert.item, limit: Message.valueLimit)
        let why = alert.end.map { ", \($0.rawValue)" } ?? ""
        switch (item.event, alert.kind) {
        case (.firing, .threshold): return "\(who) reached \(alert.threshold) of \(name)"
        case (.firing, .forecast), (.firing, .rule), (.firing, .policy), (.firing, .delivery),
            (.firing, .source):
            return "\(name): \(Message.clean(alert.text, limit: Message.textLimit))"
        case (.resolved, .threshold), (.resolved, .forecast):
            return "\(who) is no longer at \(alert.threshold) of \(name)\(why)"
        case (.resolved, .rule): return "\(name) no longer holds for \(who)\(why)"
        case (.resolved, .policy), (.resolved, .delivery): return "\(name)\(why)"
        case (.resolved, .source): return "\(name) is over for \(who)\(why)"
        }
    }

    private func spent(_ item: Notification.Item) -> String {
        let alert = item.alert
        guard let spent = alert.spent, let limit = alert.limit else { return "no budget is concerned" }
        if alert.kind == .rule { return "\(limit.text(spent)), and the line is \(limit.text)" }
        let amount = limit.unit == .usd ? limit.text(spent) : "\(spent)"
        let percent = Ratio(of: spent, in: limit.value).wholePercentText
        let when = item.event == .firing ? "" : " when it fired"
        return "\(amount) of \(limit.text)\(period(alert)), \(percent)\(when)"
    }

    /// ` today` while that is still true, else the window by its dates.
    private func period(_ alert: Alert) -> String {
        guard let window = budget(alert)?.window else { return "" }
        switch window {
        case .rolling, .lifetime: return " \(ActionText.period(window))"
        case .calendar, .block:
            return alert.window.contains(now)
                ? " \(ActionText.period(window))" : " from \(time(alert.window.start)) to \(time(alert.window.end))"
        }
    }

    private func until(_ item: Notification.Item) -> String {
        let alert = item.alert
        if item.event == .resolved {
            let end = alert.resolvedAt ?? now
            return "\(time(end)); it fired for \((end - alert.firedAt).text)"
        }
        switch alert.kind {
        case .policy: return "the files are valid again"
        case .delivery: return "the receiver takes messages again"
        case .source: return "everything can be read again"
        case .rule: return rule(alert)?.actions.pause == .untilResumed ? resumed(alert) : "the condition is over"
        case .threshold, .forecast: break
        }
        let threshold = budget(alert)?.thresholds.first { $0.label == alert.threshold }
        switch threshold?.actions.pause {
        case .lasting(let span): return moment(alert.firedAt + span)
        case .untilResumed: return resumed(alert)
        case .untilReset, nil: break
        }
        if alert.window.end != .distantFuture { return moment(alert.window.end) }
        switch budget(alert)?.window {
        case .rolling(let span): return "enough of it is more than \(span.text) old"
        case .lifetime: return "the limit is raised; this budget never starts anew"
        case .calendar, .block, nil: return "spend is below it again"
        }
    }

    private func resumed(_ alert: Alert) -> String {
        let labels = alert.split.labels(per: alert.per).map { key, value in
            let plain = Message.clean(value, limit: Message.valueLimit)
            return switch key {
            case .label(let name): " --\(name.rawValue) \(ShellWord.quoted(plain))"
            case .tag(let tag): " --tag \(ShellWord.quoted("\(tag)=\(plain)"))"
            }
        }
        return "somebody runs: governor resume\(labels.joined())"
    }

    /// `2026-11-22 00:00, in 9h 12m`.
    private func moment(_ time: Timestamp) -> String {
        time > now ? "\(self.time(time)), in \((time - now).text)" : "\(self.time(time)), which has passed"
    }

    /// `2026-11-21 14:48`; the zone is named once, at the end of the message.
    func time(_ time: Timestamp) -> String {
        "\(policy.zone.civil(at: time).date.text) \(ActionText.clock(time, in: policy.zone))"
    }

    private func budget(_ alert: Alert) -> Budget? { policy.budgets.first { $0.name == alert.item } }
    private func rule(_ alert: Alert) -> Rule? { policy.rules.first { $0.name == alert.item } }
}
