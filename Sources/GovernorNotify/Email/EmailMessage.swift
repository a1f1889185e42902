package import GovernorCore

/// A letter as a mail (RFC 5322): its headers, and its body as text and as HTML.
package struct EmailMessage {
    private let letter: Letter
    private let from: String
    private let to: [String]

    /// - Parameters:
    ///   - from: a plain address whose form was checked, as are those of `to`.
    ///   - to: everybody it goes to, those who have it already among them.
    package init(_ letter: Letter, from: String, to: [String]) {
        self.letter = letter
        self.from = from
        self.to = to
    }

    package var mail: CurlMail {
        CurlMail(
            sender: from, headers: headers, text: letter.message.text,
            html: EmailHTML(letter.message, items: letter.items).text)
    }

    /// The same on every attempt and to every recipient, so that a mail that arrives twice is shown once. `MIME-Version`
    /// is libcurl's to add.
    package var headers: [String] {
        var headers = [
            "Date: \(EmailDate.text(letter.createdAt, in: Zone(identifier: letter.message.zone) ?? .utc))",
            "From: Governor <\(from)>",
            // One a line, since a line may not be longer than 998.
            "To: \(to.joined(separator: ",\r\n "))",
            "Subject: \(EncodedWord.header(letter.message.title, after: "Subject: ".count))",
            "Message-ID: <\(messageID)>",
            // No automaton shall answer an automaton (RFC 3834; the second is Exchange's).
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
        ]
        if letter.message.tone == .critical { headers.append("Importance: high") }
        headers.append("Content-Type: multipart/alternative")
        return headers
    }

    private var messageID: String {
        let left = letter.id.unicodeScalars.filter {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains($0))
        }
        let right = from.drop { $0 != "@" }.dropFirst()
        return "\(left.isEmpty ? "message" : String(String.UnicodeScalarView(left.prefix(200))))@\(right)"
    }
}

/// A date as mails have it (RFC 5322, 3.3).
package enum EmailDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sat, 21 Nov 2026 14:48:00 +0100`
    package static func text(_ time: Timestamp, in zone: Zone) -> String {
        let minutes = zone.offset(at: time) / 60_000
        let local = CivilTime(millisecondsAsUTC: time.milliseconds + minutes * 60_000)
        let seconds = local.millisecondOfDay / 1000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(pair).joined(separator: ":")
        let offset = (minutes < 0 ? "-" : "+") + pair(abs(minutes) / 60) + pair(abs(minutes) % 60)
        let day = Weekday.name(of: local.date.weekday).prefix(3)
        let month = months[Int(local.date.month - 1) % 12]
        return "\(day), \(local.date.day) \(month) \(local.date.year) \(clock) \(offset)"
    }

    private static func pair(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
