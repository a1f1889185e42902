package import GovernorCore

/// Every receiver that JSON is posted to.
package struct PostNotifier<Form: PostForm>: Notifier {
    private let url: Secret
    private let form: Form
    private let client: CurlClient

    package init(url: Secret, form: Form, client: CurlClient) {
        self.url = url
        self.form = form
        self.client = client
    }

    package var spacing: Span { form.spacing }

    /// Sends the parts that are not settled yet, one after the other, up to the first that is worth another attempt.
    package func send(_ letter: Letter) async -> DeliveryResult {
        let address: WebAddress
        let requests: [PostRequest]
        do throws(DeliveryFailure) {
            address = try form.address(of: url)
            requests = try form.requests(for: letter)
        } catch {
            return DeliveryResult(error.outcome)
        }
        if let only = requests.first, requests.count == 1, only.part == nil {
            return DeliveryResult(await attempt(only, at: address))
        }
        let names = requests.compactMap(\.part)
        var tally = PartTally(names, settled: letter.settled)
        for request in requests {
            guard let part = request.part, tally.isOpen(part) else { continue }
            let outcome = await attempt(request, at: address)
            switch outcome {
            case .delivered: tally.settle(part, outcome)
            // This one was not liked; the others are asked of all the same.
            case .refused(let failure) where failure.reason == .http4xx: tally.settle(part, outcome)
            // Whatever else refuses one part refuses all.
            case .refused(let failure): tally.loseRest(failure)
            case .failed: tally.fail(part, outcome)
            }
            if tally.hasFailed { break }
        }
        return tally.result
    }

    private func attempt(_ request: PostRequest, at address: WebAddress) async -> DeliveryOutcome {
        let headers =
            [("Content-Type", "application/json; charset=utf-8")] + request.headers.map { ($0.name, $0.value) }
        do throws(DeliveryFailure) {
            return outcome(of: try await client.post(to: address, headers: headers, body: request.body), from: address)
        } catch {
            return error.outcome
        }
    }

    /// What an answer means, in words for people.
    package func outcome(of answer: CurlAnswer, from address: WebAddress) -> DeliveryOutcome {
        let word = form.word(in: answer).map { " (\(address.redacted($0)))" } ?? ""
        let said = "\(address.shown) answered \(answer.status)\(word)"
        switch form.reading(of: answer) {
        case .taken: return .delivered
        case .refused(let reason, let why, let isAmbiguous):
            return .refused(DeliveryFailure(reason, said + why, isAmbiguous: isAmbiguous))
        case .notYet(let reason, let why, let isAmbiguous, let wait):
            return .failed(DeliveryFailure(reason, said + why, isAmbiguous: isAmbiguous), retryAfter: wait)
        }
    }
}
