import GovernorAPI
import GovernorCore
import GovernorLedger
import GovernorSources
import Logging
import Synchronization

/// Asks providers for their reports, each at its own times, and keeps what they say.
final class PollLoop: Sendable {
    private let governor: Governor
    private let sources: SourceRegistry
    private let providers: Providers
    private let logger: Logger
    private let jitter: @Sendable () -> Double
    private let schedules: Mutex<[ReportingProvider: PollSchedule]>

    /// How often spend that was booked from reports is looked at again: another source may have turned up meanwhile.
    private static let recount = Span.minutes(1)

    /// - Parameter jitter: draws from [0, 1], for the waits after failures.
    init(
        governor: Governor, sources: SourceRegistry, providers: Providers, logger: Logger,
        jitter: @escaping @Sendable () -> Double
    ) throws(LedgerError) {
        self.governor = governor
        self.sources = sources
        self.providers = providers
        self.logger = logger
        self.jitter = jitter
        var schedules: [ReportingProvider: PollSchedule] = [:]
        for provider in providers.pollers.map(\.provider) {
            let last = try governor.ledger.polls(of: provider, limit: 1).first?.startedAt
            let schedule = PollSchedule(every: providers.every, lastStarted: last, now: governor.clock())
            providers.board.change(provider) { $0.nextAt = schedule.nextAt }
            schedules[provider] = schedule
        }
        self.schedules = Mutex(schedules)
    }

    /// - Parameter ticks: moments to look whether anything is due.
    func run<Ticks: AsyncSequence>(ticks: Ticks) async where Ticks.Failure == Never {
        await withDiscardingTaskGroup { group in
            var countedAt = Timestamp.distantPast
            for await _ in ticks {
                let now = governor.clock()
                // Side by side, so that one that is slow holds up no other.
                for poller in providers.pollers
                where schedules.withLock({ $0[poller.provider]?.begin(at: now) ?? false }) {
                    group.addTask { await self.serve(poller) }
                }
                if now < countedAt || now - countedAt >= Self.recount {
                    countedAt = now
                    await count(at: now)
                }
            }
            group.cancelAll()
        }
    }

    private func serve(_ poller: ProviderPoller) async {
        let end = await ask(poller)
        let now = governor.clock()
        let next = schedules.withLock { schedules in
            schedules[poller.provider]?.end(end, at: now, jitter: jitter())
            return schedules[poller.provider]?.nextAt
        }
        providers.board.change(poller.provider) { $0.nextAt = next }
        if !Task.isCancelled { await count(at: now) }
    }

    /// Asks one provider, and keeps what it said.
    private func ask(_ poller: ProviderPoller) async -> PollSchedule.End {
        let provider = poller.provider
        var poll = ProviderPoll(provider: provider, startedAt: governor.clock())
        providers.board.change(provider) { $0.nextAt = nil }
        do {
            let id = try governor.ledger.begin(provider, at: poll.startedAt)
            let since = PollSchedule.since(
                lastRead: try governor.ledger.lastGoodPoll(of: provider)?.startedAt, now: poll.startedAt)
            let result = await poller.poll(since: since)
            // Stopped in the middle: its row stays without an end, as after a crash, and the next start asks again.
            if Task.isCancelled { return result.end }
            poll.finishedAt = governor.clock()
            (poll.ok, poll.records, poll.error) = (result.ok, result.records, result.error)
            try governor.ledger.finish(id, poll, batches: result.batches)
            note(poll)
            return result.end
        } catch {
            poll.finishedAt = governor.clock()
            (poll.ok, poll.error) = (false, "what \(provider.title) said could not be kept: \(error)")
            note(poll)
            return .failed(retryAfter: nil)
        }
    }

    private func note(_ poll: ProviderPoll) {
        providers.board.change(poll.provider) { view in
            view.state = poll.ok ? .on : .error
            view.lastPoll = poll
            if poll.ok { view.lastGoodAt = poll.finishedAt }
        }
        sources.note(
            kind: SourceKind.provider.rawValue, path: poll.provider.rawValue, problem: poll.ok ? nil : poll.error,
            now: governor.clock())
        let about: Logger.Metadata = [
            "provider": "\(poll.provider.rawValue)", "records": "\(poll.records)", "error": "\(poll.error ?? "none")",
        ]
        if poll.ok {
            logger.info("a provider was asked", metadata: about)
        } else {
            logger.warning("a provider could not be asked", metadata: about)
        }
    }

    /// Books what only providers know of, and takes back what others know of by now.
    private func count(at now: Timestamp) async {
        let (policy, isCatchingUp) = governor.read { ($0.book.policy, $0.isCatchingUp) }
        // Not while history is read: a model that no source seems to see may be in the next file.
        guard !isCatchingUp else { return }
        let ledger = governor.ledger
        let end = CivilDate(inUTC: now).adding(days: 1)
        let start = end.adding(days: -31)
        do {
            let rows = try ledger.reconcileRows(since: start, until: end, margin: ProviderCounting.margin)
            let isWanted = ProviderCounting.isWanted(by: policy)
            guard isWanted || rows.ours.contains(where: \.isReport) else { return }
            let records = ProviderCounting.records(
                reports: rows.reports, days: Set(start.days(before: end)), seen: rows.ours, isWanted: isWanted,
                zone: policy.zone, now: now)
            if !records.isEmpty { try await governor.submit(.ingest(Told(kind: .provider, records: records))) }
        } catch {
            logger.error("providers' spend was not looked at", metadata: ["error": "\(error)"])
        }
    }
}
