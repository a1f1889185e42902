/// One line of `watch`: something that changed for somebody.
package struct WatchEvent: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case paused, resumed, stopped, throttled
        /// A share of a limit was reached, or a rule fired.
        case threshold
        /// Another policy is in force, or its files have an error.
        case policy
    }

    /// What is behind it.
    package enum Item: Hashable, Sendable {
        case budget(String)
        case rule(String)
        /// Who paused.
        case `operator`(String)

        package var name: String {
            switch self {
            case .budget(let name), .rule(let name), .operator(let name): name
            }
        }
    }

    /// Counts up by one from event to event; what a watcher goes on from.
    package var sequence: Int64
    package var at: Timestamp
    package var kind: Kind
    /// Whom it is about; empty for the whole fleet.
    package var labels: Labels
    package var item: Item?
    package var text: String

    package init(sequence: Int64, at: Timestamp, kind: Kind, labels: Labels, item: Item?, text: String) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.labels = labels
        self.item = item
        self.text = text
    }

    /// Whether somebody who watches these labels wants to know: what is about nobody in particular is about everybody.
    package func concerns(_ watched: Labels) -> Bool {
        watched.pairs.allSatisfy { wanted in labels[wanted.key].map { Glob($0).matches(wanted.value) } ?? true }
    }
}

/// How an item holds one split back: what `watch` tells when it changes.
package struct Mood: Hashable, Sendable {
    /// From mild to strict.
    package enum Kind: String, Comparable, Sendable {
        case throttled, paused, stopped

        private var strictness: Int {
            switch self {
            case .throttled: 0
            case .paused: 1
            case .stopped: 2
            }
        }

        package static func < (left: Kind, right: Kind) -> Bool { left.strictness < right.strictness }
    }

    /// A budget or rule, by name so that it survives an edited policy, and a split.
    package struct Place: Hashable, Sendable {
        package var item: WatchEvent.Item
        package var labels: Labels

        package init(item: WatchEvent.Item, labels: Labels) {
            self.item = item
            self.labels = labels
        }

        static func inOrder(_ left: Place, _ right: Place) -> Bool {
            (left.item.name, left.labels.text) < (right.item.name, right.labels.text)
        }
    }

    package var kind: Kind

    package init(kind: Kind) { self.kind = kind }

    /// nil for one that holds nobody back.
    init?(_ standing: Standing) {
        if standing.stop {
            kind = .stopped
        } else if standing.isPaused {
            kind = .paused
        } else if standing.throttle != nil || !standing.downgrades.isEmpty {
            kind = .throttled
        } else {
            return nil
        }
    }
}

/// What watchers have been told.
package struct Watch: Sendable {
    /// The last event's number.
    package private(set) var sequence: Int64
    /// Everybody who is held back, as far as watchers know.
    package private(set) var moods: [Mood.Place: Mood]

    package init(sequence: Int64 = 0, moods: [Mood.Place: Mood] = [:]) {
        self.sequence = sequence
        self.moods = moods
    }

    mutating func take(_ plan: Plan) {
        for (place, mood) in plan.moods { moods[place] = mood }
        sequence = plan.events.last?.sequence ?? sequence
    }
}
