import GovernorCore
import Testing

/// The truth table of who is told of what: one row for each way an answer comes about.
@Suite struct TellingRuleTests {
    /// A question about something that fired at `monday`, with everything as it is in the plainest case.
    private static func question(
        _ event: Telling.Event, _ change: (inout Telling.Question) -> Void = { _ in }
    ) -> Telling.Question {
        var question = Telling.Question(event, now: monday)
        question.wasTold = event != .firing
        change(&question)
        return question
    }

    private static let soon = monday + .seconds(5)
    private static let ago = monday - .seconds(20)

    struct Row: Sendable, CustomTestStringConvertible {
        var what: String
        var question: Telling.Question
        var answer: Telling.Answer

        init(
            _ what: String, _ event: Telling.Event, _ answer: Telling.Answer,
            _ change: (inout Telling.Question) -> Void = { _ in }
        ) {
            self.what = what
            question = TellingRuleTests.question(event, change)
            self.answer = answer
        }

        var testDescription: String { what }
    }

    static let rows: [Row] = [
        // Firing.
        Row("nothing was ever told of its item", .firing, .tell(.firstOfGroup, due: soon)),
        Row("its item was told of longer ago than the interval", .firing, .tell(.firstOfGroup, due: soon)) {
            $0.groupToldAt = monday - .minutes(1)
            $0.splitToldAt = monday - .minutes(1)
        },
        Row("its item was told of, its split was not", .firing, .tell(.firstOfSplit, due: soon)) {
            $0.groupToldAt = ago
        },
        Row("its split was told of long ago, its item just now", .firing, .tell(.firstOfSplit, due: soon)) {
            $0.groupToldAt = ago
            $0.splitToldAt = monday - .minutes(2)
        },
        Row("its split was told of just now", .firing, .tell(.groupChanged, due: monday + .seconds(40))) {
            $0.groupToldAt = ago
            $0.splitToldAt = ago
        },
        Row("the interval is over before the wait is", .firing, .tell(.groupChanged, due: soon)) {
            $0.groupToldAt = monday - .seconds(58)
            $0.splitToldAt = monday - .seconds(58)
        },
        Row("its split was told of just now, but it paused work", .firing, .tell(.heldWorkBack, due: soon)) {
            $0.groupToldAt = ago
            $0.splitToldAt = ago
            $0.heldWorkBack = true
        },
        Row("what was told waits itself, in the future", .firing, .tell(.groupChanged, due: monday + .seconds(90))) {
            $0.groupToldAt = monday + .seconds(30)
            $0.splitToldAt = monday + .seconds(30)
        },
        Row("the clock was a day ahead when it was told", .firing, .tell(.firstOfGroup, due: soon)) {
            $0.groupToldAt = monday + .days(1)
            $0.splitToldAt = monday + .days(1)
        },
        Row("without a wait", .firing, .tell(.firstOfGroup, due: monday)) { $0.groupWait = .zero },
        Row("for a digest", .firing, .tell(.digest, due: monday + .hours(9))) {
            $0.digestAt = monday + .hours(9)
            $0.heldWorkBack = true
        },
        Row("a silence is over", .firing, .tell(.silenceLifted, due: soon)) {
            $0.wasSilenced = true
            $0.groupToldAt = ago
            $0.splitToldAt = ago
        },
        Row("a silence mutes it, whatever it did", .firing, .keep(.silenced)) {
            $0.isSilenced = true
            $0.heldWorkBack = true
        },
        Row("a silence mutes it for digests too", .firing, .keep(.silenced)) {
            $0.isSilenced = true
            $0.digestAt = monday
        },
        Row("the receiver is told of a higher threshold", .firing, .keep(.outranked)) { $0.isOutranked = true },
        Row("its item names others", .firing, .keep(.notNamed)) { $0.isNamed = false },
        Row("the receiver has no address", .firing, .keep(.receiverOff)) { $0.isOff = true },
        // Resolved.
        Row("what was told is over", .resolved, .tell(.ended, due: soon)),
        Row("what was told just now is over", .resolved, .tell(.ended, due: monday + .seconds(40))) {
            $0.groupToldAt = ago
            $0.splitToldAt = ago
        },
        Row("it is over while a silence mutes it", .resolved, .tell(.ended, due: soon)) { $0.isSilenced = true },
        Row("it is over, acknowledged", .resolved, .tell(.ended, due: soon)) { $0.isAcknowledged = true },
        Row("it is over, for a digest", .resolved, .tell(.digest, due: monday)) { $0.digestAt = monday },
        Row("nobody was told that it fires", .resolved, .keep(.neverTold)) { $0.wasTold = false },
        Row("the receiver does not want ends", .resolved, .keep(.endNotWanted)) { $0.wantsEnds = false },
        Row("ends: its item names others", .resolved, .keep(.notNamed)) { $0.isNamed = false },
        Row("ends: the receiver has no address", .resolved, .keep(.receiverOff)) { $0.isOff = true },
        // Repeated.
        Row("it goes on, and nothing is repeated", .repeated, .keep(.unchanged)) { $0.groupToldAt = ago },
        Row(
            "it goes on, and the repeat is not due", .repeated, .keep(.unchanged, until: monday + .seconds(1780))
        ) {
            $0.groupToldAt = ago
            $0.repeatEvery = .minutes(30)
        },
        Row("it goes on, and the repeat was due", .repeated, .tell(.repeatDue, due: monday - .seconds(10))) {
            $0.groupToldAt = monday - .minutes(30) - .seconds(10)
            $0.repeatEvery = .minutes(30)
        },
        Row("it goes on, acknowledged", .repeated, .keep(.acknowledged)) {
            $0.groupToldAt = monday - .hours(1)
            $0.repeatEvery = .minutes(30)
            $0.isAcknowledged = true
        },
        Row("it goes on, silenced", .repeated, .keep(.silenced)) {
            $0.groupToldAt = monday - .hours(1)
            $0.repeatEvery = .minutes(30)
            $0.isSilenced = true
        },
        Row("it goes on, and what was told has not arrived", .repeated, .keep(.stillPending)) {
            $0.groupToldAt = monday - .hours(1)
            $0.repeatEvery = .minutes(30)
            $0.isPending = true
        },
        Row("it goes on, of which a digest tells every day", .repeated, .keep(.unchanged)) {
            $0.groupToldAt = monday - .hours(1)
            $0.repeatEvery = .minutes(30)
            $0.digestAt = monday
        },
        Row("it goes on and was never told", .repeated, .keep(.neverTold)) {
            $0.wasTold = false
            $0.repeatEvery = .minutes(30)
        },
        Row("repeats: its item names others", .repeated, .keep(.notNamed)) { $0.isNamed = false },
        Row("repeats: the receiver has no address", .repeated, .keep(.receiverOff)) { $0.isOff = true },
    ]

