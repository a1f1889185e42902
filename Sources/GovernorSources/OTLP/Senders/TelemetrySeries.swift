import GovernorCore

/// Joins the data points of a request into records: what one series counted of input, output, cache and cost until one time
/// is one record, though each is a point, and cost a metric, of its own.
///
/// A point of delta temporality stands for its stretch of time alone and is known by it. A cumulative one restates everything
/// since its start: it is known by that start, so that it is one record that grows, whatever was exported in between, and is
/// dated by its last export.
///
/// A point sums many calls and counts as one; where a model's price depends on the size of a prompt and the sender names no
/// cost, that sum chooses the tier. Better sources go before this one.
struct TelemetrySeries {
    fileprivate struct Key: Hashable {
        var family: String
        var series: UInt64
        var session: String?
        var model: String?
        var temporality: TelemetryPoint.Temporality
        var time: UInt64
    }

    fileprivate struct Group {
        var metric: TokenMetric
        var who: TelemetryIdentity
        var provider: String?
        var start: UInt64
        var parts: [TokenMetric.Part: Int64] = [:]
        var cost: Money?
        /// So many points are in it.
        var points: Int64 = 0
    }

    private var groups: [Key: Group] = [:]
    private var order: [Key] = []

    /// So many records there will be at most.
    var count: Int { order.count }

    /// Takes a point in; most are of metrics that tell nothing of usage.
    /// - Throws: when it does and can't be read.
    mutating func add(
        _ point: TelemetryPoint, _ who: TelemetryIdentity, _ origin: TelemetryOrigin
    ) throws(LineProblem) {
        guard let metric = TokenMetric(point.metric, of: who.sender), let value = point.value else { return }
        let type = point.attributes.text(metric.typeKey)
        guard let part = metric.part(type) else {
            throw LineProblem("unknown \(metric.typeKey) \(type.map { "\"\($0.prefix(60))\"" } ?? "(none)")")
        }
        guard part != .contained else { return }
        guard let temporality = point.temporality else {
            throw LineProblem("aggregationTemporality must be 1 (delta) or 2 (cumulative)")
        }
        let amount = try Amount(part, value, metric)
        let model = metric.model(point.attributes)
        let key = Key(
            family: metric.family, series: Self.series(point, metric, origin), session: who.labels.session,
            model: model,
            temporality: temporality, time: point.time)
        if groups[key] == nil {
            order.append(key)
            let provider = metric == .genAI ? GenAIUsage.provider(point.attributes, model: model) : nil
            groups[key] = Group(metric: metric, who: who, provider: provider, start: point.start)
        }
        groups[key]?.add(amount, part, start: point.start)
    }

    /// Books every record.
    func book(into batch: inout TelemetryBatch) {
        for key in order {
            guard let group = groups[key] else { continue }
            do throws(LineProblem) {
                if let record = try group.record(key.identity(start: group.start), key.model, time: key.time) {
                    batch.add(record)
                }
            } catch { batch.reject(key.family, error, count: group.points) }
        }
    }

    /// All attributes but the type, of the point and of its resource, so that two series never share a record. A hash: who
    /// could make two collide could as well write what he likes into both.
    private static func series(_ point: TelemetryPoint, _ metric: TokenMetric, _ origin: TelemetryOrigin) -> UInt64 {
        var hash = StableHash()
        let own = point.attributes.entries.filter { $0.key != metric.typeKey }
        for entries in [own, origin.resource.entries] {
            for entry in entries.sorted(by: { $0.key < $1.key }) {
                hash.combine(entry.key)
                if case .flag(let flag) = entry.value { hash.combine("\(flag)") }
                hash.combine(entry.value.digits ?? "")
            }
            hash.combine("")
        }
        return hash.value
    }

    /// What one point adds.
    fileprivate enum Amount {
        case tokens(Int64)
        case cost(Money)

        init(_ part: TokenMetric.Part, _ value: TelemetryValue, _ metric: TokenMetric) throws(LineProblem) {
            guard part == .cost else {
                self = .tokens(try value.count("the value"))
                return
            }
            guard let cost = value.digits.flatMap({ Money(dollars: $0) }), cost >= .zero, cost <= .dollars(1_000_000)
            else {
                throw LineProblem("the value must be dollars from 0 to 1000000; got \(value.shown)")
            }
            self = .cost(cost)
        }
    }
}

extension TelemetrySeries.Group {
    /// A part that is there already came twice in one request, which counts once.
    fileprivate mutating func add(_ amount: TelemetrySeries.Amount, _ part: TokenMetric.Part, start: UInt64) {
        points += 1
        // Parts of a series begin a few milliseconds apart, each with its first token.
        if start > 0 { self.start = self.start == 0 ? start : min(self.start, start) }
        switch amount {
        case .tokens(let count): parts[part] = max(parts[part] ?? 0, count)
        case .cost(let cost): self.cost = max(self.cost ?? .zero, cost)
        }
    }

    /// - Returns: nil when it counts nothing, which series do between calls.
    fileprivate func record(
        _ identity: CallIdentity, _ model: String?, time: UInt64
    ) throws(LineProblem) -> UsageRecord? {
        let tokens = metric.tokens(parts)
        guard tokens.total > 0 || cost ?? .zero > .zero else { return nil }
        var record = try UsageRecord(
            identity, who, kind: .metrics, model: model, time: Timestamp(nanoseconds: max(time, start)), tokens: tokens)
        record.labels.provider = provider
        record.reportedCost = cost.flatMap { $0 > .zero ? $0 : nil }
        return record
    }
}

extension TelemetrySeries.Key {
    fileprivate func identity(start: UInt64) -> CallIdentity {
        let stretch = temporality == .delta ? "\(start)-\(time)" : "\(start)"
        let parts = [family, session ?? "", LineText.label(model) ?? "", String(series, radix: 16), stretch]
        return CallIdentity(key: "metrics/" + parts.joined(separator: "/"))
    }
}
