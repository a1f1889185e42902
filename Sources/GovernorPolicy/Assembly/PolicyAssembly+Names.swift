import GovernorCore

/// Finds what is named, or reports that it isn't there.
extension PolicyAssembly {
    var budgetNames: [String] { budgets.compactMap(\.value.name?.value) }
    var ruleNames: [String] { rules.compactMap(\.value.name?.value) }

    func budgetDraft(_ name: String) -> BudgetDraft? { budgets.first { $0.value.name?.value == name }?.value }

    func definition<Value>(_ name: String, in definitions: [Named<Value>]) -> Named<Value>? {
        definitions.first { $0.name == name }
    }

    /// A schedule by name; nil for none, and for one that isn't there, which is reported.
    func schedule(_ name: Placed<String>?, _ reading: inout Reading) -> Schedule? {
        guard let name else { return nil }
        if let found = definition(name.value, in: schedules) { return found.value.schedule(found.name) }
        reportUnknown(name, "schedule", among: schedules.map(\.name), under: "schedules", &reading)
        return nil
    }

    func actions(_ draft: ActionsDraft, _ reading: inout Reading) -> Actions {
        Actions(
            notify: notified(draft.notify ?? [], &reading), throttle: draft.throttle,
            downgrade: modelMap(draft.downgrade, &reading), pause: draft.pause?.value, stop: draft.stop ?? false)
    }

    private func modelMap(_ name: Placed<String>?, _ reading: inout Reading) -> ModelMap? {
        guard let name else { return nil }
        guard let found = definition(name.value, in: models) else {
            reportUnknown(name, "model map", among: models.map(\.name), under: "models", &reading)
            return nil
        }
        return ModelMap(
            name: found.name, entries: found.value.map { ModelMap.Entry(glob: $0.glob, model: $0.model.value) })
    }

    /// Names of receivers, each once and each of one that exists.
    private func notified(_ names: [Placed<String>], _ reading: inout Reading) -> [String] {
        var result: [String] = []
        for name in names where !result.contains(name.value) {
            result.append(name.value)
            guard definition(name.value, in: receivers) == nil else { continue }
            reportUnknown(name, "receiver", among: receivers.map(\.name), under: "receivers", &reading)
        }
        return result
    }

    /// - Parameters:
    ///   - noun: what it is the name of: `receiver`.
    ///   - key: where such things are written: `receivers`.
    func reportUnknown(
        _ name: Placed<String>, _ noun: String, among known: [String], under key: String, _ reading: inout Reading
    ) {
        // A file that could not be read may have it.
        guard reading.isComplete else { return }
        let all = known.isEmpty ? "add it under \"\(key)\"" : "there is \(Quoting.list(Array(known.prefix(12))))"
        reading.error(
            "there is no \(noun) \(Quoting.quoted(name.value))", at: name.place,
            hint: Spelling.hint(for: name.value, among: known) ?? all)
    }
}