    @Test(arguments: rows)
    func `each answer has its reason`(row: Row) { #expect(Telling.answer(row.question) == row.answer) }

    @Test func `every reason has a row, and words of its own`() {
        #expect(Set(Self.rows.map(\.answer.reason)) == Set(Telling.Reason.allCases))
        #expect(Set(Telling.Reason.allCases.map(\.text)).count == Telling.Reason.allCases.count)
        for row in Self.rows {
            let tells = if case .tell = row.answer { true } else { false }
            #expect(row.answer.reason.tells == tells)
        }
    }
}

/// Alertmanager decides by what is in its notification log and what fires now (`TestDedupStageNeedsUpdate`, eleven rows).
/// We decide by events; each of its rows is a stretch of events here, with the same answer.
@Suite struct AlertmanagerTableTests {
    /// Who fires before, and who fires and is resolved then, `later` after the last message.
    struct Row: Sendable {
        var before: Set<Int>
        var fires: Set<Int>
        var resolves: Set<Int> = []
        var later = Span.minutes(9)
        var wantsEnds = true
        var expected: Bool
        /// What of ours the row comes to.
        var why: String
    }

    static let rows = [
        Row(before: [], fires: [2, 3, 4], expected: true, why: "nothing was told: the first is told"),
        Row(before: [], fires: [], resolves: [2, 3, 4], expected: false, why: "an end of what was never told"),
        Row(before: [1, 2, 3], fires: [2, 3, 4], expected: true, why: "4 is new"),
        Row(
            before: [1, 2, 3], fires: [1, 2, 3], later: .days(20_000), expected: true, why: "told ages ago: repeated"),
        Row(before: [1, 2, 3], fires: [1, 2, 3], expected: false, why: "unchanged, the repeat is not due"),
        Row(before: [1, 2, 3], fires: [1, 2, 3], later: .minutes(11), expected: true, why: "the repeat is due"),
        Row(
            before: [], fires: [], resolves: [3, 4, 5], later: .minutes(11), expected: false, why: "ends of the untold"),
        Row(before: [1, 2], fires: [1], resolves: [2, 3], wantsEnds: false, expected: false, why: "ends not wanted"),
        Row(before: [1, 2], fires: [1], resolves: [2, 3], expected: true, why: "the end of 2"),
        // Alertmanager tells once that nothing fires any more even those who want no ends, since its messages show all
        // that fires. Ours tell events, and such a receiver is told of none that ended.
        Row(
            before: [1, 2], fires: [], resolves: [1, 2, 3], wantsEnds: false, expected: false, why: "ends not wanted"),
        Row(before: [1, 2], fires: [], resolves: [1, 2, 3], expected: true, why: "the ends of 1 and 2"),
    ]

    @Test(arguments: rows.indices)
    func `its eleven rows`(index: Int) {
        let row = Self.rows[index]
        let policy = Policy(
            revision: "r",
            receivers: [Receiver(name: "ops", kind: .log, repeatEvery: .minutes(10), sendsResolved: row.wantsEnds)])
        var log = NotificationLog()
        var planner = NotificationPlanner(policy: policy, log: log, pending: [:], now: monday)
        for number in row.before.sorted() { planner.tell(Self.alert(number)) }
        for message in planner.notifications { log.take(message) }
        let now = monday + .seconds(5) + row.later
        planner = NotificationPlanner(policy: policy, log: log, pending: [:], now: now)
        for number in row.fires.subtracting(row.before).sorted() { planner.tell(Self.alert(number, at: now)) }
        for number in row.resolves.sorted() {
            var alert = Self.alert(number)
            // Whoever was never told of one knows of none; for us that is one nobody was named for.
            if !row.before.contains(number) { alert.notified = [] }
            alert.resolve(at: now, because: .spendFell)
            planner.tell(alert)
        }
        planner.tellAgain { item in
            row.fires.intersection(row.before).sorted().map { Self.alert($0) }
        } isMuted: { _ in
            false
        }
        #expect(!planner.notifications.isEmpty == row.expected, "\(row.why)")
    }

    private static func alert(_ number: Int, at time: Timestamp = monday) -> Alert {
        var budget = Budget(name: "day", limit: .usd(.dollars(10)), window: .calendar(.day))
        budget.per = [.label(.worker)]
        return Alert(
            budget: budget, split: Split(raw: "w-\(number)"), window: Interval(start: monday, end: monday + .days(1)),
            threshold: Threshold(ratio: .percent(80)), limitRevision: 0, firedAt: time, spent: 0, action: "nothing",
            notified: ["ops"])
    }
}
