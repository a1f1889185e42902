import GovernorCore

/// A window written as a map: one unit and where in it the window begins, or a length.
private struct WindowDraft {
    var window: Window?
}

/// Where a calendar unit begins.
private struct StartDraft {
    var on: Int64?
    var at: Span?
}

extension Reader where Value == Window {
    /// `day`, `rolling 1h`, `lifetime`, `{ month: { starts_on: 15 } }`.
    static var window: Reader {
        let form = Form<WindowDraft>.window
        let words = units + ["lifetime"]
        let moving = "^ *(?:rolling|block) +(?=.*[1-9])\(Pattern.durationParts) *$"
        let shape = Shape.either([
            .words(words), .text(pattern: moving, example: "rolling 1h"), .object(form.shape),
        ])
        return Reader(noun: "a window", shape: .named("window", shape)) { node, reading in
            switch node.content {
            case .scalar(let text, _) where !node.isAbsent: return parse(text, at: node.place, &reading)
            case .map:
                var draft = WindowDraft()
                form.read(node, into: &draft, &reading)
                return draft.window
            default:
                reading.mismatch(node, expected: "a window", hint: hint)
                return nil
            }
        }
    }

    fileprivate static var units: [String] { Window.CalendarUnit.allCases.map(\.rawValue) }
    private static var hint: String {
        "it is \(Quoting.list(units + ["\"rolling 1h\"", "\"block 5h\"", "lifetime"], "or"))"
    }

    private static func parse(_ text: String, at place: Place, _ reading: inout Reading) -> Window? {
        if let unit = Window.CalendarUnit(rawValue: text) { return .calendar(Window.Period(unit)) }
        if text == "lifetime" { return .lifetime }
        let words = text.split(separator: " ")
        guard let first = words.first.map(String.init) else {
            reading.error("unknown window \(Quoting.quoted(text))", at: place, hint: hint)
            return nil
        }
        guard first == "rolling" || first == "block" else {
            var meant = Spelling.nearest(to: first, among: units + ["rolling", "block", "lifetime"])
            if let word = meant, word == "rolling" || word == "block", let length = words.dropFirst().first {
                meant = "\(word) \(length)"
            }
            let hint = meant.map { "did you mean \(Quoting.quoted($0))?" } ?? hint
            reading.error("unknown window \(Quoting.quoted(text))", at: place, hint: hint)
            return nil
        }
        if words.count == 2, let span = Span(text: words[1]), span > .zero {
            return first == "block" ? .block(span) : .rolling(span)
        }
        reading.error(
            "\(Quoting.quoted(text)) does not say how long", at: place,
            hint: "write the length with its unit, such as \"\(first == "block" ? "block 5h" : "rolling 1h")\"")
        return nil
    }
}

extension Reader where Value == Window.Period {
    /// The windows of the calendar alone: `month`, `{ week: { starts_on: sunday } }`.
    static var period: Reader {
        let form = Form<WindowDraft>.period
        let shape = Shape.either([.words(Reader<Window>.units), .object(form.shape)])
        return Reader(noun: "a calendar window", shape: .named("period", shape)) { node, reading in
            let hint = "it is \(Quoting.list(Reader<Window>.units, "or"))"
            switch node.content {
            case .scalar(let text, _) where !node.isAbsent:
                if let unit = Window.CalendarUnit(rawValue: text) { return Window.Period(unit) }
                reading.error(
                    "unknown calendar window \(Quoting.quoted(text))", at: node.place,
                    hint: Spelling.hint(for: text, among: Reader<Window>.units) ?? hint)
                return nil
            case .map:
                var draft = WindowDraft()
                form.read(node, into: &draft, &reading)
                if case .calendar(let period)? = draft.window { return period }
                return nil
            default:
                reading.mismatch(node, expected: "a calendar window", hint: hint)
                return nil
            }
        }
    }
}

extension Form where Draft == WindowDraft {
    fileprivate static var window: Form {
        form(
            "a window",
            periods + [
                Field("rolling", \.window, Reader<Span>.span.map { .rolling($0) }, "The last so much time."),
                Field(
                    "block", \.window, Reader<Span>.span.map { .block($0) },
                    "So much time from the first use on; a use after it begins the next."),
            ])
    }

    fileprivate static var period: Form { form("a calendar window", periods) }

    private static func form(_ noun: String, _ fields: [Field<WindowDraft>]) -> Form {
        Form(
            noun: noun, fields: fields, choice: Choice(noun: "unit", keys: fields.map(\.key)),
            elsewhere: [
                "hour": "write \"hour\" by itself, without a map",
                "lifetime": "write \"lifetime\" by itself, without a map",
                "rolling": "it has to be one of the calendar", "block": "it has to be one of the calendar",
            ])
    }

    private static var periods: [Field<WindowDraft>] {
        [
            start(of: .day, Field("starts_at", \.at, .timeOfDay, "The time at which a day begins, such as \"12:00\".")),
            start(of: .week, Field("starts_on", \.on, DayOfWeek.reader, "The day a week begins on, such as sunday.")),
            start(of: .month, Field("starts_on", \.on, dayOfMonth, "The day a month begins on.")),
            start(of: .quarter, Field("starts_on", \.on, dayOfMonth, "The day of its first month it begins on.")),
            start(of: .year, Field("starts_on", \.on, dayOfMonth, "The day of January it begins on.")),
        ]
    }

    private static func start(of unit: Window.CalendarUnit, _ field: Field<StartDraft>) -> Field<WindowDraft> {
        let form = Form<StartDraft>(
            noun: "a \(unit.rawValue)", fields: [field], choice: .init(noun: "beginning", keys: [field.key]),
            elsewhere: [
                "starts_on": "a day begins at a time, such as starts_at: \"12:00\"",
                "starts_at": "it begins on a day, such as starts_on: \(unit == .week ? "sunday" : "15")",
            ])
        let reader = form.reader(.init()).map { start in
            Window.calendar(Window.Period(unit, startsOn: start.on ?? 1, startsAt: start.at ?? .zero))
        }
        return Field(unit.rawValue, \.window, reader, "A \(unit.rawValue) that begins elsewhere than usual.")
    }

    private static var dayOfMonth: Reader<Int64> {
        let hint = "it is 1 to 31; beyond a month's end it is the month's last day"
        return .scalar("a day of the month", .whole(atLeast: 1, atMost: 31), hint: hint) { text in
            guard Digits.areAll(text), text.utf8.count <= 2, let day = Int64(text) else { return nil }
            return (1...31).contains(day) ? day : nil
        }
    }
}
