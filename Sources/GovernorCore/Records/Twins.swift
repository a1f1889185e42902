/// Finds the calls that a transcript's line and an event of telemetry both tell of though nothing names them both: some
/// lines name no request, and an event names nothing else.
///
/// They are one call when they say the same of it, session, model and tokens of every class, and the line was written
/// while the call ran. A line goes with one event at most and an event with one line, the nearest in time first. The
/// line counts and the event is kept, marked (`UsageRecord.isTwin`): nothing is lost of either, so when a nearer copy
/// arrives or the line grows into another, they part again. Who goes with whom depends on the records alone, not on the
/// order or the batches in which they came.
///
/// Used once per group of changes: it has `questions` until everything is known that its calls can be taken for.
package struct Twins {
    /// Stored records that may be the other copy of a call: one source's, of a session, with these tokens, in a time.
    package struct Question: Hashable, Sendable {
        package let session: String
        package let source: SourceKind
        /// Writes to the cache left out, which the two may split otherwise.
        package let tokens: TokenCounts
        package let since: Timestamp
        package let until: Timestamp
    }

    /// Where a copy is: among the changes, or stored and as it was.
    private enum Place {
        case change(Int)
        case stored(StoredRecord)
    }

    private struct Copy {
        var place: Place
        var testimony: Testimony
        var key: String
        var isTwin: Bool
    }

    /// More calls than this that are alike in everything and ran at one time are made up; they stay as they are.
    private static let limit = 1000

    private let noted: [RecordChange]
    private var copies: [Testimony.Words: (lines: [Copy], events: [Copy])] = [:]
    /// Changes of copies that say what they said before, by sequence.
    private var unmoved: [Int64: Int] = [:]
    private var known: Set<Int64> = []
    /// What the other copies were looked for by.
    private var asked: [Testimony.Words: [Testimony]] = [:]
    /// What must be looked up; `learn` takes what was found.
    package private(set) var questions: Set<Question> = []

    /// - Parameter changes: what the group does to the ledger's records.
    package init(_ changes: [RecordChange]) {
        noted = changes
        for (place, change) in changes.enumerated() {
            let (stored, result) = (change.stored, change.result)
            let (before, after) = (stored.flatMap { Testimony($0.record) }, result.flatMap(Testimony.init))
            guard before != nil || after != nil else { continue }
            if let stored, before == after {
                unmoved[stored.sequence] = place
                continue
            }
            if let stored { known.insert(stored.sequence) }
            if let before { ask(before) }
            if let after, let result { take(result, after, at: .change(place)) }
        }
    }

    /// Takes in every stored record that the questions ask for.
    package mutating func learn(_ found: [StoredRecord]) {
        questions = []
        for stored in found {
            guard let testimony = Testimony(stored.record),
                asked[testimony.words]?.contains(where: testimony.mayMeet) ?? false,
                known.insert(stored.sequence).inserted
            else { continue }
            if let place = unmoved[stored.sequence], let result = noted[place].result {
                take(result, testimony, at: .change(place))
            } else {
                take(stored.record, testimony, at: .stored(stored))
            }
        }
    }

    /// The changes with every event marked, and those of stored events whose mark changes.
    package var changes: [RecordChange] {
        var changes = noted
        var others: [StoredRecord] = []
        for (words, (lines, events)) in copies where !events.isEmpty && !areTooMany(words) {
            for (event, isTwin) in Self.paired(lines, events) where event.isTwin != isTwin {
                switch event.place {
                case .change(let place): changes[place] = changes[place].mapResult { $0.marked(isTwin: isTwin) }
                case .stored(let stored): others.append(stored)
                }
            }
        }
        return changes
            + others.sorted { $0.sequence < $1.sequence }.map {
                .revise($0, to: $0.record.marked(isTwin: !$0.record.isTwin))
            }
    }

    private mutating func take(_ record: UsageRecord, _ testimony: Testimony, at place: Place) {
        let copy = Copy(place: place, testimony: testimony, key: record.identity.key, isTwin: record.isTwin)
        if testimony.isEvent {
            copies[testimony.words, default: ([], [])].events.append(copy)
        } else {
            copies[testimony.words, default: ([], [])].lines.append(copy)
        }
        ask(testimony)
    }

    private mutating func ask(_ testimony: Testimony) {
        asked[testimony.words, default: []].append(testimony)
        if !areTooMany(testimony.words) { questions.insert(testimony.question) }
    }

    private func areTooMany(_ words: Testimony.Words) -> Bool { asked[words, default: []].count > Self.limit }

    /// The events, each with whether a line goes with it.
    private static func paired(_ lines: [Copy], _ events: [Copy]) -> [(Copy, Bool)] {
        // Of pairs that are as far apart the first in these orders, which are total, is taken.
        let lines = lines.sorted { ($0.testimony.time, $0.key) < ($1.testimony.time, $1.key) }
        let events = events.sorted { $0.key < $1.key }
        var pairs: [(apart: Span, line: Int, event: Int)] = []
        for (line, one) in lines.enumerated() {
            for (event, other) in events.enumerated() where one.testimony.mayMeet(other.testimony) {
                let (written, ended) = (one.testimony.time, other.testimony.time)
                pairs.append((max(written - ended, ended - written), line, event))
            }
        }
        var isTaken = (lines: lines.map { _ in false }, events: events.map { _ in false })
        for pair in pairs.sorted(by: { ($0.apart, $0.line, $0.event) < ($1.apart, $1.line, $1.event) })
        where !isTaken.lines[pair.line] && !isTaken.events[pair.event] {
            (isTaken.lines[pair.line], isTaken.events[pair.event]) = (true, true)
        }
        return zip(events, isTaken.events).map { ($0, $1) }
    }
}

