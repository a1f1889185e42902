package import GovernorCore

/// A message as a mail's HTML: tables and inline styles alone, as mail programs want it, no picture and no script, and
/// every text of it escaped.
package struct EmailHTML {
    private let message: Message
    private let items: [Notification.Item]

    /// - Parameter items: the alerts of the message, in its order; for how much of a limit is spent.
    package init(_ message: Message, items: [Notification.Item]) {
        self.message = message
        self.items = items
    }

    package var text: String {
        let look = Look(message.tone)
        let blocks = message.sections.map(report) + message.entries.enumerated().map { alert($1, at: $0) }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="supported-color-schemes" content="light dark">
            <title>\(Self.escaped(message.title))</title>
            <style>
            :root { color-scheme: light dark; }
            @media (prefers-color-scheme: dark) {
              .page { background-color: #14171c !important; }
              .card { background-color: #1d2229 !important; border-color: #313943 !important; }
              .text { color: #e6e9ee !important; }
              .soft { color: #9aa5b3 !important; }
              .line { border-color: #313943 !important; }
              .rail { background-color: #313943 !important; }
              .code { background-color: #2a313a !important; color: #e6e9ee !important; }
            }
            </style>
            </head>
            <body class="page" style="margin:0;padding:0;background-color:#f3f4f6;">
            <div style="display:none;max-height:0;overflow:hidden;">\(Self.escaped(preview))</div>
            <table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" \
            style="background-color:#f3f4f6;"><tr><td align="center" style="padding:24px 12px;">
            <table role="presentation" class="card" width="600" cellpadding="0" cellspacing="0" border="0" \
            style="width:100%;max-width:600px;background-color:#ffffff;border:1px solid #e2e5ea;border-radius:8px;\
            border-collapse:separate;overflow:hidden;font-family:\(Self.font);">
            <tr><td style="height:6px;line-height:6px;font-size:0;background-color:\(look.colour);">&nbsp;</td></tr>
            <tr><td style="padding:22px 28px 4px 28px;">
            <div style="font-size:12px;font-weight:600;letter-spacing:0.6px;text-transform:uppercase;\
            color:\(look.colour);">\(look.name)</div>
            <h1 class="text" style="margin:6px 0 0 0;font-size:20px;line-height:27px;font-weight:600;color:#1b2330;\
            word-break:break-word;">\(Self.escaped(headline))</h1>
            </td></tr>
            \(blocks.joined(separator: "\n"))
            \(closing)
            </table>
            \(footer)
            </td></tr></table>
            </body>
            </html>

            """
    }

    /// The coloured line above it says the rest of the title.
    private var headline: String { message.subject }

    /// What mail programs show beside the subject.
    private var preview: String {
        guard message.sections.isEmpty, let first = message.entries.first else {
            return message.sections.first?.rows.first.map { "\($0.label): \($0.value)" } ?? message.title
        }
        return "\(first.spent). \(first.action)."
    }

    /// A part of a digest's report.
    private func report(_ section: Message.Section) -> String {
        let rows = section.rows.enumerated().map { index, row in
            let border = index == 0 ? "" : "border-top:1px solid #eceef2;"
            let cell =
                "\(border)padding:8px 0;font-size:14px;line-height:20px;vertical-align:top;word-break:break-word;"
            return """
                <tr><td class="text line" style="\(cell)color:#1b2330;">\(Self.escaped(row.label))</td>\
                <td class="text line" align="right" style="\(cell)padding-left:16px;color:#1b2330;">\
                \(Self.escaped(row.value))</td></tr>
                """
        }
        return """
            <tr><td style="padding:20px 28px 0 28px;">
            <h2 class="soft" style="margin:0 0 4px 0;font-size:13px;line-height:18px;font-weight:600;color:#5d6775;">\
            \(Self.escaped(section.title))</h2>
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
            \(rows.joined(separator: "\n"))
            </table>
            </td></tr>
            """
    }

    private func alert(_ entry: Message.Entry, at index: Int) -> String {
        // A single alert's headline is the mail's; in a report or among others each has its own.
        let isAlone = message.entries.count == 1 && message.sections.isEmpty
        let look = Look(entry)
        let title = """
            <div class="text" style="font-size:15px;line-height:21px;font-weight:600;color:#1b2330;\
            word-break:break-word;"><span style="color:\(look.colour);">&#9679;</span>&nbsp;\
            \(Self.escaped(entry.headline))</div>
            """
        // Mostly it is the mail's, and then when that was.
        let rest = entry.headline.hasPrefix(headline) ? entry.headline.dropFirst(headline.count) : entry.headline[...]
        let only = """
            <div class="soft" style="font-size:14px;line-height:20px;color:#5d6775;word-break:break-word;">\
            \(Self.escaped(String(rest.drop { $0 == " " || $0 == "," })))</div>
            """
        let border = isAlone || (index == 0 && message.sections.isEmpty) ? "" : "border-top:1px solid #eceef2;"
        let (top, inner) = (isAlone ? "2px" : "18px", border.isEmpty ? "0" : "18px")
        return """
            <tr><td style="padding:\(top) 28px 0 28px;">
            <div class="line" style="\(border)padding-top:\(inner);">\(isAlone ? only : title)</div>
            \(rail(at: index, colour: look.colour))
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin-top:8px;">
            \(row("Spent", markup: "<strong style=\"font-weight:600;\">\(Self.escaped(entry.spent))</strong>"))
            \(row("Governor", entry.action))
            \(row("Until", entry.until))
            </table>
            </td></tr>
            """
    }

    /// How much of the limit is spent, as a bar; nothing where no limit is concerned.
    private func rail(at index: Int, colour: String) -> String {
        guard message.entry(of: items, at: index) != nil, items[index].alert.kind != .rule,
            let spent = items[index].alert.spent, let limit = items[index].alert.limit
        else { return "" }
        let percent = min(max(Ratio(of: spent, in: limit.value).partsPerMillion / 10_000, 1), 100)
        let rest = percent < 100 ? #"<td style="font-size:0;line-height:6px;height:6px;">&nbsp;</td>"# : ""
        return """
            <table role="presentation" class="rail" width="100%" cellpadding="0" cellspacing="0" border="0" \
            style="margin-top:10px;background-color:#e8eaee;border-radius:3px;border-collapse:separate;\
            overflow:hidden;"><tr><td width="\(percent)%" style="width:\(percent)%;font-size:0;line-height:6px;\
            height:6px;background-color:\(colour);border-radius:3px;">&nbsp;</td>\(rest)</tr></table>
            """
    }

    private func row(_ label: String, _ value: String) -> String { row(label, markup: Self.escaped(value)) }

    private func row(_ label: String, markup: String) -> String {
        let cell = "padding:4px 0;font-size:14px;line-height:20px;vertical-align:top;"
        return """
            <tr><td class="soft" width="92" style="\(cell)width:92px;color:#5d6775;">\(label)</td>\
            <td class="text" style="\(cell)color:#1b2330;word-break:break-word;">\(markup)</td></tr>
            """
    }

    /// How many more, the forecast, and how to see more.
    private var closing: String {
        var rows: [String] = []
        if message.more > 0 {
            rows.append(row("More", message.more == 1 ? "one further alert" : "\(message.more) further alerts"))
        }
        if let forecast = message.forecast { rows.append(row("Forecast", forecast)) }
        let command = """
            <code class="code" style="padding:2px 6px;border-radius:4px;background-color:#eef0f3;color:#1b2330;\
            font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;word-break:break-all;">\
            \(Self.escaped(message.command))</code>
            """
        rows.append(row("See more", markup: command))
        if let link = message.link {
            rows.append(button(link))
        } else if let address = message.dashboardURL {
            rows.append(row("Dashboard", address))
        }
        return """
            <tr><td style="padding:18px 28px 24px 28px;">
            <div class="line" style="border-top:1px solid #eceef2;padding-top:14px;">
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
            \(rows.joined(separator: "\n"))
            </table></div>
            </td></tr>
            """
    }

    private func button(_ link: String) -> String {
        """
        <tr><td colspan="2" style="padding:14px 0 0 0;"><a href="\(Self.escaped(link))" \
        style="display:inline-block;padding:9px 16px;border-radius:6px;background-color:#2457d6;color:#ffffff;\
        font-size:14px;line-height:20px;font-weight:600;text-decoration:none;">Open the dashboard</a></td></tr>
        """
    }

    private var footer: String {
        """
        <div class="soft" style="max-width:600px;padding:14px 0 0 0;font-family:\(Self.font);font-size:12px;\
        line-height:18px;color:#7a8494;">Sent by Governor. Times are in \(Self.escaped(message.zone)).</div>
        """
    }

    private static let font = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

    /// Text that can be neither markup nor the end of an attribute.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// The colour that stands for a message's or an alert's weight, readable on white and on black, and its name.
private struct Look {
    var colour: String
    var name: String

    init(_ tone: Tone) {
        (colour, name) =
            switch tone {
            case .critical: ("#d13438", "Critical")
            case .warning: ("#c77700", "Warning")
            case .info: ("#2f6fdb", "Info")
            case .resolved: ("#2b8a57", "Resolved")
            case .report: ("#64789a", "Report")
            }
    }

    init(_ entry: Message.Entry) {
        switch (entry.event, entry.severity) {
        case (.resolved, _): self.init(.resolved)
        case (.firing, .critical): self.init(.critical)
        case (.firing, .warning): self.init(.warning)
        case (.firing, .info): self.init(.info)
        }
    }
}
