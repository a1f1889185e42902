/// What a coordinator may do.
package struct Decision: Hashable, Sendable {
    /// From mild to strict.
    package enum Kind: String, Comparable, Sendable {
        case allow, throttle, pause

        private var strictness: Int {
            switch self {
            case .allow: 0
            case .throttle: 1
            case .pause: 2
            }
        }

        package static func < (left: Kind, right: Kind) -> Bool { left.strictness < right.strictness }
    }

    /// One budget that holds work back.
    package struct Reason: Hashable, Sendable {
        package var budget: String
        package var per: [LabelKey]
        package var split: Split
        package var kind: Kind
        package var spent: Int64
        package var held: Int64
        package var limit: Limit
        package var resumesAt: Timestamp?
        package var text: String

        package var ratio: Ratio { Ratio(of: spent, in: limit.value) }
    }

    package var kind: Kind
    /// With `pause`: running work must end too.
    package var stop = false
    package var delay: Span?
    package var maxWorkers: Int64?
    package var reasons: [Reason] = []
    /// What it would be if nothing were in observe mode; nil when that is the same.
    package var would: Kind?
    /// The least over all matching dollar budgets, holds counted; nil when there is none.
    package var remaining: Money?
    /// When all that holds work back is over; nil when nothing does or nobody can say.
    package var resumeAt: Timestamp?
    package var asOf: Timestamp
    /// Sources that have gone silent or can't be read.
    package var stale: [String] = []
    /// Why the answer may be less than the whole truth.
    package var caveats: [String] = []
    package var revision: String

    package init(kind: Kind, asOf: Timestamp, revision: String) {
        self.kind = kind
        self.asOf = asOf
        self.revision = revision
    }
}

extension Book {
    /// What the labelled work may do at `now`; reads memory only and changes nothing.
    ///
    /// - Parameters:
    ///   - estimate: dollars it is about to spend; work that would not fit under a pausing limit is refused before it
    ///     starts.
    ///   - stale: sources whose silence the decision must mention.
    package func decide(_ labels: Labels, estimate: Money? = nil, stale: [String] = [], now: Timestamp) -> Decision {
        var decision = Decision(kind: .allow, asOf: now, revision: policy.revision)
        decision.stale = stale
        var would = Decision.Kind.allow
        var mayResume = true
        // Budgets are looked at where they lie: a copy of each would cost more than the decision.
        for index in policy.budgets.indices {
            switch policy.budgets[index].matcher.outcome(for: labels) {
            case .differs: continue
            case .lacks(let key):
                let name = policy.budgets[index].name
                decision.caveats.append("\(name) matches on \(key.text), which the request does not name")
                continue
            case .matches: break
            }
            guard let split = policy.budgets[index].split(of: labels) else {
                decision.caveats.append(policy.budgets[index].caveat(without: labels))
                continue
            }
            let standing = standing(of: AccountKey(budget: index, split: split), estimate: estimate, now: now)
            if standing.limit.unit == .usd {
                let left = Money(nanodollars: max(0, standing.remaining))
                decision.remaining = min(decision.remaining ?? left, left)
            }
            guard standing.holdsBack else { continue }
            let budget = policy.budgets[index]
            guard let reason = standing.reason(budget, split) else { continue }
            would = max(would, reason.kind)
            if budget.mode == .observe || policy.mode == .observe { continue }
            decision.kind = max(decision.kind, reason.kind)
            decision.stop = decision.stop || standing.stop
            let throttle = Throttle(maxWorkers: decision.maxWorkers, delay: decision.delay)
                .joined(with: standing.throttle)
            (decision.maxWorkers, decision.delay) = (throttle.maxWorkers, throttle.delay)
            if reason.kind == .pause {
                mayResume = mayResume && reason.resumesAt != nil
                decision.resumeAt = [decision.resumeAt, reason.resumesAt].compactMap { $0 }.max()
            }
            decision.reasons.append(reason)
        }
        // The strictest first; budgets in the order of the policy.
        decision.reasons = decision.reasons.filter { $0.kind == .pause } + decision.reasons.filter { $0.kind != .pause }
        if !mayResume { decision.resumeAt = nil }
        if would != decision.kind { decision.would = would }
        return decision
    }

