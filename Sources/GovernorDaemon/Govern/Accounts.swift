import GovernorAPI
import GovernorCore
import GovernorLedger
import Logging

extension Governor {
    /// The accounts a query asks for, in the order of the policy, then by split.
    func accounts(_ query: StatusQuery, now: Timestamp) -> [AccountView] {
        let book = read { $0.book }
        var views: [AccountView] = []
        for (index, budget) in book.policy.budgets.enumerated() {
            // A fleet's account is there from the start, so that a limit shows before anything is spent.
            let splits = Set(book.accounts[index].keys).union(budget.per.isEmpty ? [.fleet] : [])
            let mode: Mode = book.policy.mode == .observe ? .observe : budget.mode
            for split in splits.sorted(by: { $0.raw < $1.raw }) where query.asks(for: budget, split) {
                let standing = book.standing(of: AccountKey(meter: index, split: split), now: now)
                views.append(
                    AccountView(
                        budget: budget, split: split, standing: standing, mode: mode, override: budget.override(at: now)
                    ))
            }
        }
        return views
    }

    /// The accounts that hold work back, and whom rules do.
    func paused(among accounts: [AccountView], now: Timestamp) -> [PauseView] {
        let book = read { $0.book }
        let places = Dictionary(uniqueKeysWithValues: book.policy.budgets.enumerated().map { ($1.name, $0) })
        let byBudgets = accounts.compactMap { account -> PauseView? in
            let standing = account.standing
            // What only holds stand in the way of comes and goes with every worker; nobody is paused.
            guard standing.isPaused, !standing.isFullByHolds, account.mode == .enforce,
                let place = places[account.budget.name]
            else {
                return nil
            }
            let crossings = book.account(AccountKey(meter: place, split: account.split))?.crossings ?? []
            let blocking = crossings.filter { crossing in
                crossing.alert.state == .firing
                    && account.budget.thresholds.contains { $0.label == crossing.alert.threshold && $0.actions.blocks }
            }
            return PauseView(
                item: .budget(account.budget.name), per: account.budget.per, split: account.split,
                reason: standing.reason(account.budget, account.split, kind: .pause).text,
                since: blocking.map(\.alert.firedAt).min(),
                until: standing.until)
        }
        return book.admission.pauses.values.sorted { $0.id < $1.id }.filter { $0.holds(at: now) }.map(PauseView.init)
            + byBudgets
            + book.pausingRules(now: now).map { alert, reason in
                PauseView(
                    item: .rule(alert.item), per: alert.per, split: alert.split, reason: reason.text,
                    since: alert.firedAt, until: reason.resumesAt)
            }
    }

    /// What `status` answers.
    func status(_ query: StatusQuery, sources: [SourceView], providers: [ProviderView]) -> StatusBody {
        let now = clock()
        let hot = read { $0 }
        let accounts = accounts(query, now: now)
        var status = StatusBody(
            version: Version.text, revision: hot.book.policy.revision, reloadedAt: hot.reloadedAt,
            policyError: hot.policyError, mode: hot.book.policy.mode, accounts: accounts,
            paused: paused(among: accounts, now: now), sources: sources,
            receivers: receivers(hot.book, now: now),
            misgivings: hot.misgivings, forecast: hot.forecast,
            holds: HoldsView(hot.book.admission.holds), asOf: now, zone: hot.book.policy.zone)
        status.providers = providers
        addPrices(to: &status, hot)
        return status
    }

    /// Which models have no price, and what free ones saved this month.
    private func addPrices(to status: inout StatusBody, _ hot: Hot) {
        let month = Window.CalendarUnit.month.interval(containing: status.asOf, in: hot.book.policy.zone)
        do {
            if status.misgivings.unpricedCalls > 0 {
                status.unpricedModels = UnpricedModelView.views(try ledger.totals().map { ($0.labels, $0.sums) })
            }
            if let row = hot.prices.compared(under: hot.book.policy, at: status.asOf) {
                let sums = try ledger.sums(since: month.start, until: month.end)
                status.saved = SavedView(sums.map { ($0.labels, $0.sums) }, comparedWith: row)
            }
        } catch { logger.error("spend by model could not be read", metadata: ["error": "\(error)"]) }
    }

    /// Providers as they are asked, and whether what they say counts.
    func views(of providers: ProviderBoard) -> [ProviderView] {
        providers.views(isCounted: read { ProviderCounting.isWanted(by: $0.book.policy) })
    }
}

extension Governor {
    /// How the policy's receivers are doing.
    private func receivers(_ book: Book, now: Timestamp) -> [ReceiverView] {
        var counts: [DeliveryCount]?
        do { counts = try ledger.deliveries(recent: now - .days(1)) } catch {
            logger.error("messages could not be counted", metadata: ["error": "\(error)"])
        }
        return book.policy.receivers.map { receiver in
            var view = ReceiverView(receiver)
            let waiting = book.outbox.values.filter { $0.receiver == receiver.name && $0.dueAt <= now }
            view.pending = waiting.count
            let own = counts?.filter { $0.receiver == receiver.name }
            view.dead = own.map { own in own.first { $0.state == .dead }.map { Int($0.recent) } ?? 0 }
            view.lastDeliveredAt = own?.first { $0.state == .sent }?.attemptedAt
            let failing = waiting.filter { $0.attempts > 0 }.max { ($0.attemptedAt ?? now) < ($1.attemptedAt ?? now) }
            view.lastError = failing?.lastError
            if failing != nil { view.state = .failing }
            if let disabled = book.messaging.disabled[receiver.name] {
                view.state = .disabled
                view.lastError = disabled.why
            }
            return view
        }
    }
}

/// The release, in one place.
package enum Version {
    package static let text = "0.1.0"
}
