/// One kind of rule: data with a pure evaluation, and the examples that are its documentation and its tests.
package protocol RuleKind: Hashable, Sendable {
    /// Its word after `when:`.
    static var keyword: String { get }
    /// What it is for, in a sentence or two.
    static var summary: String { get }
    /// Policies with what happens under them, some that fire and some that don't.
    static var examples: [RuleExample] { get }

    /// What it needs summed; the first is the one whose splits it judges.
    func meters(of rule: Rule) -> [Meter]

    /// Which split is judged when an account of one of its meters changed.
    func judged(_ split: Split) -> Split

    /// Whether time alone, without a new record, may make it fire; such rules are judged every minute.
    var firesWithTime: Bool { get }

    /// Whether it is judged with every record; a rule that has to look at everything is judged every minute only.
    var firesWithRecords: Bool { get }

    /// What the accounts say of one split at `now`.
    func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding
}

extension RuleKind {
    package func judged(_ split: Split) -> Split { split }
    package var firesWithTime: Bool { false }
    package var firesWithRecords: Bool { true }
}

/// What a rule found out about one split.
package struct Finding: Hashable, Sendable {
    /// Whether the condition holds.
    package var holds: Bool
    /// When it was seen to hold last; a pause of a rule lasts from here. `now` for conditions that are a state, the time
    /// of the call for those that are an event.
    package var asOf: Timestamp
    /// What was found, for people, without the rule's name: `w-1 spends $14.20 an hour over 15m, above $12.00`.
    package var text: String
    /// The number that was found and the line it is held against, both in the unit of `limit`; nil where there is none.
    package var value: Int64?
    package var limit: Limit?

    package init(holds: Bool, asOf: Timestamp, text: String = "", value: Int64? = nil, limit: Limit? = nil) {
        self.holds = holds
        self.asOf = asOf
        self.text = text
        self.value = value
        self.limit = limit
    }

    /// The condition doesn't hold.
    package static func no(_ now: Timestamp) -> Finding { Finding(holds: false, asOf: now) }
}

/// What a rule may look at: the accounts of its meters, and the limits of budgets.
package struct RuleView {
    package let rule: Rule
    /// Its meters, in the order of `RuleKind.meters(of:)`.
    package let meters: [Meter]
    private let account: (Int, Split) -> Account?
    private let splits: (Int) -> [Split]
    /// The limit in force and the current window of a budget, by name.
    package let budget: (String) -> (limit: Limit, window: Interval)?

    /// - Parameters:
    ///   - account: of the rule's nth meter.
    ///   - splits: of the rule's nth meter, in order.
    package init(
        rule: Rule, meters: [Meter], account: @escaping (Int, Split) -> Account?, splits: @escaping (Int) -> [Split],
        budget: @escaping (String) -> (limit: Limit, window: Interval)?
    ) {
        self.rule = rule
        self.meters = meters
        self.account = account
        self.splits = splits
        self.budget = budget
    }

    /// The account of one of its meters.
    package func account(_ meter: Int = 0, _ split: Split) -> Account? { account(meter, split) }

    /// The splits of one of its meters that have an account, in order.
    package func splits(_ meter: Int = 0) -> [Split] { splits(meter) }

    /// What counts of a meter with a window at `now`.
    package func spent(_ meter: Int = 0, _ split: Split, at now: Timestamp) -> Amount {
        guard case .window(let window) = meters[meter].slots else { return .zero }
        return account(meter, split)?.spent(at: now, window: window) ?? .zero
    }

    /// Whose it is, for texts: `w-1`, `the fleet`.
    package func who(_ split: Split) -> String { split.who(per: rule.per) }
}

/// A policy, what happens under it, and what is expected: both documentation and test.
package struct RuleExample: Sendable {
    /// What it shows: `fires when a worker spends fast for five minutes`.
    package var title: String
    /// A policy file.
    package var policy: String
    /// A policy test without its `policy:` line, as `governor policy test` reads it.
    package var test: String
    package var fires: Bool

    package init(_ title: String, fires: Bool, policy: String, test: String) {
        self.title = title
        self.fires = fires
        self.policy = policy
        self.test = test
    }
}

extension Meter {
    /// One of a rule's own, of the records the rule is about: `rule hot-worker`, `rule burn-month 5%/short`.
    /// - Parameters:
    ///   - purpose: tells it from the rule's other meters.
    ///   - per: what it is split by where that is not what the rule is judged by.
    init(of rule: Rule, _ purpose: String? = nil, per: [LabelKey]? = nil, value: Value = .spend, slots: Slots) {
        self.init(
            name: "rule \(rule.name)" + (purpose.map { " \($0)" } ?? ""), per: per ?? rule.per, matcher: rule.matcher,
            schedule: rule.schedule, zone: rule.zone, value: value, slots: slots)
    }
}
