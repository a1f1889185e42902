/// What happens when a threshold is crossed or a rule fires.
package struct Actions: Hashable, Sendable {
    /// Names of receivers.
    package var notify: [String]
    package var throttle: Throttle?
    /// The decision names a cheaper model to use instead.
    package var downgrade: ModelMap?
    package var pause: Pause?
    /// Running work is told to stop, and no new work starts.
    package var stop: Bool

    package init(
        notify: [String] = [], throttle: Throttle? = nil, downgrade: ModelMap? = nil, pause: Pause? = nil,
        stop: Bool = false
    ) {
        self.notify = notify
        self.throttle = throttle
        self.downgrade = downgrade
        self.pause = pause
        self.stop = stop
    }

    /// Whether new work is refused.
    package var blocks: Bool { stop || pause != nil }
    /// Whether any of it reaches decisions, beside messages.
    package var governs: Bool { blocks || throttle != nil || downgrade != nil }
    /// Whether nothing happens at all.
    package var isEmpty: Bool { notify.isEmpty && !governs }
}

/// Fewer workers, or slower ones.
package struct Throttle: Hashable, Sendable {
    package var maxWorkers: Int64?
    package var delay: Span?

    package init(maxWorkers: Int64? = nil, delay: Span? = nil) {
        self.maxWorkers = maxWorkers
        self.delay = delay
    }

    /// Both at once: the fewer workers and the longer delay.
    package func joined(with other: Throttle?) -> Throttle {
        Throttle(
            maxWorkers: [maxWorkers, other?.maxWorkers].compactMap { $0 }.min(),
            delay: [delay, other?.delay].compactMap { $0 }.max())
    }
}

/// How long new work is refused.
package enum Pause: Hashable, Sendable {
    /// To the end of the budget's window.
    case untilReset
    /// For so long: of a budget from the crossing, of a rule from when its condition last held.
    case lasting(Span)
    /// Until an operator says so, whatever ends in the meantime.
    case untilResumed
}

/// Which model to use instead of which: one entry of `models`.
package struct ModelMap: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var glob: Glob
        package var model: String

        package init(glob: Glob, model: String) {
            self.glob = glob
            self.model = model
        }
    }

    package var name: String
    /// In the order of the file; the first that matches counts.
    package var entries: [Entry]

    package init(name: String, entries: [Entry]) {
        self.name = name
        self.entries = entries
    }

    /// The model to use instead; nil when the map says nothing of it, or names it itself.
    package func model(insteadOf model: String) -> String? {
        let bare = ModelName.withoutProvider(model)
        let entry = entries.first { $0.glob.matches(model) || $0.glob.matches(bare) }
        return entry.flatMap { ModelName.withoutProvider($0.model) == bare ? nil : $0.model }
    }
}
