/// A shell-like pattern: `*` stands for any run of characters, `?` for one; everything else for itself.
package struct Glob: Hashable, Sendable {
    package let pattern: String
    private let form: Form

    /// The two commonest forms are compared as bytes; checks match a policy's every pattern.
    private enum Form: Hashable, Sendable {
        case literal
        /// A literal and one star at its end.
        case beginning(String)
        case general([Unicode.Scalar])
    }

    package init(_ pattern: String) {
        self.pattern = pattern
        // By scalars: a star before a combining mark is a star all the same.
        let scalars = pattern.unicodeScalars
        guard let wildcard = scalars.firstIndex(where: Self.isWildcard) else {
            form = .literal
            return
        }
        let isLast = scalars[wildcard] == "*" && scalars.index(after: wildcard) == scalars.endIndex
        form = isLast ? .beginning(String(scalars[..<wildcard])) : .general(Array(scalars))
    }

    /// What every matching text begins with: all of it before the first wildcard.
    var stem: String { String(pattern.unicodeScalars.prefix { !Self.isWildcard($0) }) }
    /// Whether it stands for itself alone.
    var isLiteral: Bool { form == .literal }

    /// Whether the whole text matches; time is at most linear in each star.
    package func matches(_ text: String) -> Bool {
        switch form {
        case .literal: text == pattern
        case .beginning(let stem): text.utf8.starts(with: stem.utf8)
        case .general(let scalars): Self.matches(text.unicodeScalars, scalars)
        }
    }

    private static func isWildcard(_ scalar: Unicode.Scalar) -> Bool { scalar == "*" || scalar == "?" }

    private static func matches(_ text: String.UnicodeScalarView, _ scalars: [Unicode.Scalar]) -> Bool {
        var at = text.startIndex
        var rule = 0
        var retry: (rule: Int, at: String.UnicodeScalarView.Index)?
        while at < text.endIndex {
            if rule < scalars.count, scalars[rule] == "*" {
                retry = (rule + 1, at)
                rule += 1
            } else if rule < scalars.count, scalars[rule] == "?" || scalars[rule] == text[at] {
                rule += 1
                at = text.index(after: at)
            } else if let (back, from) = retry {
                let next = text.index(after: from)
                retry = (back, next)
                rule = back
                at = next
            } else {
                return false
            }
        }
        return scalars[rule...].allSatisfy { $0 == "*" }
    }
}

/// Which records and requests a policy item is about: every term must match, a term by any of its globs.
package struct Matcher: Hashable, Sendable {
    /// One `label: [glob, …]`.
    package struct Term: Hashable, Sendable {
        package var key: LabelKey
        package var globs: [Glob]

        package init(key: LabelKey, globs: [Glob]) {
            self.key = key
            self.globs = globs
        }

        /// A model also matches by its bare name, so that `claude-opus-*` covers `us.anthropic.claude-opus-5`.
        func matches(_ value: String) -> Bool {
            if globs.contains(where: { $0.matches(value) }) { return true }
            guard key == .label(.model) else { return false }
            let bare = ModelName.withoutProvider(value)
            return bare != value && globs.contains { $0.matches(bare) }
        }
    }

    package var terms: [Term]

    /// Matches everything.
    package static let all = Matcher(terms: [])

    package init(terms: [Term]) { self.terms = terms }

    /// What carries every one of these labels, whose values may be patterns.
    package init(_ labels: Labels) {
        self.init(terms: labels.pairs.map { Term(key: $0.key, globs: [Glob($0.value)]) })
    }

    /// What matching found out.
    package enum Outcome: Hashable, Sendable {
        case matches
        /// Everything named matches, but the labels lack one that a term asks for.
        case lacks(LabelKey)
        case differs
    }

    package func outcome(for labels: Labels) -> Outcome {
        var lacking: LabelKey?
        for term in terms {
            guard let value = labels[term.key] else {
                lacking = lacking ?? term.key
                continue
            }
            if !term.matches(value) { return .differs }
        }
        return lacking.map { .lacks($0) } ?? .matches
    }

    package func matches(_ labels: Labels) -> Bool { outcome(for: labels) == .matches }

    /// `model claude-opus-*, project web or api`: for the sentence of `governor policy check`.
    package var text: String {
        terms.map { "\($0.key.text) \($0.globs.map(\.pattern).joined(separator: " or "))" }.joined(separator: ", ")
    }
}
