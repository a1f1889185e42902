/// A YAML value as it was written: scalars are texts, and what they mean is up to who reads them.
struct YAMLNode {
    enum Content {
        /// `isPlain` when it was written without quotes.
        case scalar(String, isPlain: Bool)
        case list([YAMLNode])
        /// In the order of the file, each key once.
        case map([Entry])
        /// Something already reported; whoever reads it says no more.
        case refused
    }

    /// One `key: value`.
    struct Entry {
        var key: String
        var keyPlace: Place
        var value: YAMLNode

        /// `<<: *base`: reported as the alias it is, and what it would have brought is not to be missed.
        var isMerge: Bool {
            if key == "<<", case .refused = value.content { true } else { false }
        }
    }

    var content: Content
    var place: Place

    /// Whether nothing stands behind the colon.
    var isAbsent: Bool {
        if case .scalar("", isPlain: true) = content { true } else { false }
    }

    /// Whether it is a map with that key, whatever stands behind it.
    func has(_ key: String) -> Bool {
        if case .map(let entries) = content { entries.contains { $0.key == key } } else { false }
    }

    /// Whether no key is there but these: one that is misspelled may be any of those that seem to be missing.
    func hasOnly(_ keys: [String]) -> Bool {
        if case .map(let entries) = content { entries.allSatisfy { keys.contains($0.key) } } else { false }
    }

    /// `a list`: for messages.
    var kind: String {
        switch content {
        case .scalar: isAbsent ? "nothing" : "a single value"
        case .list: "a list"
        case .map: "a map"
        case .refused: "something else"
        }
    }
}
