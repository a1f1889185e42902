import GovernorCore

extension Reader where Value == Window {
    /// `day`, `rolling 1h`, `lifetime`.
    static var window: Reader {
        Reader(noun: "a window") { node, reading in
            switch node.content {
            case .scalar(let text, _) where !node.isAbsent: return parse(text, at: node.place, &reading)
            case .map(let entries):
                // `{ month: { starts_on: 15 } }`
                for entry in entries {
                    if case .map(let options) = entry.value.content,
                        let later = options.first(where: { Later.windowKeys.contains($0.key) })
                    {
                        reading.unsupported(later.key, at: later.keyPlace)
                        return nil
                    }
                }
                reading.mismatch(node, expected: "a window", hint: hint)
                return nil
            default:
                reading.mismatch(node, expected: "a window", hint: hint)
                return nil
            }
        }
    }

    private static var units: [String] { Window.CalendarUnit.allCases.map(\.rawValue) }
    private static var hint: String { "it is \(Quoting.list(units + ["\"rolling 1h\"", "lifetime"], "or"))" }

    private static func parse(_ text: String, at place: Place, _ reading: inout Reading) -> Window? {
        if let unit = Window.CalendarUnit(rawValue: text) { return .calendar(unit) }
        if text == "lifetime" { return .lifetime }
        let words = text.split(separator: " ")
        guard let first = words.first.map(String.init) else {
            reading.error("unknown window \(Quoting.quoted(text))", at: place, hint: hint)
            return nil
        }
        if Later.window.contains(first) {
            reading.unsupported(text, at: place)
            return nil
        }
        guard first == "rolling" else {
            let hint = Spelling.hint(for: first, among: units + ["rolling", "lifetime"]) ?? hint
            reading.error("unknown window \(Quoting.quoted(text))", at: place, hint: hint)
            return nil
        }
        if words.count == 2, let span = Span(text: words[1]), span > .zero { return .rolling(span) }
        reading.error(
            "\(Quoting.quoted(text)) does not say how long", at: place,
            hint: "write the length with its unit, such as \"rolling 1h\"")
        return nil
    }
}
