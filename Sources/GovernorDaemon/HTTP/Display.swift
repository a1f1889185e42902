import GovernorAPI
import GovernorCore
import GovernorLedger
import NIOCore
import Synchronization

/// What small displays poll, and its history.
struct Display: Sendable {
    let governor: Governor
    let forecaster: Forecaster

    private static let day = Span.hours(24)

    /// `GET /metrics/claude`, with a tag that stays while nothing but the time changes.
    /// - Parameter hours: how far back, 0.01 to 8,784; 24 when it is not given.
    func activity(hours: String?) throws -> ([UInt8], String) {
        let window = try Self.window(hours)
        let now = governor.clock()
        let members = try members(window: window, now: now)
        let tagged = members.filter { $0.key != "timestamp" }
        return (Self.text(members), Self.tag(Self.text(tagged)))
    }

    /// `GET /feed`.
    func feed() throws -> ([UInt8], String) {
        let now = governor.clock()
        var body = try feedBody(now: now)
        let bytes = body.body
        body.at = Timestamp(milliseconds: 0)
        return (bytes, Self.tag(body.body))
    }

    /// `POST /metrics/claude`: keeps what a display was sent elsewhere, for as long as Governor has nothing of its own.
    func push(_ body: ByteBuffer) async throws -> [UInt8] {
        let value: JSON
        do { value = try JSONReader.read(body.readableBytesView) } catch {
            throw ControlError(.badRequest, "this is no JSON: \(error.message) at byte \(error.offset + 1)")
        }
        guard value.members != nil, body.readableBytes <= 65_536 else {
            throw ControlError(.badRequest, "a snapshot is one object of at most 65536 bytes")
        }
        var json = JSONWriter()
        json.value(value)
        let snapshot = DisplaySnapshot(at: governor.clock(), body: json.text, isPushed: true)
        try await governor.submit(.snapshot(snapshot))
        var reply = JSONWriter()
        reply.object { $0.field("status", "ok") }
        return reply.bytes
    }

    /// The picture of now, for the history.
    func snapshot(now: Timestamp) throws -> DisplaySnapshot {
        let members = try members(window: Self.day, now: now)
        return DisplaySnapshot(at: now, body: String(decoding: Self.text(members), as: UTF8.self), isPushed: false)
    }

    /// `GET /metrics/claude/history`: the newest `points`, oldest first, as a list of bodies or as columns.
    func history(points: String?, format: String?) throws -> [UInt8] {
        guard let count = points.map({ Int($0) }) ?? 288, (1...288).contains(count) else {
            throw ControlError(.badRequest, "points must be a whole number from 1 to 288", field: "points")
        }
        guard format == nil || format == "objects" || format == "columns" else {
            throw ControlError(.badRequest, "format must be objects or columns", field: "format")
        }
        let all = try governor.ledger.snapshots()
        let now = try snapshot(now: governor.clock())
        // The step that is still running is taken as it stands; those that ended are the ledger's.
        let own = all.filter { !$0.isPushed && Self.step(of: $0.at) < Self.step(of: now.at) } + [now]
        let hasOwnRecords = governor.read { $0.book.accounts.contains { !$0.isEmpty } } || own.count > 1
        let kept = Self.thinned((hasOwnRecords ? own : all + [now]).suffix(288), to: count)
        let bodies = kept.map { snapshot in (try? JSONReader.read(snapshot.body.utf8)) ?? .object([]) }
        var json = JSONWriter()
        json.object { json in
            json.field("step_s", 300)
            json.field("points", Int64(kept.count))
            if format == "columns" {
                json.field("t", array: kept) { $0.value($1.at.milliseconds / 1000) }
                for name in ["total_cost_usd", "burn_rate_per_hour", "total_tokens", "session_count"] {
                    json.field(name, array: bodies) { $0.value($1[name] ?? .null) }
                }
            } else {
                json.field("history", array: bodies) { $0.value($1) }
            }
        }
        return json.bytes
    }

    /// Evenly fewer, the newest always among them.
    private static func thinned(_ snapshots: ArraySlice<DisplaySnapshot>, to count: Int) -> [DisplaySnapshot] {
        guard snapshots.count > count else { return Array(snapshots) }
        let snapshots = Array(snapshots)
        return (0..<count).map { snapshots[snapshots.count - 1 - (count - 1 - $0) * snapshots.count / count] }
    }

    private func members(window: Span, now: Timestamp) throws -> [JSON.Member] {
        let activity = try governor.ledger.activity(since: now - window)
        let body = ActivityBody(
            at: now, window: window, sums: activity.sums, sessions: activity.sessions,
            activeSession: activity.lastSession,
            lastActivity: activity.lastTime)
        guard activity.lastTime == nil, let pushed = try governor.ledger.snapshots().last(where: \.isPushed),
            let members = try? JSONReader.read(pushed.body.utf8).members
        else { return body.members }
        return body.members(replacedBy: members)
    }

    private func feedBody(now: Timestamp) throws -> FeedBody {
        forecaster.refresh(ifOlderThan: .seconds(5))
        let (zone, forecast, book) = governor.read { ($0.book.policy.zone, $0.forecast, $0.book) }
        let month = Window.CalendarUnit.month.interval(containing: now, in: zone)
        let today = Window.CalendarUnit.day.interval(containing: now, in: zone)
        let spend = try governor.ledger.spend(since: month.start)
        let accounts = governor.accounts(StatusQuery(), now: now)
        return FeedBody(
            at: now, today: spend.reduce(.zero) { $1.time >= today.start ? $0 + $1.cost : $0 },
            month: spend.reduce(.zero) { $0 + $1.cost },
            burn: try governor.ledger.activity(since: now - .hours(1)).sums.cost, forecast: forecast?.forecast,
            accounts: accounts, paused: governor.paused(among: accounts, now: now), alerts: Int64(book.firing.count),
            unpriced: try governor.ledger.sums(since: today.start, until: today.end).reduce(0) { $0 + $1.sums.unpriced }
        )
    }

    /// The number of the 5-minute step an instant is in.
    static func step(of time: Timestamp) -> Int64 { time.milliseconds / TickLoop.snapshotStep.milliseconds }

    private static func window(_ hours: String?) throws -> Span {
        guard let hours else { return day }
        guard let thousandths = DecimalText.scaled(hours.utf8, places: 3), (10...8_784_000).contains(thousandths) else {
            throw ControlError(
                .badRequest, "hours must be a number from 0.01 to 8784; got \"\(hours.prefix(20))\"", field: "hours")
        }
        return Span(milliseconds: thousandths * 3600)
    }

    private static func text(_ members: [JSON.Member]) -> [UInt8] {
        var json = JSONWriter()
        json.value(.object(members))
        return json.bytes
    }

    private static func tag(_ body: [UInt8]) -> String {
        "\"\(StableHash.hex(String(decoding: body, as: UTF8.self)))\""
    }
}
