import GovernorCore
import Seeds

/// Records of a few workers with all that a policy can look at, sparse enough that long silences come too.
struct RandomTraffic {
    /// What arrives together.
    struct Arrival {
        var time: Timestamp
        var records: [UsageRecord]
    }

    var random: SeededGenerator
    private var count = 0

    init(_ random: SeededGenerator) { self.random = random }

    /// Everybody the records may be about, for questions about each.
    static let everybody: [Labels] = workers.flatMap { worker in
        models.map { model in
            var labels = Labels([.worker: worker, .model: model, .project: project(of: worker), .user: "ada"])
            labels.tags["squad"] = squad(of: worker)
            return labels
        }
    }

    private static let workers = ["w-1", "w-2", "w-3"]
    private static let models = ["claude-opus-5", "claude-haiku-4-5", "ollama/llama3", "gpt-99"]
    private static func project(of worker: String) -> String { worker == "w-3" ? "api" : "web" }
    private static func squad(of worker: String) -> String { worker == "w-1" ? "red" : "blue" }

    /// Some on whole minutes, where ticks are, most in between.
    mutating func arrivals(_ most: Int, from start: Timestamp, over span: Span) -> [Arrival] {
        var times = (0..<random.number(1..<most)).map { _ in
            let past = random.number(0...span.milliseconds)
            return start + Span(milliseconds: random.once(in: 3) ? past / 60_000 * 60_000 : past)
        }
        // Bursts, where streaks and rates come from.
        for time in times where random.once(in: 5) {
            times += (1...random.number(1..<6)).map { time + .seconds(Int64($0) * random.number(1...90)) }
        }
        return times.sorted().map { time in
            Arrival(time: time, records: (0..<random.number(1..<4)).map { _ in record(at: time) })
        }
    }

    mutating func record(at now: Timestamp) -> UsageRecord {
        count += 1
        let worker = random.pick(Self.workers)
        var labels = Labels([.worker: worker, .model: random.pick(Self.models), .project: Self.project(of: worker)])
        labels.user = "ada"
        labels.source = random.pick(["push", "coordinator"])
        labels.tags["squad"] = Self.squad(of: worker)
        if random.once(in: 10) { labels.worker = nil }
        // Mostly now, some late, some by a clock that runs ahead.
        let lag = random.once(in: 6) ? random.number(-400...5000) : 0
        let isError = random.once(in: 3)
        return UsageRecord(
            identity: CallIdentity(key: "push/\(count)"), growth: .larger, time: now - .seconds(lag), labels: labels,
            tokens: TokenCounts(input: random.number(0...400_000), output: random.number(0...40_000)),
            reportedCost: random.once(in: 2) ? Money(nanodollars: random.number(0...4_000_000_000)) : nil,
            outcome: isError ? .error : .success, errorKind: isError ? "rate_limit" : nil)
    }
}
