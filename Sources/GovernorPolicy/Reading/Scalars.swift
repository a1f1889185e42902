import Foundation
import GovernorCore

/// Names of budgets and receivers: 1 to 64 of `A-Z a-z 0-9 . _ -`.
enum Name {
    static func isValid(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    static let hint = "use 1 to 64 letters, digits, \".\", \"_\" or \"-\""

    /// Reports a text that is no name.
    static func check(_ text: String, at place: Place, _ reading: inout Reading) -> Bool {
        guard !isValid(text) else { return true }
        reading.error("\(Quoting.quoted(text)) is not a name", at: place, hint: hint)
        return false
    }
}

extension Reader where Value == String {
    static var name: Reader {
        .scalar("a name", .named("name", .scalar(pattern: Pattern.name)), hint: Name.hint) {
            Name.isValid($0) ? $0 : nil
        }
    }

    /// An address of a page, never a secret.
    static var pageAddress: Reader {
        let hint = "write it whole, such as \"https://governor.example.com\""
        let shape = Shape.text(pattern: Pattern.address, example: "https://governor.example.com")
        return .scalar("an http or https address", shape, hint: hint) { WebAddress.isValid($0) ? $0 : nil }
    }

    /// A name of a model as calls carry it.
    static var model: Reader {
        .text("a model", .named("model", .text(pattern: Pattern.model, example: "claude-opus-5"))) {
            text, place, reading in
            if text.contains("*") || text.contains("?") {
                reading.error(
                    "\(Quoting.quoted(text)) is a pattern, and this has to be one model", at: place,
                    hint: "write its whole name, such as claude-opus-5")
                return nil
            }
            return Reader<Glob>.glob.read(YAMLNode(content: .scalar(text, isPlain: true), place: place), &reading)?
                .pattern
        }
    }

