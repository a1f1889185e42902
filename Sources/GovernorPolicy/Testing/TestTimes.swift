import GovernorCore

/// When something in a test happens, as its file says it.
enum TestTime {
    /// After the test's start.
    case after(Span)
    case moment(Moment)

    func time(from start: Timestamp, in zone: Zone) -> Timestamp {
        switch self {
        case .after(let span): start + span
        case .moment(let moment): moment.time(in: zone)
        }
    }

    /// How much time a test may cover: every minute of it is lived through.
    static let longest = Span.days(400)
}

extension Reader where Value == TestTime {
    /// `31m` after the start, or a time as of the calendar.
    static var testTime: Reader {
        let shape = Shape.text(pattern: "", example: "31m")
        return .text("a time", shape) { text, place, reading in
            if let span = Span(text: text) { return .after(span) }
            let isDate = text.utf8.prefix(4).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if text.utf8.count >= 8, isDate, text.contains("-") {
                let node = YAMLNode(content: .scalar(text, isPlain: true), place: place)
                return Reader<Moment>.moment.read(node, &reading).map { .moment($0) }
            }
            reading.error(
                "\(Quoting.quoted(text)) is not a time", at: place,
                hint: "write it as a duration since the start, such as 31m or 1d2h, or as 2026-11-21T00:00:00+01:00")
            return nil
        }
    }
}

/// A time with the words it was written in, for messages.
struct WrittenTime {
    var time: TestTime
    var text: String
}

extension Reader where Value == WrittenTime {
    static var writtenTime: Reader {
        let time = Reader<TestTime>.testTime
        return Reader(noun: time.noun, shape: time.shape) { node, reading in
            guard let value = time.read(node, &reading), case .scalar(let text, _) = node.content else { return nil }
            return WrittenTime(time: value, text: text)
        }
    }
}
