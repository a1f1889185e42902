import GRDB
import Synchronization
package import GovernorCore

extension Ledger {
    /// The book of a policy as the ledger knows it at `now`: at start, at every reload and when the clock was set back,
    /// the same way.
    ///
    /// A meter whose definition is unchanged takes its stored accounts; a new one is summed from the ledger, so that no
    /// spend is forgotten. A changed limit (or definition) counts its revision up, which arms its thresholds again. What
    /// fires though nothing in the policy stands behind it any more is handed over loose, for the planner to end.
    package func book(for policy: Policy, now: Timestamp) throws(LedgerError) -> Book {
        let metering = Metering(policy)
        let (book, stored) = try write("loading the accounts") { database in
            let horizon = now - Book.lateness
            let budgets = try BudgetRows.adopt(policy, metering, now: now, database)
            let rules = try RuleRows.adopt(policy, database)
            var stored = try MeterRows.adopt(metering, horizon: horizon, database)
            try MeterRows.forget(metering, &stored, now: now, database)
            try AlertRows.revive(now: now, database)
            var loading = BookLoading(policy, metering, now: now)
            try loading.readAccounts(stored, horizon: horizon, database)
            try loading.readAlerts(sameRules: rules, horizon: horizon, database)
            try loading.readTimers(sameBudgets: budgets.map(\.isSame), sameRules: rules, database)
            loading.makeRules()
            let book = Book(
                policy: policy, limits: budgets.map(\.limit), accounts: loading.accounts, rules: loading.rules,
                loose: loading.loose, outbox: try NotificationRows.pending(database),
                messaging: Messaging(
                    log: try TellingRows.log(since: now - policy.longestGroupInterval, database),
                    silences: try SilenceRows.live(now: now, database),
                    disabled: try DisabledRows.adopt(policy.revision, database)),
                admission: try ReservationRows.admission(now: now, database), watch: try EventRows.watch(database),
                now: now)
            return (book, stored)
        }
        meters.withLock { $0 = MeterCache(stored: stored, forgottenAt: now) }
        return book
    }
}

/// The parts of a book while they are read.
private struct BookLoading {
    let policy: Policy
    let metering: Metering
    let now: Timestamp
    var accounts: [[Split: Account]]
    var rules: [[Split: RuleState]]
    var loose: [Alert] = []
    private var ruleAlerts: [RuleKey: Alert] = [:]
    private var ruleTimers: [RuleKey: [String: Timestamp]] = [:]

    init(_ policy: Policy, _ metering: Metering, now: Timestamp) {
        self.policy = policy
        self.metering = metering
        self.now = now
        accounts = metering.meters.map { _ in [:] }
        rules = policy.rules.map { _ in [:] }
    }

    mutating func readAccounts(_ stored: [String: StoredMeter], horizon: Timestamp, _ database: Database) throws {
        for place in accounts.indices {
            let original = metering.originals[place]
            if original != place {
                accounts[place] = accounts[original]
            } else if let row = stored[metering.definitions[place]] {
                accounts[place] = try AccountRows.live(metering.meters[place], id: row.id, horizon: horizon, database)
            }
        }
        let others = accounts.indices.filter { !metering.meters[$0].isStored }
        let newest = try NewestCalls.read(others, metering, now: now, database)
        for (place, found) in zip(others, newest) { accounts[place] = found }
    }

    mutating func readAlerts(sameRules: [Bool], horizon: Timestamp, _ database: Database) throws {
        let budgets = Dictionary(policy.budgets.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let rules = Dictionary(policy.rules.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let rollingSince = policy.budgets.compactMap { budget -> Timestamp? in
            guard case .rolling = budget.window else { return nil }
            return budget.window.slot(containing: horizon, in: budget.zone).start
        }.min()
        let alerts = try AlertRows.live(
            horizon: horizon, rollingSince: rollingSince ?? .distantFuture,
            firedSince: now - policy.longestPause, resolvedSince: now - policy.longestResumption, database)
        for alert in alerts {
            let isFiring = alert.state == .firing
            switch alert.kind {
            case .threshold, .forecast:
                if let place = budgets[alert.item] {
                    accounts[place][alert.split, default: Account()].cross(alert)
                } else if isFiring {
                    loose.append(alert)
                }
            case .rule:
                if let place = rules[alert.item], sameRules[place] {
                    if isFiring { ruleAlerts[RuleKey(rule: place, split: alert.split)] = alert }
                } else if isFiring {
                    loose.append(alert)
                }
            case .policy, .delivery, .source: if isFiring { loose.append(alert) }
            }
        }
    }

    /// Timers of items and thresholds that are as they were; the others are deleted.
    mutating func readTimers(sameBudgets: [Bool], sameRules: [Bool], _ database: Database) throws {
        let budgets = Dictionary(policy.budgets.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let rules = Dictionary(policy.rules.enumerated().map { ($1.name, $0) }) { first, _ in first }
        for (key, since) in try TimerRows.all(now: now, database) {
            let label = key.threshold.prefix { $0 != " " }
            if let place = rules[key.item], sameRules[place] {
                ruleTimers[RuleKey(rule: place, split: key.split), default: [:]][key.threshold] = since
            } else if let place = budgets[key.item], sameBudgets[place],
                policy.budgets[place].thresholds.contains(where: { $0.label == label })
            {
                accounts[place][key.split, default: Account()].timers[key.threshold] = since
            } else {
                try TimerRows.write(nil, key, database)
            }
        }
    }

    /// Rules as their alerts and timers have them.
    mutating func makeRules() {
        for key in Set(ruleAlerts.keys).union(ruleTimers.keys) {
            rules[key.rule][key.split] = RuleState(
                alert: ruleAlerts[key], timers: ruleTimers[key] ?? [:], now: now)
        }
    }
}

extension Policy {
    /// Of the pauses that last a while from their alert.
    fileprivate var longestPause: Span {
        budgets.lazy.flatMap(\.thresholds).compactMap { threshold in
            if case .lasting(let span) = threshold.actions.pause { span } else { nil }
        }.max() ?? .zero
    }

    /// Of the rolling windows in which an operator may have ended a pause: no other follows for so long.
    fileprivate var longestResumption: Span {
        budgets.lazy.filter { $0.thresholds.contains { $0.actions.pause == .untilResumed } }.compactMap { budget in
            if case .rolling(let span) = budget.window { span } else { nil }
        }.max() ?? .zero
    }
}