    /// A few words of a person for other people.
    static var remark: Reader {
        .scalar(
            "a text of 1 to 256 characters", .named("remark", .scalar(pattern: Pattern.visible)),
            hint: "say it in a few words, on one line"
        ) { text in
            let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            return isPlain && text.count <= 256 && text.contains { !$0.isWhitespace } ? text : nil
        }
    }
}

extension Reader where Value == Bool {
    static var flag: Reader {
        .scalar("true or false", .flag, hint: "nothing else is read as one of them") { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension Reader where Value == Mode {
    static var mode: Reader { .choice("mode", [("enforce", .enforce), ("observe", .observe)]) }
}

extension Reader where Value == Int64 {
    /// A whole number of at least 1; `5_000_000` is one.
    static var count: Reader {
        let shape = Shape.named("count", .whole(atLeast: 1, atMost: nil))
        let hint = "write it in digits, such as 5000 or 5_000_000"
        return .scalar("a whole number of at least 1", shape, hint: hint) { text in
            let groups = text.split(separator: "_", omittingEmptySubsequences: false)
            guard groups.allSatisfy({ !$0.isEmpty && Digits.areAll($0) }), let value = Int64(groups.joined()) else {
                return nil
            }
            return value >= 1 ? value : nil
        }
    }
}

extension Reader where Value == Money {
    /// More than zero, in plain digits with at most nine decimal places.
    static var dollars: Reader {
        let shape = Shape.named("dollars", .decimal(above: 0))
        let hint = "write it in plain digits, such as 25 or 12.50"
        return .scalar("a dollar amount above zero", shape, hint: hint) { text in
            guard Digits.areDecimal(text, places: 9), let money = Money(dollars: text), money > .zero else {
                return nil
            }
            return money
        }
    }
}

extension Reader where Value == Span {
    /// More than zero.
    static var span: Reader { spans("a duration above zero", "duration", Pattern.duration) { $0 > .zero } }
    /// Zero as well, which switches off what it is the length of.
    static var spanOrZero: Reader { spans("a duration", "durationOrZero", Pattern.durationOrZero) { _ in true } }

    /// Within bounds; both ends are allowed.
    static func span(from shortest: Span = Span(milliseconds: 1), upTo longest: Span, hint: String) -> Reader {
        let read = span
        return .text(read.noun, read.shape) { text, place, reading in
            let node = YAMLNode(content: .scalar(text, isPlain: true), place: place)
            guard let span = read.read(node, &reading) else { return nil }
            if (shortest...longest).contains(span) { return span }
            let problem = span < shortest ? "short" : "long"
            reading.error("\(Quoting.quoted(text)) is too \(problem)", at: place, hint: hint)
            return nil
        }
    }

    private static func spans(
        _ noun: String, _ name: String, _ pattern: String, _ isAllowed: @escaping (Span) -> Bool
    ) -> Reader {
        let shape = Shape.named(name, .text(pattern: pattern, example: "15m"))
        return .scalar(noun, shape, hint: "write it with its unit, such as 90s, 15m, 1h30m or 2d") { text in
            Span(text: text).flatMap { isAllowed($0) ? $0 : nil }
        }
    }
}

extension Reader where Value == Ratio {
    static var highest: Ratio { .percent(1000) }

    /// A share of a whole that it can exceed: `70%`.
    static var share: Reader {
        let shape = Shape.text(pattern: "^\(Pattern.percent)$", example: "70%")
        return .scalar("a share above 0% and below 100%", shape, hint: "write it as a percentage, such as 70%") {
            percent($0).flatMap { $0 < .percent(100) ? $0 : nil }
        }
    }

    /// A decimal number between 0 and 1: `0.5`.
    static var index: Reader {
        .scalar("a number above 0 and below 1", .decimal(above: 0), hint: "write it with a point, such as 0.5") {
            text in
            guard Digits.areDecimal(text, places: 6), let value = DecimalText.scaled(text.utf8, places: 6) else {
                return nil
            }
            return (1..<1_000_000).contains(value) ? Ratio(partsPerMillion: value) : nil
        }
    }

    /// How many times: `3x`, `1.5x`.
    static var factor: Reader {
        let shape = Shape.text(pattern: "^[0-9]+(?:\\.[0-9]{1,4})?x$", example: "3x")
        return .scalar("a factor of 1x to 1000x", shape, hint: "write how many times the usual, such as 3x or 1.5x") {
            guard $0.hasSuffix("x"), Digits.areDecimal($0.dropLast(), places: 4),
                let value = DecimalText.scaled($0.utf8.dropLast(), places: 6)
            else { return nil }
            return (1_000_000...1_000_000_000).contains(value) ? Ratio(partsPerMillion: value) : nil
        }
    }

    /// The key of a threshold: `80%`, `12.5%`.
    static func percent(_ text: some StringProtocol) -> Ratio? {
        guard text.hasSuffix("%"), Digits.areDecimal(text.dropLast(), places: 4),
            let value = DecimalText.scaled(text.utf8.dropLast(), places: 4)
        else { return nil }
        let ratio = Ratio(partsPerMillion: value)
        return value > 0 && ratio <= highest ? ratio : nil
    }
}

extension Reader where Value == Glob {
    static var glob: Reader {
        let shape = Shape.named("pattern", .scalar(pattern: Pattern.glob))
        let hint = "write 1 to \(Labels.valueLimit) bytes, where * stands for anything"
        return .scalar("a pattern", shape, hint: hint) { text in
            let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            return isPlain && (1...Labels.valueLimit).contains(text.utf8.count) ? Glob(text) : nil
        }
    }
}

extension Reader where Value == LabelKey {
    static var fixed: [String] { LabelName.allCases.map(\.rawValue) }

    /// What a label matches, for maps whose keys are labels and these words.
    static func pattern(or others: [String] = []) -> String {
        "^(?:\((others + fixed).joined(separator: "|"))|tags\\..{1,64})$"
    }

    static var label: Reader {
        .text("a label", .named("label", .text(pattern: pattern(), example: "worker"))) { text, place, reading in
            key(text, at: place, or: [], &reading)
        }
    }

    /// - Parameter others: words that may stand here too, for the suggestion.
    static func key(_ text: String, at place: Place, or others: [String], _ reading: inout Reading) -> LabelKey? {
        if let key = LabelKey(text), text.utf8.count <= 5 + 64 { return key }
        let words = others + fixed
        reading.error(
            "unknown label \(Quoting.quoted(text))", at: place,
            hint: Spelling.hint(for: text, among: words) ?? "it is \(Quoting.list(words + ["tags.NAME"], "or"))")
        return nil
    }
}

extension Reader where Value == Zone {
    static var zone: Reader {
        .text("a time zone", .text(pattern: "^(?:UTC|GMT|[A-Za-z].*/.+)$", example: "Europe/Warsaw")) {
            text, place, reading in
            // What looks like a path must not reach the tz data as one.
            let isPlain = text.utf8.count <= 64 && !text.hasPrefix("/") && !text.contains("..")
            if isPlain, let zone = Zone(identifier: text) { return zone }
            reading.error(
                "unknown time zone \(Quoting.quoted(text))", at: place,
                hint: suggestion(for: text) ?? "it is an IANA name, such as Europe/Warsaw, or UTC")
            return nil
        }
    }

    private static func suggestion(for text: String) -> String? {
        let known = TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") } + ["UTC"]
        if let hint = Spelling.hint(for: text, among: known) { return hint }
        // `Warsaw`, `New York`, `warsow`: the city alone.
        let city = text.replacing(" ", with: "_")
        let cities = known.map { String($0.split(separator: "/").last ?? "") }
        let match =
            cities.firstIndex { $0.lowercased() == city.lowercased() }
            ?? Spelling.nearest(to: city, among: cities).flatMap { cities.firstIndex(of: $0) }
        return match.map { "did you mean \"\(known[$0])\"?" }
    }
}

/// Digits as such; what `Character.isNumber` and `Int.init` accept is wider.
enum Digits {
    static func areAll(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// `25`, `12.50`: digits, and a point with at most so many digits behind it.
    static func areDecimal(_ text: some StringProtocol, places: Int) -> Bool {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && areAll($0) } && (parts.count == 1 || parts[1].utf8.count <= places)
    }
}

/// Addresses of web pages and hooks, looked at only as far as a slip of the pen shows.
enum WebAddress {
    static func isValid(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }) else {
            return false
        }
        let rest = text.dropFirst(scheme.count)
        return text.utf8.count <= 2048 && rest.first.map { !"/?#:@".contains($0) } == true
            && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}
