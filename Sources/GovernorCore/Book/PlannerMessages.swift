/// Deliveries, silences and acknowledgements: what happens to alerts after they have fired.
extension Planner {
    /// Whether a silence of the policy's or of an operator's mutes the alert.
    func isMuted(_ alert: Alert) -> Bool { silences.contains { $0.mutes(alert, at: now) } }

    /// The policy's and operators', as they will be.
    var silences: [Silence] {
        policy.silences + book.messaging.silences.merging(plan.silences) { _, new in new }.values.map(\.silence)
    }

    /// Whether one has ended since all was looked at.
    var hasSilenceEnded: Bool {
        let since = book.lookedAt
        let hasEnded = { (silence: Silence) in silence.interval.end > since && silence.interval.end <= now }
        return policy.silences.contains(where: hasEnded)
            || book.messaging.silences.values.contains { hasEnded($0.silence) }
    }

    /// Of those an item names, the receivers that an alert is for; why the others are not is written down.
    mutating func audience(of alert: String, named: [String], outranked: Set<String> = []) -> [String] {
        named.filter { name in
            var question = Telling.Question(.firing, now: now)
            question.isOff = policy.receiver(name)?.isOff ?? true
            question.isOutranked = outranked.contains(name)
            guard case .keep(let reason, _) = Telling.answer(question) else { return true }
            plan.tellings.append(Telling(alert: alert, receiver: name, event: .firing, at: now, reason: reason))
            return false
        }
    }

    /// Makes the messages of everything that was planned.
    mutating func tell() {
        guard plan.looksAtAll || !plan.alerts.isEmpty else { return }
        var pending = book.outbox
        for notification in plan.notifications { pending[notification.id] = notification }
        let sealed = book.messaging.sealed.union(plan.sealed)
        var telling = NotificationPlanner(
            policy: policy, log: book.messaging.log, pending: pending, sealed: sealed, now: now)
        for alert in plan.alerts { telling.tell(alert) }
        if plan.looksAtAll {
            if isMinute {
                telling.tellAgain {
                    firing(of: $0)
                } isMuted: {
                    isMuted($0)
                }
            }
            telling.keepDigests()
        }
        let changed = telling.notifications
        let ids = Set(changed.map(\.id))
        plan.notifications = plan.notifications.filter { !ids.contains($0.id) } + changed
        plan.tellings += telling.tellings
    }

    /// Alerts of an item that fire, as they will be.
    private func firing(of item: String) -> [Alert] {
        var alerts: [Alert] = []
        for (place, budget) in policy.budgets.enumerated() where budget.name == item {
            for split in splits(of: place) {
                alerts += account(AccountKey(meter: place, split: split)).crossings.map(\.alert)
            }
        }
        for (place, rule) in policy.rules.enumerated() where rule.name == item {
            let states = book.rules[place].merging(
                plan.rules.filter { $0.key.rule == place }.map { ($0.key.split, $0.value) }
            ) { _, new in new }
            alerts += states.sorted { $0.key.raw < $1.key.raw }.compactMap(\.value.alert)
        }
        alerts += (plan.loose ?? book.loose).filter { $0.item == item }
        return alerts.filter { $0.state == .firing }
    }

    // MARK: Deliveries

    /// Lets nothing more join a message, since it is about to be sent.
    /// - Returns: the message as it is; nil when it is not pending any more.
    package mutating func seal(_ notification: String) -> Notification? {
        guard let message = pending(notification) else { return nil }
        plan.sealed.insert(notification)
        return message
    }

    private func pending(_ id: String) -> Notification? {
        let message = plan.notifications.last { $0.id == id } ?? book.outbox[id]
        return message?.state == .pending ? message : nil
    }

    private mutating func keep(_ message: Notification) {
        plan.notifications.removeAll { $0.id == message.id }
        plan.notifications.append(message)
    }

