import GovernorCore

/// Puts what the files say together, and checks what no file can know alone.
struct PolicyAssembly {
    let drafts: [PolicyDraft]
    let budgets: [Placed<BudgetDraft>]
    let rules: [Placed<RuleDraft>]
    let receivers: [Named<ReceiverDraft>]
    let models: [Named<[ModelMapEntry]>]
    let schedules: [Named<ScheduleDraft>]
    let free: [Glob]
    /// With the policy's own, once they are known.
    var prices = ListedPrices.builtIn
    /// Filled while the policy is made.
    var places = PolicyPlaces()

    init(drafts: [PolicyDraft]) {
        self.drafts = drafts
        budgets = drafts.flatMap { $0.budgets ?? [] }
        rules = drafts.flatMap { $0.rules ?? [] }
        receivers = drafts.flatMap { $0.receivers ?? [] }
        models = drafts.flatMap { $0.models ?? [] }
        schedules = drafts.flatMap { $0.schedules ?? [] }
        free = drafts.flatMap { $0.free ?? [] }
    }

    /// Whole only when nothing was reported as an error.
    mutating func policy(revision: String, _ reading: inout Reading) -> Policy {
        var policy = Policy(revision: revision)
        policy.zone = single("timezone", drafts.map(\.timezone), &reading) ?? .utc
        policy.prices = madePrices(zone: policy.zone, &reading)
        prices = ListedPrices(own: policy.prices)
        policy.mode = single("mode", drafts.map(\.mode), &reading) ?? .enforce
        policy.notifications = notifications(&reading)
        policy.holds = holds(&reading)
        policy.receivers = madeReceivers(&reading)
        checkDefinitions(&reading)
        checkItemNames(&reading)
        let overrides = overrides(zone: policy.zone, &reading)
        policy.budgets = madeBudgets(zone: policy.zone, overrides: overrides, &reading)
        policy.rules = madeRules(zone: policy.zone, &reading)
        policy.silences = silences(zone: policy.zone, &reading)
        policy.labelRules = drafts.flatMap { $0.labels ?? [] }.compactMap(\.rule)
        policy.free = free
        policy.calculatesCost = single("cost", drafts.map(\.calculatesCost), &reading) ?? false
        policy.authority = authority(&reading)
        policy.hypotheticalModel = drafts.lazy.compactMap { $0.sources?.hypotheticalModel?.value }.first
        if let minutes = single(
            "manual_minutes_per_task", drafts.map { $0.sources?.manualMinutes }, &reading)
        {
            policy.manualMinutesPerTask = minutes
        }
        policy.staleAfter = staleAfter(&reading)
        if !reading.hasErrors { PolicyLint.check(policy, places, prices, &reading) }
        return policy
    }

    /// The value of a key that all files together may give once.
    func single<Value>(_ key: String, _ values: [Placed<Value>?], _ reading: inout Reading) -> Value? {
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
        if let interval = single("group_interval", given.map { $0?.groupInterval }, &reading) {
            settings.groupInterval = interval
        }
        settings.repeatEvery = single("repeat_every", given.map { $0?.repeatEvery }, &reading)
        settings.dashboardURL = single("dashboard_url", given.map { $0?.dashboardURL }, &reading)
        return settings
    }

    private func staleAfter(_ reading: inout Reading) -> [String: Span] {
        let given = drafts.flatMap { $0.sources?.staleAfter ?? [] }
        reportRepeated(given.map(\.placedName), "source", &reading)
        return Dictionary(given.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private mutating func madeReceivers(_ reading: inout Reading) -> [Receiver] {
        places.receivers = reportRepeated(receivers.map(\.placedName), "receiver", &reading)
        for item in receivers {
            guard case .off(let key, let text)? = item.value.outcome else { continue }
            reading.warning(
                "the receiver \"\(item.name)\" is off, since its \(key) is empty", at: text.place,
                hint: "\(text.remedy("fill it in")) to turn it on")
        }
        return receivers.compactMap { $0.value.receiver($0.name) }
    }

    /// Model maps and schedules, which only count where they are used.
    private mutating func checkDefinitions(_ reading: inout Reading) {
        places.schedules = reportRepeated(schedules.map(\.placedName), "schedule", &reading)
        places.models = reportRepeated(models.map(\.placedName), "model map", &reading)
        for target in models.flatMap(\.value).map(\.model) {
            let (model, place) = (target.value, target.place)
            guard !ListedPrices.isFree(model, among: free),
                prices.row(for: model, at: place, &reading) == nil
            else { continue }
            reading.warning(
                "there is no price for the model \(Quoting.quoted(model))", at: place,
                hint: prices.hint(for: model) ?? "its calls are booked at the dearest price of their provider")
        }
    }

    /// Alerts and silences go by the name alone, so budgets and rules share their names.
    private mutating func checkItemNames(_ reading: inout Reading) {
        let kinds =
            [(noun: "budget", names: budgets.compactMap(\.value.name))]
            + [(noun: "rule", names: rules.compactMap(\.value.name))]
        var taken: [String: (noun: String, place: Place)] = [:]
        for (noun, names) in kinds {
            for name in names {
                guard let first = taken[name.value] else {
                    taken[name.value] = (noun, name.place)
                    continue
                }
                let place = first.place.seen(from: name.place)
                if first.noun == noun {
                    reading.error(
                        "the \(noun) \"\(name.value)\" is there twice", at: name.place, hint: "the first is \(place)")
                } else {
                    reading.error(
                        "the \(noun) \"\(name.value)\" has the name of a \(first.noun)", at: name.place,
                        hint: "the \(first.noun) is \(place); alerts are told apart by their names alone")
                }
            }
        }
        places.items = taken.mapValues(\.place)
    }

    /// - Parameter noun: what the names are of: `receiver`.
    /// - Returns: where each is first.
    @discardableResult
    private func reportRepeated(
        _ names: [Placed<String>], _ noun: String, _ reading: inout Reading
    ) -> [String: Place] {
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
        return places
    }
}
