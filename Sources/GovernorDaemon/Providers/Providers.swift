import GovernorAPI
import GovernorCore
import GovernorLedger
import GovernorNotify
import GovernorSources

/// The providers as a daemon asks them: pollers that speak through libcurl, and what is known of each at start.
struct Providers: Sendable {
    let pollers: [ProviderPoller]
    let every: Span
    let board: ProviderBoard

    /// - Throws: when the ledger's polls can't be read.
    init(
        _ settings: ProviderSettings, ledger: Ledger, clock: @escaping @Sendable () -> Timestamp
    ) throws(LedgerError) {
        every = settings.every
        var pollers: [ProviderPoller] = []
        var views: [ProviderView] = []
        for provider in ReportingProvider.allCases {
            var view = ProviderView(provider: provider.rawValue, state: .off)
            view.lastPoll = try ledger.polls(of: provider, limit: 1).first
            view.lastGoodAt = try ledger.lastGoodPoll(of: provider)?.finishedAt
            switch settings[provider] {
            case .off(let why): view.note = why
            case .on(let base, let key, let isOwnAddress):
                // One without an end was cut off by a stop, which says nothing of the provider.
                view.state = view.lastPoll.map { $0.ok || $0.finishedAt == nil } ?? true ? .on : .error
                view.every = settings.every
                let fetch = Self.fetch(provider, allowsPrivate: isOwnAddress)
                pollers.append(ProviderPoller(provider: provider, base: base, key: key, fetch: fetch, clock: clock))
            }
            views.append(view)
        }
        self.pollers = pollers
        board = ProviderBoard(views)
    }

    /// One line for what the daemon says of itself at start.
    var summary: String {
        board.views(isCounted: false).map { view in
            view.note.map { "\(view.provider) off (\($0))" } ?? "\(view.provider) every \(every.text)"
        }.joined(separator: ", ")
    }

    /// - Parameter allowsPrivate: only for an address that an operator named.
    private static func fetch(_ provider: ReportingProvider, allowsPrivate: Bool) -> ProviderFetch {
        let client = CurlClient(name: provider.rawValue, allowsPrivate: allowsPrivate, authorityFile: nil)
        return { request async throws(ProviderFailure) in
            do throws(DeliveryFailure) {
                let answer = try await client.get(
                    from: try WebAddress(Secret(request.url)),
                    headers: request.headers.map { ($0.name, $0.value.reveal()) }, bodyLimit: request.bodyLimit,
                    within: request.timeLimit)
                var headers: [String: String] = [:]
                headers["retry-after"] = answer.retryAfter
                headers["date"] = answer.date
                return ProviderAnswer(status: answer.status, headers: headers, body: answer.body, isCut: answer.isCut)
            } catch {
                throw ProviderFailure(Self.reason(error.reason), error.text)
            }
        }
    }

    private static func reason(_ reason: DeliveryFailure.Reason) -> ProviderFailure.Reason {
        switch reason {
        case .timeout: .timeout
        case .cancelled: .cancelled
        case .badAnswer: .badAnswer
        default: .unreachable
        }
    }
}
