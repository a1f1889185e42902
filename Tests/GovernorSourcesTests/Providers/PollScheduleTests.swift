import GovernorCore
import GovernorSources
import Seeds
import Testing

/// When a provider is asked.
@Suite struct PollScheduleTests {
    private static let start = providerTime("2026-11-21T10:00:00Z")

    @Test func `the first time is right away, then as often as was said`() {
        let schedule = Timetable(every: .minutes(5), lastStarted: nil, now: Self.start)
        #expect(schedule.begin(at: Self.start))
        #expect(!schedule.begin(at: Self.start + .hours(1)), "it is being asked")
        #expect(schedule.nextAt == nil)
        schedule.end(.read, at: Self.start + .seconds(20), jitter: 1)
        #expect(schedule.nextAt == Self.start + .minutes(5))
        #expect(!schedule.begin(at: Self.start + .minutes(5) - Span(milliseconds: 1)))
        #expect(schedule.begin(at: Self.start + .minutes(5)))
    }

    @Test func `never more than once a minute, also when it was told to and after a restart`() {
        let schedule = Timetable(every: .seconds(1), lastStarted: Self.start - .seconds(10), now: Self.start)
        #expect(!schedule.begin(at: Self.start + .seconds(49)))
        #expect(schedule.begin(at: Self.start + .seconds(50)))
        schedule.end(.read, at: Self.start + .seconds(51), jitter: 0)
        #expect(!schedule.begin(at: Self.start + .seconds(109)))
        #expect(schedule.begin(at: Self.start + .seconds(110)))
    }

    @Test(arguments: [
        (PollSchedule.End.failed(retryAfter: nil), 0.0, [1, 2, 5, 15, 30, 30, 30]),
        (.failed(retryAfter: .minutes(10)), 0.0, [10, 10, 10, 15, 30, 30, 30]),
        (.failed(retryAfter: .hours(2)), 1.0, [120, 120, 120]),
        (.failed(retryAfter: .seconds(3)), 0.0, [1, 2, 5]),
        (.refused, 1.0, [30, 30, 30]),
    ]) func `failures are waited out longer and longer`(_ end: PollSchedule.End, _ jitter: Double, _ waits: [Int64]) {
        let schedule = Timetable(every: .minutes(5), lastStarted: nil, now: Self.start)
        var now = Self.start
        for wait in waits {
            #expect(schedule.begin(at: now))
            now = now + .seconds(30)
            schedule.end(end, at: now, jitter: jitter)
            #expect(schedule.nextAt == now + .minutes(wait))
            now = now + .minutes(wait)
        }
        #expect(schedule.failures == waits.count)
        #expect(schedule.begin(at: now))
        schedule.end(.read, at: now, jitter: 1)
        #expect(schedule.failures == 0)
        #expect(schedule.nextAt == now + .minutes(5))
    }

    @Test func `chance makes a wait longer, by a fifth at most`() {
        for (jitter, seconds) in [(0.0, 60), (0.5, 66), (1.0, 72), (-9, 60), (9, 72)] as [(Double, Int64)] {
            let schedule = Timetable(every: .minutes(5), lastStarted: nil, now: Self.start)
            _ = schedule.begin(at: Self.start)
            schedule.end(.failed(retryAfter: nil), at: Self.start, jitter: jitter)
            #expect(schedule.nextAt == Self.start + .seconds(seconds))
        }
    }

    @Test func `a clock that is set back makes it wait once more, not for ever`() {
        let schedule = Timetable(every: .minutes(5), lastStarted: Self.start + .hours(40), now: Self.start)
        #expect(!schedule.begin(at: Self.start + .seconds(59)))
        #expect(schedule.begin(at: Self.start + .seconds(60)))
        schedule.end(.read, at: Self.start, jitter: 0)
        let back = Self.start - .hours(30)
        #expect(!schedule.begin(at: back))
        #expect(!schedule.begin(at: back + .minutes(4)))
        #expect(schedule.begin(at: back + .minutes(5)))
    }

    @Test(arguments: Seed.some(100))
    func `whatever happens, a minute lies between two polls, and the next always comes`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        var now = Self.start
        var started: Timestamp?
        var schedule = Timetable(every: .seconds(random.number(0...900)), lastStarted: nil, now: now)
        var isAsking = false
        for _ in 0..<300 {
            now = now + Span(milliseconds: random.number(0...40_000))
            if isAsking, random.once(in: 3) {
                let ends: [PollSchedule.End] = [
                    .read, .refused, .failed(retryAfter: nil), .failed(retryAfter: .seconds(random.number(0...4000))),
                ]
                schedule.end(random.pick(ends), at: now, jitter: Double(random.number(0...100)) / 100)
                isAsking = false
                let next = try #require(schedule.nextAt)
                #expect(next - now <= .seconds(4000) && started.map { next - $0 >= .minutes(1) } ?? true)
                if random.once(in: 4) {
                    schedule = Timetable(every: schedule.every, lastStarted: started, now: now)
                }
            } else if random.once(in: 10), let next = schedule.nextAt {
                now = max(now, next)
            }
            guard schedule.begin(at: now) else { continue }
            #expect(!isAsking)
            if let started { #expect(now - started >= .minutes(1)) }
            (started, isAsking) = (now, true)
        }
    }

    @Test func `reports are asked for from two days before the last time on, and for 31 days at most`() {
        let now = providerTime("2026-11-21T10:00:00Z")
        func since(_ last: Timestamp?) -> String { PollSchedule.since(lastRead: last, now: now).text }
        #expect(since(nil) == "2026-10-22")
        #expect(since(now - .minutes(5)) == "2026-11-19")
        #expect(since(now - .days(4)) == "2026-11-15")
        #expect(since(now - .days(400)) == "2026-10-22")
        #expect(since(now + .days(5)) == "2026-11-19", "the clock was ahead then")
    }
}

/// A schedule to be told things inside an expectation.
private final class Timetable {
    private var schedule: PollSchedule

    init(every: Span, lastStarted: Timestamp?, now: Timestamp) {
        schedule = PollSchedule(every: every, lastStarted: lastStarted, now: now)
    }

    var every: Span { schedule.every }
    var nextAt: Timestamp? { schedule.nextAt }
    var failures: Int { schedule.failures }
    func begin(at now: Timestamp) -> Bool { schedule.begin(at: now) }
    func end(_ end: PollSchedule.End, at now: Timestamp, jitter: Double) { schedule.end(end, at: now, jitter: jitter) }
}
