import GovernorCore

/// What a message is, which decides its colour and its sign wherever it is shown.
enum Tone: CaseIterable {
    /// A digest.
    case report
    /// Nothing of it fires any more.
    case resolved
    case info, warning, critical
}

extension Message {
    var tone: Tone {
        if !sections.isEmpty { return .report }
        if !entries.isEmpty, entries.allSatisfy({ $0.event == .resolved }) { return .resolved }
        switch severity {
        case .info: return .info
        case .warning: return .warning
        case .critical: return .critical
        }
    }

    /// The dashboard's address where it may be a link: of the web, and without what could end a link or begin another.
    var link: String? {
        guard let dashboardURL, dashboardURL.hasPrefix("https://") || dashboardURL.hasPrefix("http://"),
            dashboardURL.unicodeScalars.allSatisfy({ !"<>|\"'`()[]{}\\^ ".unicodeScalars.contains($0) })
        else { return nil }
        return dashboardURL
    }

    /// The message as plain text without its title, for receivers that show that by itself.
    var textBelowTitle: String {
        String(text.unicodeScalars.dropFirst(title.unicodeScalars.count).drop { $0 == "\n" })
    }

    /// The message as `write` puts it, with as many of its alerts, and then of its rows, written out as fit; whatever is
    /// left out of those is counted. Where not even one alert and one row a part fit, the last parts of a report go.
    func fitted<Output>(_ fits: (Output) -> Bool, write: (Message) -> Output) -> Output {
        let (rows, parts) = (sections.map(\.rows.count).max() ?? 0, sections.count)
        let one = min(1, entries.count)
        var steps = [entries.count, 8, 6, 4, 2].filter { $0 <= entries.count && $0 > 1 }.map { ($0, rows, parts) }
        steps += [rows, 12, 8, 4, 2, 1].filter { $0 <= rows }.map { (one, $0, parts) }
        steps += [8, 4, 2, 1].filter { $0 < parts }.map { (one, 1, $0) }
        var last: Output?
        for (alerts, rows, parts) in steps {
            let output = write(shortened(alerts: alerts, rows: rows, parts: parts))
            if fits(output) { return output }
            last = output
        }
        return last ?? write(self)
    }

    private func shortened(alerts: Int, rows: Int, parts: Int) -> Message {
        var message = self
        message.entries = Array(entries.prefix(alerts))
        message.more += entries.count - message.entries.count
        message.sections = sections.prefix(parts).map { $0.shortened(rows: rows) }
        return message
    }

    /// The lines of one of the letter's alerts; nil where it is not written out.
    /// - Parameter items: the letter's, in the order of the message.
    func entry(of items: [Notification.Item], at index: Int) -> Entry? {
        guard items.count == entries.count + more, index < entries.count else { return nil }
        let (entry, item) = (entries[index], items[index])
        return entry.event == item.event && entry.severity == item.alert.severity ? entry : nil
    }
}

extension Message.Section {
    /// At most so many rows, and one more that counts the rest.
    func shortened(rows limit: Int) -> Message.Section {
        guard rows.count > limit else { return self }
        return Message.Section(title, rows.prefix(limit) + [Row("…", "and \(rows.count - limit) more")])
    }
}

extension Secret {
    /// The text without this secret in it.
    func hidden(in text: String) -> String {
        isEmpty ? text : text.replacing(reveal(), with: description)
    }
}
