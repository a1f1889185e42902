import GovernorAPI
import GovernorCore
import GovernorLedger
import Logging

/// Writes what a message says, as late as possible: the forecast that is told with a crossing has to know of it.
struct LetterWriter: Sendable {
    let governor: Governor
    let forecaster: Forecaster

    func letter(_ notification: Notification) -> Letter {
        forecaster.refresh(ifOlderThan: .seconds(5))
        let now = governor.clock()
        let (book, forecast) = governor.read { ($0.book, $0.forecast?.forecast) }
        let text = forecast?.text(book.policy.zone)
        let message =
            report(notification, book, now: now).map {
                Message(notification, report: $0, policy: book.policy, forecast: text, now: now)
            } ?? Message(notification, policy: book.policy, forecast: text, now: now)
        return Letter(
            id: notification.id, message: message, items: Message.inOrder(notification.items),
            createdAt: notification.createdAt,
            now: now, settled: notification.settled)
    }

    /// A digest's report; nil for a message of alerts, and where the ledger can't be read: its alerts must go out all the
    /// same.
    private func report(_ notification: Notification, _ book: Book, now: Timestamp) -> DigestReport? {
        guard let period = notification.period else { return nil }
        do throws(LedgerError) {
            let before = DigestReport.weekBefore(period)
            return DigestReport(
                period: period, spend: try spend(period), before: try spend(before), book: book,
                events: try governor.ledger.events(in: period), now: now)
        } catch {
            governor.logger.error("a digest's report could not be made", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func spend(_ period: Interval) throws(LedgerError) -> [DigestReport.Spend] {
        try governor.ledger.sums(since: period.start, until: period.end).map {
            DigestReport.Spend(labels: $0.labels, sums: $0.sums)
        }
    }
}
