import GovernorAPI
import GovernorCore
import GovernorLedger

/// Writes what a message says, as late as possible: the forecast that is told with a crossing has to know of it.
struct LetterWriter: Sendable {
    let governor: Governor
    let forecaster: Forecaster

    /// - Throws: when the ledger can't be read for a digest's report; without it a digest would say that nothing was spent.
    func letter(_ notification: Notification) throws(LedgerError) -> Letter {
        forecaster.refresh(ifOlderThan: .seconds(5))
        let now = governor.clock()
        let (book, forecast) = governor.read { ($0.book, $0.forecast?.forecast) }
        let text = forecast?.text(book.policy.zone)
        let message =
            try report(notification, book, now: now).map {
                Message(notification, report: $0, policy: book.policy, forecast: text, now: now)
            } ?? Message(notification, policy: book.policy, forecast: text, now: now)
        return Letter(
            id: notification.id, message: message, items: Message.inOrder(notification.items),
            createdAt: notification.createdAt,
            now: now, settled: notification.settled)
    }

    /// A digest's report; nil for a message of alerts.
    private func report(
        _ notification: Notification, _ book: Book, now: Timestamp
    ) throws(LedgerError) -> DigestReport? {
        guard let period = notification.period else { return nil }
        return DigestReport(
            period: period, spend: try spend(period), before: try spend(DigestReport.weekBefore(period)), book: book,
            events: try governor.ledger.events(in: period), now: now)
    }

    private func spend(_ period: Interval) throws(LedgerError) -> [DigestReport.Spend] {
        try governor.ledger.sums(since: period.start, until: period.end).map {
            DigestReport.Spend(labels: $0.labels, sums: $0.sums)
        }
    }
}