    /// Takes the end of an attempt in: what becomes of the message, of those that wait behind it, and of its receiver.
    package mutating func add(_ delivery: Delivery) {
        guard var message = pending(delivery.notification) else { return }
        message.take(delivery)
        keep(message)
        plan.attempts.append(DeliveryAttempt(delivery, number: message.attempts))
        let failure = delivery.result.outcome.failure
        if failure?.reason == .gone {
            plan.disabled[message.receiver] = Messaging.Disabled(since: now, why: failure?.text ?? "")
        }
        if message.state == .sent {
            hasten(message.receiver)
            if delivery.result.lost.isEmpty { endDead(of: message.receiver) }
        }
        if message.state == .dead || !delivery.result.lost.isEmpty { noteDead(message, delivery) }
    }

    /// A receiver that takes messages again need not be waited for.
    private mutating func hasten(_ receiver: String) {
        let waiting = book.outbox.values.filter { $0.receiver == receiver && $0.attempts > 0 && $0.nextAt > now }
        for message in waiting.sorted(by: { $0.id < $1.id }) {
            guard var message = pending(message.id), message.nextAt > now else { continue }
            message.nextAt = now
            keep(message)
        }
    }

    /// A lost message is an alert to the other receivers; one about such alerts raises none.
    private mutating func noteDead(_ message: Notification, _ delivery: Delivery) {
        guard message.period != nil || message.items.contains(where: { $0.alert.kind != .delivery }) else { return }
        let others = policy.receivers.filter { $0.name != message.receiver }.map(\.name)
        let parts = delivery.result.lost.keys.sorted()
        let isWhole = message.state == .dead
        let whom = isWhole ? message.receiver : "\(parts.joined(separator: ", ")) of \(message.receiver)"
        let tries = message.attempts == 1 ? "one attempt" : "\(message.attempts) attempts"
        let why = message.lastError ?? "it can't be sent"
        let text = "a message to \(whom) was not delivered after \(tries): \(why). It says: \(message.gist)"
        // Each mailbox that is lost is news, and so is the end of it all.
        let identity = Split(values: [message.id] + (isWhole ? [] : parts))
        let id = Alert.id(item: Alert.deliveryItem, kind: .delivery, split: identity, start: message.createdAt)
        let loose = plan.loose ?? book.loose
        guard !loose.contains(where: { $0.id == id }) else { return }
        var alert = Alert(
            id: id, kind: .delivery, item: Alert.deliveryItem, per: [.tag("receiver")],
            split: Split(raw: message.receiver), window: Interval(start: now, end: .distantFuture), ratio: nil,
            limitRevision: 0, severity: message.items.contains { $0.alert.heldWorkBack } ? .critical : .warning,
            firedAt: now, spent: nil, limit: nil, text: text,
            action: isWhole
                ? "gave it up; once \(message.receiver) works: governor alerts retry \(message.id)"
                : "gave it up for them; the others have it", notified: audience(of: id, named: others))
        alert.silenced = isMuted(alert)
        plan.loose = loose + [alert]
        plan.alerts.append(alert)
    }

    /// Alerts about what a receiver did not take are over once it takes something.
    private mutating func endDead(of receiver: String) {
        let loose = plan.loose ?? book.loose
        let isOver = { (alert: Alert) in alert.kind == .delivery && alert.split.raw == receiver }
        guard loose.contains(where: isOver) else { return }
        for var alert in loose where isOver(alert) {
            alert.resolve(at: now, because: .delivered)
            plan.alerts.append(alert)
        }
        plan.loose = loose.filter { !isOver($0) }
    }

    /// Tries messages again: dead ones as if they were new, pending ones at once. Their ids stay.
    /// - Parameter messages: dead ones as the ledger knows them, and which of the outbox.
    package mutating func retry(_ messages: [Notification]) {
        for message in messages {
            var message = pending(message.id) ?? message
            if message.state == .dead {
                message.state = .pending
                message.attempts = 0
                message.createdAt = now
                message.dueAt = now
            }
            message.nextAt = now
            keep(message)
            // Whoever asks for it believes that the receiver is back.
            if book.messaging.disabled[message.receiver] != nil { plan.disabled[message.receiver] = .some(nil) }
        }
    }

