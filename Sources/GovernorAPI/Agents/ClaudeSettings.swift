package import GovernorCore

/// Claude Code's `settings.json` with Governor in it, and without: only what is ours is ever touched.
///
/// Ours is told by its command, so that what the user did to the rest since makes no difference: `program`, or any that
/// is named `governor`, wherever it lies, with the verb `hook` or `statusline`.
package struct ClaudeSettings: Sendable {
    /// Why the settings can't be changed.
    package struct Problem: Error, Hashable, Sendable {
        package var message: String
    }

    /// The settings as they would be, and what the user should know about it.
    package struct Change: Hashable, Sendable {
        package var settings: JSON
        package var notes: [String] = []
    }

    /// How the shell is to call us.
    package var program = "governor"
    /// For hooks: what they answer while no daemon can be reached; nil for their default.
    package var onUnavailable: String?
    package var replacesStatusLine = false
    /// Where telemetry is sent; nil for none.
    package var telemetry: String?

    package init() {}

    /// Seconds after which the agent gives a hook up; ours answer in milliseconds or not at all.
    private static let timeout: Int64 = 10

    /// The events, and for which tools they are wanted.
    private static let events: [(name: String, matcher: String?)] = [
        ("SessionStart", nil), ("UserPromptSubmit", nil), ("PreToolUse", "Agent|Task"), ("PostToolBatch", nil),
        ("Stop", nil), ("StopFailure", nil), ("SessionEnd", nil),
    ]

    // MARK: Adding

    package func added(to settings: JSON) throws(Problem) -> Change {
        var change = Change(settings: settings)
        var root = try Self.members(settings, "the settings")
        var hooks = try Self.members(root["hooks"] ?? .object([]), "hooks")
        for event in Self.events {
            let groups = hooks[event.name] ?? .array([])
            guard let groups = groups.array else {
                throw Problem(message: "hooks.\(event.name) is no list, but \(groups.shown)")
            }
            hooks[event.name] = .array(added(event.name, matcher: event.matcher, to: groups))
        }
        root["hooks"] = .object(hooks)
        try addStatusLine(to: &root, &change.notes)
        if let telemetry { try TelemetrySettings.add(endpoint: telemetry, to: &root, &change.notes) }
        change.settings = .object(root)
        return change
    }

    /// The groups of one event with our hook in them, once.
    private func added(_ event: String, matcher: String?, to groups: [JSON]) -> [JSON] {
        let suffix = onUnavailable.map { " --on-unavailable \($0)" } ?? ""
        let wanted = JSON.object([
            JSON.Member("type", .string("command")),
            JSON.Member("command", .string("\(program) hook \(event)\(suffix)")),
            JSON.Member("timeout", .number(String(Self.timeout))),
        ])
        var isThere = false
        let kept = Self.changed(groups) { hook in
            guard isOurs(hook, verb: "hook") else { return hook }
            defer { isThere = true }
            return isThere ? nil : wanted
        }
        if isThere { return kept }
        let matched = matcher.map { [JSON.Member("matcher", .string($0))] } ?? []
        return kept + [.object(matched + [JSON.Member("hooks", .array([wanted]))])]
    }

    private func addStatusLine(to root: inout [JSON.Member], _ notes: inout [String]) throws(Problem) {
        let wanted = JSON.object([
            JSON.Member("type", .string("command")), JSON.Member("command", .string("\(program) statusline")),
        ])
        guard let present = root["statusLine"], !present.isNull, !isOurs(present, verb: "statusline") else {
            return root["statusLine"] = wanted
        }
        if replacesStatusLine {
            notes.append("the status line that was there goes; --undo does not bring it back")
            return root["statusLine"] = wanted
        }
        notes.append(
            "there is a status line already (\(present["command"]?.shown ?? present.shown)), which stays; "
                + "--replace-status-line puts Governor's in its place, "
                + "or call `\(program) statusline` from your own")
    }

    // MARK: Taking away

    /// Takes away what `added` put there, and lists that it leaves empty.
    package func removed(from settings: JSON) throws(Problem) -> Change {
        var root = try Self.members(settings, "the settings")
        if let hooks = root["hooks"]?.members {
            let kept = hooks.compactMap { event -> JSON.Member? in
                guard let groups = event.value.array else { return event }
                let changed = Self.changed(groups) { isOurs($0, verb: "hook") ? nil : $0 }
                if changed == groups { return event }
                return changed.isEmpty ? nil : JSON.Member(event.key, .array(changed))
            }
            if kept != hooks { root["hooks"] = kept.isEmpty ? nil : .object(kept) }
        }
        if let line = root["statusLine"], isOurs(line, verb: "statusline") { root["statusLine"] = nil }
        TelemetrySettings.remove(from: &root)
        return Change(settings: .object(root))
    }

    // MARK: Reading

    /// The groups with each of their hooks as `change` makes it; a group that loses its last hook goes too.
    private static func changed(_ groups: [JSON], _ change: (JSON) -> JSON?) -> [JSON] {
        groups.compactMap { group in
            guard var members = group.members, let hooks = members["hooks"]?.array else { return group }
            let changed = hooks.compactMap(change)
            if changed == hooks { return group }
            if changed.isEmpty { return nil }
            members["hooks"] = .array(changed)
            return .object(members)
        }
    }

    /// Whether an entry calls this program with this verb, whatever its folder and options.
    private func isOurs(_ entry: JSON, verb: String) -> Bool {
        guard let command = entry["command"]?.string?.drop(while: \.isWhitespace), let first = command.first else {
            return false
        }
        if command.hasPrefix("\(program) \(verb)") { return true }
        let isQuoted = first == "'" || first == "\""
        let path = command.dropFirst(isQuoted ? 1 : 0).prefix { isQuoted ? $0 != first : !$0.isWhitespace }
        let rest = command.dropFirst(path.count + (isQuoted ? 2 : 0))
        return path.split(separator: "/").last == "governor"
            && rest.split(whereSeparator: \.isWhitespace).first.map(String.init) == verb
    }

    static func members(_ value: JSON, _ what: String) throws(Problem) -> [JSON.Member] {
        guard let members = value.members else {
            throw Problem(message: "\(what) must be an object, and is \(value.shown)")
        }
        return members
    }
}

extension [JSON.Member] {
    /// The value under a key; a new key goes to the end, nil takes it away.
    subscript(key: String) -> JSON? {
        get { first { $0.key == key }?.value }
        set {
            guard let place = firstIndex(where: { $0.key == key }) else {
                if let newValue { append(JSON.Member(key, newValue)) }
                return
            }
            if let newValue { self[place].value = newValue } else { remove(at: place) }
        }
    }
}
