/// Follows which items of a policy refuse work: what a book alone can't say, since a pause begins and ends with time.
struct PauseWatch: Sendable {
    /// A budget's or a rule's place, and a split.
    enum Place: Hashable, Sendable {
        case budget(Int, Split)
        case rule(Int, Split)

        private var order: (Int, Int, String) {
            switch self {
            case .budget(let place, let split): (0, place, split.raw)
            case .rule(let place, let split): (1, place, split.raw)
            }
        }

        static func inOrder(_ left: Place, _ right: Place) -> Bool { left.order < right.order }
    }

    private(set) var open: [Place: PauseSpan] = [:]
    /// When time alone may end an open pause next.
    private var ends: [Place: Timestamp] = [:]
    /// No open pause ends before; thousands may be open, and most records end none.
    private var earliestEnd = Timestamp.distantFuture
    /// Of budgets with hours, whether they decided when they were looked at last.
    private var wasOpen: [Int: Bool] = [:]

    /// Ends the pauses that are over by `now`, each at the instant it ended, though nothing was booked.
    mutating func lapse(_ book: Book, at now: Timestamp) -> [Event] {
        guard earliestEnd <= now else { return [] }
        var events: [Event] = []
        while let end = ends.values.min(), end <= now {
            let places = ends.filter { $0.value == end }.keys.sorted(by: Place.inOrder)
            events += places.compactMap { look(at: $0, book, now: end) }
        }
        earliestEnd = ends.values.min() ?? .distantFuture
        return events
    }

    /// What begins and ends with a plan that was applied to the book. A pause that nothing in the plan is about goes on
    /// until its end, which `lapse` finds.
    mutating func look(_ book: Book, after plan: Plan, at now: Timestamp) -> [Event] {
        var places: Set<Place> = []
        for key in plan.accounts.keys where key.meter < book.policy.budgets.count {
            places.insert(.budget(key.meter, key.split))
        }
        for key in plan.rules.keys { places.insert(.rule(key.rule, key.split)) }
        for place in plan.limits.keys.sorted() + switched(book, at: now) {
            for split in book.accounts[place].keys { places.insert(.budget(place, split)) }
        }
        return places.sorted(by: Place.inOrder).compactMap { look(at: $0, book, now: now) }
    }

    private mutating func look(at place: Place, _ book: Book, now: Timestamp) -> Event? {
        guard let standing = book.pause(of: place, at: now), standing.until.map({ $0 > now }) ?? true else {
            ends[place] = nil
            guard var span = open.removeValue(forKey: place) else { return nil }
            span.until = now
            return Event(time: now, kind: .resumed(span))
        }
        ends[place] = book.nextEnd(of: place, standing, after: now)
        earliestEnd = min(earliestEnd, ends[place] ?? .distantFuture)
        guard open[place] == nil else {
            open[place]?.until = standing.until
            open[place]?.stop = standing.stop
            return nil
        }
        let span = book.span(of: place, standing, since: now)
        open[place] = span
        return Event(time: now, kind: .paused(span))
    }

    /// Budgets whose shift began or ended since the last look.
    private mutating func switched(_ book: Book, at now: Timestamp) -> [Int] {
        var switched: [Int] = []
        for place in book.metering.scheduled {
            let isOpen = book.isOpen(place, at: now)
            if let before = wasOpen.updateValue(isOpen, forKey: place), before != isOpen { switched.append(place) }
        }
        return switched
    }
}

extension Book {
    /// Where an item stands that refuses work at `now`; nil when it refuses none.
    func pause(of place: PauseWatch.Place, at now: Timestamp) -> Standing? {
        let standing: Standing
        switch place {
        case .budget(let place, let split):
            let budget = policy.budgets[place]
            guard budget.mode == .enforce, policy.mode == .enforce, budget.thresholds.contains(where: \.actions.blocks)
            else { return nil }
            standing = self.standing(of: AccountKey(meter: place, split: split), now: now)
        case .rule(let place, let split):
            let rule = policy.rules[place]
            guard rule.mode == .enforce, policy.mode == .enforce, rule.actions.blocks,
                let state = rules[place][split], let alert = state.alert
            else { return nil }
            standing = Standing(of: rule, alert, heldAt: state.heldAt, now: now)
        }
        return standing.isPaused ? standing : nil
    }

    /// When time alone may end a pause next: at its own end, and in a rolling window, where nobody knows it beforehand,
    /// whenever spend leaves the window. nil when only something that happens ends it.
    func nextEnd(of place: PauseWatch.Place, _ standing: Standing, after now: Timestamp) -> Timestamp? {
        guard case .budget(let place, let split) = place, case .rolling = policy.budgets[place].window else {
            return standing.until
        }
        let expiries = (accounts[place][split]?.slots ?? []).lazy.map {
            self.metering.meters[place].expiry(of: $0.interval)
        }
        return [standing.until, expiries.first { $0 > now }].compactMap(\.self).min()
    }

    func span(of place: PauseWatch.Place, _ standing: Standing, since: Timestamp) -> PauseSpan {
        let (item, per, split, reason): (String, [LabelKey], Split, String)
        switch place {
        case .budget(let place, let at):
            let budget = policy.budgets[place]
            (item, per, split) = (budget.name, budget.per, at)
            reason = standing.reason(budget, at, kind: .pause).text
        case .rule(let place, let at):
            let rule = policy.rules[place]
            (item, per, split) = (rule.name, rule.per, at)
            reason = rules[place][at]?.alert.map { standing.reason(rule, $0, kind: .pause).text } ?? ""
        }
        return PauseSpan(
            item: item, per: per, split: split, since: since, until: standing.until, stop: standing.stop,
            reason: reason)
    }
}