    /// Where one account stands at `now`.
    package func standing(of key: AccountKey, estimate: Money? = nil, now: Timestamp) -> Standing {
        let limit = policy.budgets[key.budget].limit
        let account = account(key) ?? Account()
        let spent = limit.measure(account.spent(at: now, window: policy.budgets[key.budget].window))
        let held = limit.measure(account.held)
        var standing = Standing(spent: spent, held: held, limit: limit, window: window(of: key.budget, at: now))
        let taken = spent.saturatingAdding(held)
        if let first = policy.budgets[key.budget].thresholds.first, estimate == nil,
            !first.ratio.isReached(by: taken, of: limit.value), account.crossings.isEmpty
        {
            // Most accounts are below their first threshold, and nothing below it can hold work back.
            standing.next = first.ratio
            return standing
        }
        let budget = policy.budgets[key.budget]
        let wanted = limit.unit == .usd ? estimate.map { taken.saturatingAdding($0.nanodollars) } : nil
        for threshold in budget.thresholds(for: key.split) {
            let isReached = threshold.ratio.isReached(by: spent, of: budget.limit.value)
            if isReached {
                standing.reached = threshold.ratio
            } else {
                standing.next = standing.next ?? threshold.ratio
            }
            if isReached, let throttle = threshold.throttle {
                standing.throttle = throttle.joined(with: standing.throttle)
            }
            if isReached, threshold.stop {
                standing.block(until: budget.resetsAt(standing.window), stop: true)
            }
            switch threshold.pause {
            case nil where !threshold.stop: break
            // What stops running work starts no new work beyond it either.
            case nil, .untilReset:
                let isFull = threshold.ratio.isReached(by: taken, of: budget.limit.value)
                let tooMuch = wanted.map { threshold.ratio.isPassed(by: $0, of: budget.limit.value) } ?? false
                if isFull || tooMuch {
                    if !isFull, !standing.isPaused { standing.lacksRoomFor = estimate }
                    standing.block(until: budget.resetsAt(standing.window))
                }
            case .lasting(let span):
                // Also one that was resolved meanwhile: it had its pause, and the same crossing has no second one.
                let start = slot(of: key.budget, containing: now).start
                let crossing = account.crossing(
                    of: threshold.ratio, limitRevision: limitRevisions[key.budget], from: start, window: budget.window)
                if let end = crossing.map({ account.crossings[$0].alert.firedAt + span }) {
                    if end > now { standing.block(until: end) }
                } else if isReached {
                    // The spend is there before its alert: at start, while history is still being read.
                    standing.block(until: now + span)
                }
            }
        }
        return standing
    }
}

/// Where one account stands: what `check`, `status` and the feed show of it.
package struct Standing: Hashable, Sendable {
    package var spent: Int64
    package var held: Int64
    package var limit: Limit
    package var window: Interval
    /// The highest threshold reached, and the lowest one that is not.
    package var reached: Ratio?
    package var next: Ratio?
    package var throttle: Throttle?
    package private(set) var isPaused = false
    package private(set) var stop = false
    package private(set) var until: Timestamp?
    package var lacksRoomFor: Money?

    init(spent: Int64, held: Int64, limit: Limit, window: Interval) {
        self.spent = spent
        self.held = held
        self.limit = limit
        self.window = window
    }

    /// What is left under the limit; negative when it was overrun.
    package var remaining: Int64 { limit.value.saturatingAdding(-max(0, spent.saturatingAdding(held))) }
    package var ratio: Ratio { Ratio(of: spent, in: limit.value) }

    package enum State: String, Sendable { case ok, warn, throttle, pause, stop }

    package var state: State {
        if stop { return .stop }
        if isPaused { return .pause }
        if throttle != nil { return .throttle }
        return reached == nil ? .ok : .warn
    }

    /// Whether there is a reason to give.
    package var holdsBack: Bool { isPaused || throttle != nil }

    /// The later of two ends wins; one without an end wins over all.
    mutating func block(until end: Timestamp?, stop: Bool = false) {
        if !isPaused {
            until = end
        } else if let current = until, let end {
            until = max(current, end)
        } else {
            until = nil
        }
        isPaused = true
        self.stop = self.stop || stop
    }

    /// Why work is held back, if it is.
    package func reason(_ budget: Budget, _ split: Split) -> Decision.Reason? {
        guard holdsBack else { return nil }
        let who = split.who(per: budget.per)
        let facts =
            "\(budget.name): \(who) has spent \(limit.text(spent)) of \(limit.text) \(ActionText.period(budget.window))"
        let text =
            if let lacksRoomFor {
                "\(facts), so \(lacksRoomFor.dollarText) more does not fit\(goesOn(budget))"
            } else if isPaused {
                stop ? "\(facts); running work must stop\(goesOn(budget))" : "\(facts)\(goesOn(budget))"
            } else {
                "\(facts); throttled\(throttle.map(ActionText.throttle) ?? "")"
            }
        return Decision.Reason(
            budget: budget.name, per: budget.per, split: split, kind: isPaused ? .pause : .throttle, spent: spent,
            held: held, limit: limit, resumesAt: isPaused ? until : nil, text: text)
    }

    private func goesOn(_ budget: Budget) -> String {
        guard let until else { return "" }
        let it = budget.per.isEmpty ? "work" : "it"
        let when =
            until == window.end ? ActionText.end(of: budget, window) : "at \(ActionText.clock(until, in: budget.zone))"
        return when.map { "; \(it) may go on \($0)" } ?? ""
    }
}

extension Budget {
    /// When a window's spend starts anew; nil for rolling and lifetime ones.
    package func resetsAt(_ window: Interval) -> Timestamp? {
        if case .calendar = self.window { window.end } else { nil }
    }
}

extension Throttle {
    /// Both at once: the fewer workers and the longer delay.
    func joined(with other: Throttle?) -> Throttle {
        Throttle(
            maxWorkers: [maxWorkers, other?.maxWorkers].compactMap { $0 }.min(),
            delay: [delay, other?.delay].compactMap { $0 }.max())
    }
}

extension Ratio {
    /// Whether `part` is strictly beyond this share of `whole`.
    func isPassed(by part: Int64, of whole: Int64) -> Bool {
        Int128(part) * 1_000_000 > Int128(whole) * Int128(partsPerMillion)
    }
}
