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

    /// One policy item that holds work back.
    package struct Reason: Hashable, Sendable {
        /// How much of a budget is gone.
        package struct Share: Hashable, Sendable {
            package var spent: Int64
            package var held: Int64
            package var limit: Limit

            package var ratio: Ratio { Ratio(of: spent, in: limit.value) }
        }

        /// The budget's or rule's name, or that of the operator who paused.
        package var item: String
        package var isOperator = false
        package var per: [LabelKey]
        package var split: Split
        package var kind: Kind
        /// Of a budget; nil for a rule.
        package var share: Share?
        package var resumesAt: Timestamp?
        package var text: String
    }

    package var kind: Kind
    /// With `pause`: running work must end too.
    package var stop = false
    package var delay: Span?
    package var maxWorkers: Int64?
    /// The model to use instead of the one that was asked for.
    package var model: String?
    package var reasons: [Reason] = []
    /// What it would be if nothing were in observe mode; nil when that is the same.
    package var would: Kind?
    /// Why it would be so: of items that only observe.
    package var wouldReasons: [Reason] = []
    /// The least over all matching dollar budgets, holds counted; nil when there is none.
    package var remaining: Money?
    /// When all that holds work back is over; nil when nothing does or nobody can say.
    package var resumeAt: Timestamp?
    /// When to ask again, where nothing but holds is in the way: they may end at any moment.
    package var askAgainAfter: Span?
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

/// What a decision has to mention that no account knows.
package struct Mentions: Sendable {
    /// Sources that have gone silent or can't be read.
    package var stale: [String]
    /// What calls are booked at; nil where nobody asks whether the model has a price.
    package var prices: PriceBook?

    package init(stale: [String] = [], prices: PriceBook? = nil) {
        self.stale = stale
        self.prices = prices
    }
}

/// What is asked: whether work may start, or go on.
package struct Asking: Hashable, Sendable {
    /// What it is about to spend; work that would not fit under a pausing limit is refused before it starts.
    package var estimate: Amount?
    /// Whether it runs already: then it was admitted, and only what has been spent counts, not what is held.
    package var isRunning: Bool

    package init(estimate: Amount? = nil, isRunning: Bool = false) {
        self.estimate = estimate
        self.isRunning = isRunning
    }

    /// - Parameter estimate: dollars.
    package init(estimate: Money?) {
        self.init(estimate: estimate.map { Amount(cost: $0, tokens: 0, calls: 0) })
    }

    package static let running = Asking(isRunning: true)
}

extension Book {
    /// What the labelled work may do at `now`, by dollars it is about to spend.
    package func decide(
        _ labels: Labels, estimate: Money? = nil, mentioning mentions: Mentions = Mentions(), now: Timestamp
    ) -> Decision {
        decide(labels, Asking(estimate: estimate), mentioning: mentions, now: now)
    }

    /// What the labelled work may do at `now`; reads memory only and changes nothing.
    ///
    /// - Parameter planned: what a plan changes, for deciding in the middle of one.
    package func decide(
        _ labels: Labels, _ asking: Asking, over planned: Planned = Planned(),
        mentioning mentions: Mentions = Mentions(), now: Timestamp
    ) -> Decision {
        var verdict = Verdict(labels: labels, decision: Decision(kind: .allow, asOf: now, revision: policy.revision))
        verdict.decision.stale = mentions.stale
        for place in metering.concerning(labels) where place < policy.budgets.count {
            decide(byBudget: place, asking, over: planned, now: now, &verdict)
        }
        for place in rules.indices where !rules[place].isEmpty && policy.rules[place].actions.governs {
            decide(byRule: place, now: now, &verdict)
        }
        for pause in admission.pauses.values.sorted(by: { $0.id < $1.id }) where pause.holds(at: now) {
            verdict.take(pause, in: policy.zone, observed: policy.mode == .observe)
        }
        if let caveat = mentions.prices?.caveat(for: labels.model, provider: labels.provider, at: now) {
            verdict.decision.caveats.append(caveat)
        }
        return verdict.finish()
    }

