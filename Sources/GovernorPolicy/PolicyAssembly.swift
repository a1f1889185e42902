import GovernorCore

/// Puts what the files say together, and checks what no file can know alone.
struct PolicyAssembly {
    var drafts: [PolicyDraft]

    /// Whole only when nothing was reported as an error.
    func policy(revision: String, _ reading: inout Reading) -> Policy {
        var policy = Policy(revision: revision)
        policy.zone = single("timezone", drafts.map(\.timezone), &reading) ?? .utc
        policy.mode = single("mode", drafts.map(\.mode), &reading) ?? .enforce
        policy.notifications = notifications(&reading)
        policy.receivers = receivers(&reading)
        policy.budgets = budgets(zone: policy.zone, &reading)
        policy.labelRules = drafts.flatMap { $0.labels ?? [] }.compactMap(\.rule)
        policy.free = drafts.flatMap { $0.free ?? [] }
        policy.staleAfter = staleAfter(&reading)
        return policy
    }

    /// The value of a key that all files together may give once.
    private func single<Value>(_ key: String, _ values: [Placed<Value>?], _ reading: inout Reading) -> Value? {
        let given = values.compactMap { $0 }
        for value in given.dropFirst() {
            reading.error(
                "\"\(key)\" is given twice", at: value.place,
                hint: "it is already \(given[0].place.seen(from: value.place))")
        }
        return given.first?.value
    }

    private func notifications(_ reading: inout Reading) -> NotificationSettings {
        let given = drafts.map(\.notifications)
        var settings = NotificationSettings()
        if let wait = single("group_wait", given.map { $0?.groupWait }, &reading) { settings.groupWait = wait }
        settings.dashboardURL = single("dashboard_url", given.map { $0?.dashboardURL }, &reading)
        return settings
    }

    private func staleAfter(_ reading: inout Reading) -> [String: Span] {
        let given = drafts.flatMap { $0.sources?.staleAfter ?? [] }
        reportRepeated(given.map { Placed(value: $0.name, place: $0.place) }, "source", &reading)
        return Dictionary(given.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private func receivers(_ reading: inout Reading) -> [Receiver] {
        let given = drafts.flatMap { $0.receivers ?? [] }
        reportRepeated(given.map { Placed(value: $0.name, place: $0.place) }, "receiver", &reading)
        for item in given {
            guard let address = item.value.slack?.webhook, address.isEmpty else { continue }
            let remedy = address.variables.isEmpty ? "give it an address" : "set \(Quoting.list(address.variables))"
            reading.warning(
                "the receiver \"\(item.name)\" is off, since its webhook_url is empty", at: address.place,
                hint: "\(remedy) to turn it on")
        }
        return given.compactMap { $0.value.receiver($0.name) }
    }

    private func budgets(zone: Zone, _ reading: inout Reading) -> [Budget] {
        let given = drafts.flatMap { $0.budgets ?? [] }
        reportRepeated(given.compactMap(\.value.name), "budget", &reading)
        let receivers = drafts.flatMap { $0.receivers ?? [] }.map(\.name)
        return given.compactMap { item in
            let draft = item.value
            let thresholds = (draft.at ?? []).compactMap { threshold -> Threshold? in
                let actions = threshold.actions
                let notify = notified(actions.notify ?? [], among: receivers, &reading)
                return threshold.ratio.map {
                    Threshold(
                        ratio: $0, notify: notify, throttle: actions.throttle, pause: actions.pause?.value,
                        stop: actions.stop ?? false)
                }
            }
            guard let name = draft.name?.value, let limit = draft.limit, let window = draft.window else { return nil }
            return Budget(
                name: name, limit: limit, per: draft.per ?? [], window: window, zone: zone,
                matcher: draft.match ?? .all, thresholds: thresholds, mode: draft.mode ?? .enforce)
        }
    }

    /// Names of receivers, each once and each of one that exists.
    private func notified(
        _ names: [Placed<String>], among receivers: [String], _ reading: inout Reading
    ) -> [String] {
        var result: [String] = []
        for name in names where !result.contains(name.value) {
            result.append(name.value)
            guard reading.isComplete, !receivers.contains(name.value) else { continue }
            let all = receivers.isEmpty ? "add it under \"receivers\"" : "there is \(Quoting.list(receivers))"
            reading.error(
                "there is no receiver \"\(name.value)\"", at: name.place,
                hint: Spelling.hint(for: name.value, among: receivers) ?? all)
        }
        return result
    }

    /// - Parameter noun: what the names are of: `budget`.
    private func reportRepeated(_ names: [Placed<String>], _ noun: String, _ reading: inout Reading) {
        var places: [String: Place] = [:]
        for name in names {
            if let first = places[name.value] {
                reading.error(
                    "the \(noun) \"\(name.value)\" is there twice", at: name.place,
                    hint: "the first is \(first.seen(from: name.place))")
            } else {
                places[name.value] = name.place
            }
        }
    }
}
