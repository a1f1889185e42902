import Foundation

/// The names of the labels every record may carry.
package enum LabelName: String, CaseIterable, Sendable {
    case worker, session, task, project, user, team, provider, model, source

    static let count = allCases.count

    /// Where its value lies in `Labels`.
    var place: Int {
        switch self {
        case .worker: 0
        case .session: 1
        case .task: 2
        case .project: 3
        case .user: 4
        case .team: 5
        case .provider: 6
        case .model: 7
        case .source: 8
        }
    }
}

extension Labels {
    package var worker: String? {
        get { self[.worker] }
        set { self[.worker] = newValue }
    }
    package var session: String? {
        get { self[.session] }
        set { self[.session] = newValue }
    }
    package var task: String? {
        get { self[.task] }
        set { self[.task] = newValue }
    }
    package var project: String? {
        get { self[.project] }
        set { self[.project] = newValue }
    }
    package var user: String? {
        get { self[.user] }
        set { self[.user] = newValue }
    }
    package var team: String? {
        get { self[.team] }
        set { self[.team] = newValue }
    }
    package var provider: String? {
        get { self[.provider] }
        set { self[.provider] = newValue }
    }
    package var model: String? {
        get { self[.model] }
        set { self[.model] = newValue }
    }
    package var source: String? {
        get { self[.source] }
        set { self[.source] = newValue }
    }
}

/// What a record, a request or an alert is about: what policies match and split by.
package struct Labels: Hashable, Sendable {
    /// In the order of `LabelName`; none at all where no name has a value. One block for all: labels are copied with
    /// every record, and nine texts would each be counted.
    private var values: [String?] = []
    /// Free `key: value` pairs of the caller's own.
    package var tags: [String: String] = [:]

    package init() {}

    /// Labels by name; a name may come once.
    package init(_ values: KeyValuePairs<LabelName, String>) {
        for (name, value) in values { self[name] = value }
    }

    package subscript(name: LabelName) -> String? {
        get { values.isEmpty ? nil : values[name.place] }
        set {
            if values.isEmpty {
                guard newValue != nil else { return }
                values = Array(repeating: nil, count: LabelName.count)
            }
            values[name.place] = newValue
        }
    }

    package static func == (left: Labels, right: Labels) -> Bool {
        guard left.tags == right.tags else { return false }
        if !left.values.isEmpty, !right.values.isEmpty { return left.values == right.values }
        return left.values.allSatisfy { $0 == nil } && right.values.allSatisfy { $0 == nil }
    }

    package func hash(into hasher: inout Hasher) {
        for (place, value) in values.enumerated() {
            guard let value else { continue }
            hasher.combine(UInt8(truncatingIfNeeded: place))
            hasher.combine(value)
        }
        if !tags.isEmpty { hasher.combine(tags) }
    }

    package subscript(key: LabelKey) -> String? {
        switch key {
        case .label(let name): self[name]
        case .tag(let tag): tags[tag]
        }
    }

    /// These labels, with every gap filled from `other`.
    package func filling(from other: Labels) -> Labels {
        if values.isEmpty, tags.isEmpty { return other }
        var result = self
        for (place, value) in other.values.enumerated() {
            guard let value, result.values.isEmpty || result.values[place] == nil else { continue }
            result[LabelName.allCases[place]] = value
        }
        if !other.tags.isEmpty { result.tags.merge(other.tags) { mine, _ in mine } }
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
    package static func kept(_ value: String) -> String { respelled(value) ?? value }

    /// The same; nil when it is kept as it is, as most are.
    private static func respelled(_ value: String) -> String? {
        let isPlain = value.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { $0 < 0x80 && $0 != 0x1F }
        }
        guard isPlain != true else { return nil }
        return value.precomposedStringWithCanonicalMapping.replacing("\u{1F}", with: "\u{FFFD}")
    }

    /// The labels with every value as it is kept.
    package var kept: Labels {
        var labels = self
        for (place, value) in values.enumerated() {
            if let respelled = value.flatMap(Self.respelled) { labels.values[place] = respelled }
        }
        if !tags.isEmpty { labels.tags = tags.mapValues(Self.kept) }
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
