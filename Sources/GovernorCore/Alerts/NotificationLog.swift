/// When a receiver was last told of what: what grouping and repeating go by. Alertmanager calls it the notification log.
///
/// It follows from the outbox and what left it, so nothing of it is stored beside that.
package struct NotificationLog: Hashable, Sendable {
    /// What a message is about, for one receiver.
    package struct Group: Hashable, Sendable {
        package var receiver: String
        package var item: String

        package init(receiver: String, item: String) {
            self.receiver = receiver
            self.item = item
        }
    }

    private struct Mark: Hashable, Sendable {
        var at: Timestamp
        var notification: String

        /// A message may be brought forward after it was noted.
        mutating func take(_ message: Notification) {
            at = notification == message.id ? message.dueAt : max(at, message.dueAt)
            notification = message.id
        }
    }

    private struct Entry: Hashable, Sendable {
        var last: Mark
        var splits: [Split: Mark] = [:]
    }

    private var entries: [Group: Entry] = [:]
    /// The ends of the last periods that digests were sent of, by receiver.
    private var digests: [String: Timestamp] = [:]

    package init() {}

    /// Notes a message that is new or changed. A digest interrupts nobody; of it only counts that it was sent.
    package mutating func take(_ message: Notification) {
        if let period = message.period {
            if message.attempts > 0 { note(digestOf: period.end, to: message.receiver) }
            return
        }
        for item in message.items {
            let group = Group(receiver: message.receiver, item: item.alert.item)
            let mark = Mark(at: message.dueAt, notification: message.id)
            var entry = entries[group] ?? Entry(last: mark)
            entry.last.take(message)
            var split = entry.splits[item.alert.split] ?? mark
            split.take(message)
            entry.splits[item.alert.split] = split
            entries[group] = entry
        }
    }

    /// Notes that a digest of a period was sent.
    package mutating func note(digestOf end: Timestamp, to receiver: String) {
        digests[receiver] = max(digests[receiver] ?? end, end)
    }

    /// The end of the last period of which the receiver was sent a digest; nil for never.
    package func lastDigest(_ receiver: String) -> Timestamp? { digests[receiver] }

    /// Notes what the ledger knows of a message about one split.
    package mutating func note(_ group: Group, _ split: Split, at time: Timestamp, notification: String) {
        let mark = Mark(at: time, notification: notification)
        var entry = entries[group] ?? Entry(last: mark)
        if entry.last.at < time { entry.last = mark }
        if (entry.splits[split]?.at ?? .distantPast) <= time { entry.splits[split] = mark }
        entries[group] = entry
    }

    /// Forgets splits that were told of before; the groups stay.
    package mutating func forget(before time: Timestamp) {
        for (group, entry) in entries where entry.splits.contains(where: { $0.value.at < time }) {
            entries[group]?.splits = entry.splits.filter { $0.value.at >= time }
        }
    }

    /// When the receiver was last told of the item; nil for never.
    package func last(_ group: Group) -> Timestamp? { entries[group]?.last.at }
    /// The same of one split of it; nil for never or long ago.
    package func last(_ group: Group, _ split: Split) -> Timestamp? { entries[group]?.splits[split]?.at }
    package var groups: some Collection<Group> { entries.keys }
}