/// What a line or an event says of its call that the other can say too.
private struct Testimony: Hashable {
    struct Words: Hashable {
        let session: ExactText
        let model: ExactText
        let input: Int64
        let output: Int64
        let cacheRead: Int64
        /// Some versions of telemetry don't say for how long.
        let cacheWrite: Int64
    }

    let words: Words
    let isEvent: Bool
    /// A line's is when it was written, an event's when the call had ended.
    let time: Timestamp
    /// An event's call; nothing else says how long one ran.
    let duration: Span

    /// How far a line may lie outside its call. Claude Code 2.1.329 dates its events 3 to 21 ms after the calls' last
    /// lines, by the same clock; the lines of one call lie up to 68 s apart in recorded transcripts, all while it ran.
    private static let slack = Span.seconds(2)
    /// Longer than this no call is taken to have run.
    private static let longest = Span.minutes(15)

    /// nil of records that are neither, or that tell of no tokens.
    init?(_ record: UsageRecord) {
        let isEvent = record.identity.isRequestAlone
        guard isEvent || record.identity.request == nil,
            record.labels.source == (isEvent ? SourceKind.telemetry : .transcript).rawValue,
            let session = record.labels.session, let model = record.labels.model, record.tokens.total > 0
        else { return nil }
        self.isEvent = isEvent
        words = Words(
            session: ExactText(session), model: ExactText(ModelName.withoutVersion(ModelName.withoutProvider(model))),
            input: record.tokens.input, output: record.tokens.output, cacheRead: record.tokens.cacheRead,
            cacheWrite: record.tokens.cacheWrite)
        time = record.time
        let ran = Span(milliseconds: max(0, record.durationMilliseconds ?? 0))
        duration = isEvent ? min(ran, Self.longest) : .zero
    }

    /// Whether the other is of the other kind, and the line was written while the call ran.
    func mayMeet(_ other: Testimony) -> Bool {
        guard isEvent != other.isEvent else { return false }
        let (line, event) = isEvent ? (other, self) : (self, other)
        return line.time >= event.time - event.duration - Self.slack && line.time <= event.time + Self.slack
    }

    var question: Twins.Question {
        Twins.Question(
            session: words.session.text, source: isEvent ? .transcript : .telemetry,
            tokens: TokenCounts(input: words.input, output: words.output, cacheRead: words.cacheRead),
            since: time - duration - Self.slack, until: time + Self.slack + (isEvent ? .zero : Self.longest))
    }
}

extension UsageRecord {
    fileprivate func marked(isTwin: Bool) -> UsageRecord {
        var record = self
        record.isTwin = isTwin
        return record
    }
}

extension RecordChange {
    /// The record as it is in the ledger; nil when it is new.
    fileprivate var stored: StoredRecord? {
        switch self {
        case .insert: nil
        case .revise(let stored, _), .remove(let stored): stored
        }
    }
}
