import Foundation

/// The names of the labels every record may carry.
package enum LabelName: String, CaseIterable, Sendable {
    case worker, session, task, project, user, team, provider, model, source
}

/// What a record, a request or an alert is about: what policies match and split by.
package struct Labels: Hashable, Sendable {
    package var worker: String?
    package var session: String?
    package var task: String?
    package var project: String?
    package var user: String?
    package var team: String?
    package var provider: String?
    package var model: String?
    package var source: String?
    /// Free `key: value` pairs of the caller's own.
    package var tags: [String: String] = [:]

    package init() {}

    /// Labels by name; a name may come once.
    package init(_ values: KeyValuePairs<LabelName, String>) {
        for (name, value) in values { self[name] = value }
    }

    package subscript(name: LabelName) -> String? {
        get {
            switch name {
            case .worker: worker
            case .session: session
            case .task: task
            case .project: project
            case .user: user
            case .team: team
            case .provider: provider
            case .model: model
            case .source: source
            }
        }
        set {
            switch name {
            case .worker: worker = newValue
            case .session: session = newValue
            case .task: task = newValue
            case .project: project = newValue
            case .user: user = newValue
            case .team: team = newValue
            case .provider: provider = newValue
            case .model: model = newValue
            case .source: source = newValue
            }
        }
    }

    package subscript(key: LabelKey) -> String? {
        switch key {
        case .label(let name): self[name]
        case .tag(let tag): tags[tag]
        }
    }

    /// These labels, with every gap filled from `other`.
    package func filling(from other: Labels) -> Labels {
        var result = self
        for name in LabelName.allCases where result[name] == nil { result[name] = other[name] }
        result.tags.merge(other.tags) { mine, _ in mine }
        return result
    }

    /// `worker=w-1 model=claude-opus-5`, in the order of `LabelName`, then tags by name.
    package var text: String {
        let named = LabelName.allCases.compactMap { name in self[name].map { "\(name.rawValue)=\($0)" } }
        let tagged = tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (named + tagged).joined(separator: " ")
    }

    /// The value as it is kept: one spelling for texts that look the same (Unicode's form C), and U+FFFD for U+001F, which
    /// separates the values of a split.
    package static func kept(_ value: String) -> String {
        guard !value.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x1F }) else { return value }
        return value.precomposedStringWithCanonicalMapping.replacing("\u{1F}", with: "\u{FFFD}")
    }

    /// The labels with every value as it is kept.
    package var kept: Labels {
        var labels = self
        for name in LabelName.allCases { labels[name] = labels[name].map(Self.kept) }
        labels.tags = tags.mapValues(Self.kept)
        return labels
    }

    /// Bytes a label value may have; longer ones are refused at the door.
    package static let valueLimit = 256
}

/// A label that a policy names: one of the fixed ones, or `tags.<name>`.
package enum LabelKey: Hashable, Sendable {
    case label(LabelName)
    case tag(String)

    /// - Returns: nil for a word that is no label.
    package init?(_ text: String) {
        if let name = LabelName(rawValue: text) {
            self = .label(name)
        } else if text.hasPrefix("tags."), text.utf8.count > 5 {
            self = .tag(String(text.dropFirst(5)))
        } else {
            return nil
        }
    }

    package var text: String {
        switch self {
        case .label(let name): name.rawValue
        case .tag(let tag): "tags.\(tag)"
        }
    }
}