    /// A receiver works, as a test has shown.
    package mutating func enable(_ receiver: String) {
        if book.messaging.disabled[receiver] != nil { plan.disabled[receiver] = .some(nil) }
        hasten(receiver)
    }

    // MARK: Operators

    package mutating func silence(_ silence: OperatorSilence) { plan.silences[silence.id] = silence }

    /// Ends a silence; what still fires is told at once.
    /// - Returns: the silence as it was, ending now; nil when there is none of that id.
    package mutating func expireSilence(_ id: String) -> OperatorSilence? {
        guard let known = book.messaging.silences[id], known.silence.interval.end > now else { return nil }
        var silence = known.silence
        silence.interval = Interval(start: min(silence.interval.start, now), end: now)
        let ended = OperatorSilence(id: id, silence)
        plan.silences[id] = ended
        liftSilences()
        return ended
    }

    /// Notes that an operator knows of an alert that fires.
    /// - Returns: the alert; nil when none of that id fires.
    package mutating func acknowledge(_ id: String, by: String) -> Alert? {
        let acknowledgement = Alert.Acknowledgement(by: by, at: now)
        let known = changeFiring {
            $0.id == id
        } _: {
            $0.acknowledgement = acknowledgement
        }
        plan.acknowledged += known
        return known.first
    }

    /// Changes alerts that fire where they stand: in accounts, in rules' states, or loose.
    /// - Returns: those that were meant, as they are now.
    mutating func changeFiring(where isMeant: (Alert) -> Bool, _ change: (inout Alert) -> Void) -> [Alert] {
        var changed: [Alert] = []
        for place in policy.budgets.indices {
            let meant = book.accounts[place].filter { _, account in
                account.crossings.contains { $0.alert.state == .firing && isMeant($0.alert) }
            }
            for split in meant.keys.sorted(by: { $0.raw < $1.raw }) {
                let key = AccountKey(meter: place, split: split)
                var account = self.account(key)
                for index in account.crossings.indices {
                    let alert = account.crossings[index].alert
                    guard alert.state == .firing, isMeant(alert) else { continue }
                    change(&account.crossings[index].alert)
                    changed.append(account.crossings[index].alert)
                }
                plan.accounts[key] = account
            }
        }
        for place in policy.rules.indices {
            for split in book.rules[place].keys.sorted(by: { $0.raw < $1.raw }) {
                let key = RuleKey(rule: place, split: split)
                guard var state = plan.rules[key] ?? book.rules[place][split], var alert = state.alert, isMeant(alert)
                else { continue }
                change(&alert)
                state.alert = alert
                plan.rules[key] = state
                changed.append(alert)
            }
        }
        var loose = plan.loose ?? book.loose
        for index in loose.indices where isMeant(loose[index]) {
            change(&loose[index])
            changed.append(loose[index])
            plan.loose = loose
        }
        return changed
    }

    /// What would be told of an alert that fires, as things are.
    package func outlook(_ alert: Alert) -> [Outlook] {
        NotificationPlanner(policy: policy, log: book.messaging.log, pending: book.outbox, now: now)
            .outlook(alert, isMuted: isMuted(alert))
    }
}

extension DeliveryAttempt {
    /// What is written down of the end of an attempt.
    init(_ delivery: Delivery, number: Int64) {
        let failures = delivery.result.failures
        let outcome: Outcome =
            switch delivery.result.outcome {
            case .delivered: .delivered
            case .failed: .failed
            case .refused: .refused
            }
        self.init(
            notification: delivery.notification, number: number, at: delivery.at, outcome: outcome,
            reason: failures.first?.reason,
            text: failures.isEmpty ? nil : failures.map(\.text).joined(separator: "; "),
            isAmbiguous: failures.contains(where: \.isAmbiguous))
    }
}
