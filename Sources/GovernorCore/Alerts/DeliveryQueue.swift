/// Which message of one receiver is sent next: the oldest, so that they arrive in order.
///
/// One that failed is waited for at first, since what hit it is most likely the receiver's, and order is worth half a
/// minute. After `patience` failures the others go ahead, so that a message that the receiver can't digest holds nothing
/// up for a day; but never those about the same policy item, whose end must not arrive before its beginning.
package enum DeliveryQueue {
    /// How many failures of an earlier message the later ones wait for.
    package static let patience: Int64 = 3

    /// - Parameter pending: the receiver's messages, in any order.
    package static func next(_ pending: [Notification], now: Timestamp) -> Notification? {
        var held: Set<String> = []
        for message in pending.sorted(by: isEarlier) where message.hasGathered(at: now) {
            let groups = message.groups
            if message.isDue(at: now), held.isDisjoint(with: groups) { return message }
            if (1..<patience).contains(message.attempts) { return nil }
            held.formUnion(groups)
        }
        return nil
    }

    private static func isEarlier(_ left: Notification, _ right: Notification) -> Bool {
        (left.dueAt, left.createdAt, left.id) < (right.dueAt, right.createdAt, right.id)
    }
}