    // Budgets are looked at where they lie: a copy of each would cost more than the decision.
    private func decide(
        byBudget place: Int, _ asking: Asking, over planned: Planned, now: Timestamp,
        _ verdict: inout Verdict
    ) {
        guard isOpen(place, at: now) else { return }
        let split: Split
        switch verdict.pot(matcher: policy.budgets[place].matcher, per: policy.budgets[place].per) {
        case .other: return
        case .unknown(let why): return verdict.decision.caveats.append("\(policy.budgets[place].name) \(why)")
        case .of(let found): split = found
        }
        let standing = standing(of: AccountKey(meter: place, split: split), asking, over: planned, now: now)
        if standing.limit.unit == .usd {
            let left = Money(nanodollars: max(0, standing.remaining))
            verdict.decision.remaining = min(verdict.decision.remaining ?? left, left)
        }
        guard standing.holdsBack else { return }
        let budget = policy.budgets[place]
        verdict.take(standing, observed: budget.mode == .observe || policy.mode == .observe, name: budget.name) {
            standing.reason(budget, split, kind: $0)
        }
    }

    private func decide(byRule place: Int, now: Timestamp, _ verdict: inout Verdict) {
        let rule = policy.rules[place]
        let asked = rule.asked
        let mine: Split
        switch verdict.pot(matcher: asked.matcher, per: asked.per) {
        case .other: return
        case .unknown(let why): return verdict.decision.caveats.append("\(rule.name) \(why)")
        case .of(let found): mine = found
        }
        guard rule.isOfSources else {
            if let state = rules[place][mine] { decide(rule, mine, state, now: now, &verdict) }
            return
        }
        for (split, state) in rules[place].sorted(by: { $0.key.raw < $1.key.raw }) where rule.asks(mine, of: split) {
            decide(rule, split, state, now: now, &verdict)
        }
    }

    private func decide(_ rule: Rule, _ split: Split, _ state: RuleState, now: Timestamp, _ verdict: inout Verdict) {
        guard let alert = state.alert else { return }
        let standing = Standing(of: rule, alert, heldAt: state.heldAt, now: now)
        guard standing.holdsBack else { return }
        verdict.take(standing, observed: rule.mode == .observe || policy.mode == .observe, name: rule.name) {
            standing.reason(rule, alert, kind: $0)
        }
    }
}

extension Book {
    /// Rules that hold somebody back at `now` and are not only observing, each with its alert and the reason.
    package func pausingRules(now: Timestamp) -> [(alert: Alert, reason: Decision.Reason)] {
        policy.rules.enumerated().flatMap { place, rule -> [(alert: Alert, reason: Decision.Reason)] in
            guard rule.actions.blocks, rule.mode == .enforce, policy.mode == .enforce else { return [] }
            return rules[place].sorted { $0.key.raw < $1.key.raw }.compactMap { _, state in
                guard let alert = state.alert else { return nil }
                let standing = Standing(of: rule, alert, heldAt: state.heldAt, now: now)
                return standing.isPaused ? (alert, standing.reason(rule, alert, kind: .pause)) : nil
            }
        }
    }
}

extension Rule {
    /// Whether it is judged by sources. A request names none: what the rule says of one is for everybody.
    var isOfSources: Bool { per.contains(.label(.source)) }

    /// What of the rule a request is held against.
    var asked: (matcher: Matcher, per: [LabelKey]) {
        guard isOfSources else { return (matcher, per) }
        let terms = matcher.terms.filter { $0.key != .label(.source) }
        return (Matcher(terms: terms), per.filter { $0 != .label(.source) })
    }

    /// Whether a split of the rule is that of a request, sources aside.
    func asks(_ request: Split, of split: Split) -> Bool {
        let values = split.labels(per: per).filter { $0.key != .label(.source) }.map(\.value)
        return Split(values: values) == request
    }
}

