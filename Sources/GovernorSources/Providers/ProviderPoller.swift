package import GovernorCore

/// What one poll brought.
package struct PollResult: Sendable {
    /// Reports that were read whole; one that broke off in the middle is not among them.
    package var batches: [ReportBatch] = []
    package var failures: [ProviderFailure] = []
    /// What this account has no report of, which is no failure.
    package var notes: [String] = []

    /// Whether everything there is was read.
    package var ok: Bool { failures.isEmpty }

    package var records: Int64 { batches.reduce(0) { $0 + Int64($1.rows.count) } }

    /// All that went wrong or was lacking, for people; nil when nothing was.
    package var error: String? {
        let texts = failures.map(\.text) + notes
        return texts.isEmpty ? nil : texts.joined(separator: "; ")
    }

    /// What the schedule makes of it. A key that may read some reports goes on reading those.
    package var end: PollSchedule.End {
        let isRefused = failures.contains { $0.reason == .unauthorized || $0.reason == .forbidden }
        let isOnlyForbidden = failures.allSatisfy { $0.reason == .forbidden || $0.reason == .notFound }
        if ok || (isOnlyForbidden && !batches.isEmpty) { return .read }
        if isRefused { return .refused }
        return .failed(retryAfter: failures.compactMap(\.retryAfter).max())
    }
}

/// Asks one provider for its reports (`contract/usage.md`, format 7).
package struct ProviderPoller: Sendable {
    package let provider: ReportingProvider
    private let base: String
    private let key: Secret
    private let fetch: ProviderFetch
    private let clock: @Sendable () -> Timestamp

    /// The longest a poll takes; what isn't read by then is left for the next.
    package static let timeLimit = Span.minutes(5)
    /// The days Claude Code's report is asked for, each with a request of its own.
    static let agentDays: Int64 = 3

    /// - Parameters:
    ///   - base: `https://api.anthropic.com`, without a slash at its end.
    ///   - clock: for the time limit, and for when each report was asked for.
    package init(
        provider: ReportingProvider, base: String, key: Secret, fetch: @escaping ProviderFetch,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.provider = provider
        self.base = base
        self.key = key
        self.fetch = fetch
        self.clock = clock
    }

    /// Asks for every day from `since` to today, in UTC.
    package func poll(since: CivilDate) async -> PollResult {
        let start = clock()
        let pages = ReportPages(
            fetch: fetch, clock: clock, headers: headers, deadline: start + Self.timeLimit)
        let end = CivilDate(inUTC: start).adding(days: 1)
        let days = since.days(before: end, limit: 31)
        var result = PollResult()
        for kind in kinds {
            let askedAt = clock()
            do throws(ProviderFailure) {
                let asked = kind == .agent ? Array(days.suffix(Int(Self.agentDays))) : days
                let rows = try await read(kind, asked, pages).filter { asked.contains($0.day) }
                result.batches.append(
                    ReportBatch(provider: provider, kind: kind, days: asked, rows: rows, askedAt: askedAt))
            } catch  where kind == .agent && (error.reason == .forbidden || error.reason == .notFound) {
                // Only organisations with Claude Code have one.
                result.notes.append(error.text)
            } catch {
                result.failures.append(error)
                if !error.isAboutOneReport { break }
            }
        }
        return result
    }

    private var kinds: [ProviderReport.Kind] {
        switch provider {
        case .anthropic: [.usage, .cost, .agent]
        case .openai: [.usage, .cost]
        }
    }

    private var headers: [(name: String, value: Secret)] {
        switch provider {
        case .anthropic: AnthropicReports.headers(key)
        case .openai: OpenAIReports.headers(key)
        }
    }

    private func read(
        _ kind: ProviderReport.Kind, _ days: [CivilDate], _ pages: ReportPages
    ) async throws(ProviderFailure) -> [ProviderReport] {
        guard let since = days.first else { return [] }
        switch (provider, kind) {
        case (.anthropic, .usage):
            let url = AnthropicReports.usageURL(base, since: since)
            return try AnthropicReports.usage(try await pages.read("Anthropic's usage report", url))
        case (.anthropic, .cost):
            let url = AnthropicReports.costURL(base, since: since)
            return try AnthropicReports.cost(try await pages.read("Anthropic's cost report", url))
        case (.anthropic, .agent):
            var rows: [ProviderReport] = []
            for day in days {
                let url = AnthropicReports.agentURL(base, day: day)
                let actors = try await pages.read("Anthropic's Claude Code report", url)
                rows += try AnthropicReports.agent(actors, day: day)
            }
            return rows
        case (.openai, .usage):
            let url = OpenAIReports.usageURL(base, since: since)
            return try OpenAIReports.usage(try await pages.read("OpenAI's usage report", url))
        case (.openai, .cost):
            let url = OpenAIReports.costURL(base, since: since)
            return try OpenAIReports.cost(try await pages.read("OpenAI's cost report", url))
        case (.openai, .agent): return []
        }
    }
}