/// A decision as it is put together, one policy item after the other.
private struct Verdict {
    let labels: Labels
    var decision: Decision
    private var would = Decision.Kind.allow
    private var mayResume = true
    private var isByHoldsAlone = true

    init(labels: Labels, decision: Decision) {
        self.labels = labels
        self.decision = decision
    }

    /// Whose pot a request draws on.
    enum Pot {
        case of(Split)
        /// The item is not about it.
        case other
        /// It can't be known whether it is, for want of a label; why, for a caveat that names the item.
        case unknown(String)
    }

    // Without the item's name, which hardly any needs: a closure that fetches it copies the whole book.
    func pot(matcher: Matcher, per: [LabelKey]) -> Pot {
        switch matcher.outcome(for: labels) {
        case .differs: return .other
        case .lacks(let key): return .unknown("matches on \(key.text), which the request does not name")
        case .matches: break
        }
        if let split = Split(of: labels, per: per) { return .of(split) }
        let missing = per.filter { labels[$0] == nil }.map(\.text).joined(separator: " and ")
        return .unknown("is per \(missing), which the request does not name")
    }

    /// The strictest wins; what only observes is noted apart.
    mutating func take(
        _ standing: Standing, observed: Bool, name: String, reason: (Decision.Kind) -> Decision.Reason
    ) {
        let model = instead(standing, name: name)
        var kind = Decision.Kind.allow
        if standing.throttle != nil || model != nil { kind = .throttle }
        if standing.isPaused { kind = .pause }
        guard kind != .allow else { return }
        let reason = reason(kind)
        would = max(would, kind)
        guard !observed else {
            decision.wouldReasons.append(reason)
            return
        }
        decision.kind = max(decision.kind, kind)
        decision.stop = decision.stop || standing.stop
        let throttle = Throttle(maxWorkers: decision.maxWorkers, delay: decision.delay).joined(with: standing.throttle)
        (decision.maxWorkers, decision.delay) = (throttle.maxWorkers, throttle.delay)
        decision.model = decision.model ?? model
        if kind == .pause {
            // What only holds stand in the way of is nothing to wait for until then.
            isByHoldsAlone = isByHoldsAlone && standing.isFullByHolds
            mayResume = mayResume && (standing.isFullByHolds || reason.resumesAt != nil)
            decision.resumeAt = [decision.resumeAt, reason.resumesAt].compactMap { $0 }.max()
        }
        decision.reasons.append(reason)
    }

    /// An operator's own pause. Where everything only observes, it observes too.
    mutating func take(_ pause: OperatorPause, in zone: Zone, observed: Bool) {
        switch pot(matcher: pause.matcher, per: []) {
        case .other: return
        case .unknown(let why): decision.caveats.append("the pause by \(pause.by) \(why)")
        case .of:
            take(Standing(of: pause), observed: observed, name: pause.by) { _ in pause.decisionReason(in: zone) }
        }
    }

    /// The model to use instead: of several maps the first, in the order of the policy, that says something of it.
    private mutating func instead(_ standing: Standing, name: String) -> String? {
        guard !standing.downgrades.isEmpty else { return nil }
        guard let model = labels.model else {
            decision.caveats.append("\(name) names a cheaper model for some, and the request names none")
            return nil
        }
        return standing.downgrades.lazy.compactMap { $0.model(insteadOf: model) }.first
    }

    private static let holdsMayEndAfter = Span.seconds(5)

    consuming func finish() -> Decision {
        // The strictest first; items in the order of the policy.
        decision.reasons =
            decision.reasons.filter { $0.kind == .pause } + decision.reasons.filter { $0.kind != .pause }
        if !mayResume { decision.resumeAt = nil }
        if decision.kind == .pause, isByHoldsAlone {
            decision.resumeAt = nil
            decision.askAgainAfter = Self.holdsMayEndAfter
        }
        if would != decision.kind { decision.would = would }
        return decision
    }
}
