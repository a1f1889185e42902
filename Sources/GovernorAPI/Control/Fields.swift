package import GovernorCore

/// Reads the fields of one JSON object, with errors that name the field and show what was there.
package struct Fields {
    package let members: [JSON.Member]

    package init(_ members: [JSON.Member]) { self.members = members }

    /// A value that is there and not null.
    package subscript(name: String) -> JSON? {
        members.first { $0.key == name }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    package func text(_ name: String, limit: Int = Labels.valueLimit) throws(ControlError) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string, !text.isEmpty else { throw wrong(name, "a text", value) }
        guard text.utf8.count <= limit else {
            throw ControlError(.badRequest, "\(name) is longer than \(limit) bytes", field: name)
        }
        return Labels.kept(text)
    }

    /// - Parameter expected: what to say of a field that is missing: `the id of an alert`.
    package func need(
        _ name: String, _ expected: String? = nil, limit: Int = Labels.valueLimit
    ) throws(ControlError) -> String {
        guard let text = try text(name, limit: limit) else { throw missing(name, expected) }
        return text
    }

    /// A whole number from `least` to `limit`.
    package func count(_ name: String, from least: Int64 = 0, limit: Int64) throws(ControlError) -> Int64? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer, (least...limit).contains(number) else {
            throw wrong(name, "a whole number from \(least) to \(limit)", value)
        }
        return number
    }

    /// A pattern, or a list of 1 to 32 of them; empty when the field is missing.
    package func globs(_ name: String) throws(ControlError) -> [Glob] {
        guard let value = self[name] else { return [] }
        guard let list = value.array else { return try text(name).map { [Glob($0)] } ?? [] }
        let texts = list.compactMap(\.string).filter { !$0.isEmpty && $0.utf8.count <= Labels.valueLimit }
        guard texts.count == list.count, (1...32).contains(list.count) else {
            throw ControlError(
                .badRequest,
                "\(name) must be a pattern or a list of 1 to 32 of them, each at most \(Labels.valueLimit) bytes; got "
                    + (list.first { $0.string == nil }?.shown ?? "a list of \(list.count)"), field: name)
        }
        return texts.map { Glob(Labels.kept($0)) }
    }

    package func flag(_ name: String) throws(ControlError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let flag = value.bool else { throw wrong(name, "true or false", value) }
        return flag
    }

    /// Whole seconds from 1 to `limit`.
    package func seconds(_ name: String, limit: Int64) throws(ControlError) -> Span? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer, (1...limit).contains(number) else {
            throw wrong(name, "a whole number of seconds from 1 to \(limit)", value)
        }
        return .seconds(number)
    }

    /// Dollars from 0 to a million.
    package func dollars(_ name: String) throws(ControlError) -> Money? {
        guard let value = self[name] else { return nil }
        guard let money = value.money, money >= .zero, money <= .dollars(1_000_000) else {
            throw wrong(name, "a number from 0 to 1000000", value)
        }
        return money
    }

    /// The last instant of the year 9999, beyond which RFC 3339 has no form.
    package static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    /// RFC 3339 with a zone, or Unix seconds; from 1970 to the year 9999.
    package func time(_ name: String) throws(ControlError) -> Timestamp? {
        guard let value = self[name] else { return nil }
        if let text = value.string, case .instant(let time) = RFC3339.read(text.utf8), time.milliseconds >= 0 {
            return time
        }
        if case .number(let digits) = value, let milliseconds = DecimalText.scaled(digits.utf8, places: 3),
            (0...Self.latest.milliseconds).contains(milliseconds)
        {
            return Timestamp(milliseconds: milliseconds)
        }
        throw wrong(name, "a time such as 2026-11-20T15:18:56Z, with its zone", value)
    }

    /// The labels among the fields, and `tags`.
    package func labels() throws(ControlError) -> Labels {
        var labels = Labels()
        for name in LabelName.allCases { labels[name] = try text(name.rawValue) }
        guard let tags = self["tags"] else { return labels }
        guard let members = tags.members, members.count <= 32 else {
            throw wrong("tags", "an object of at most 32 texts", tags)
        }
        for tag in members {
            guard let text = tag.value.string, text.utf8.count <= Labels.valueLimit, tag.key.utf8.count <= 64 else {
                throw wrong("tags.\(tag.key)", "a text", tag.value)
            }
            labels.tags[tag.key] = text
        }
        return labels
    }

    /// Names that are none of `known`: spelling mistakes that would otherwise be silence.
    package func unknown(besides known: Set<String>) -> [String] { members.map(\.key).filter { !known.contains($0) } }

    package static let labelNames = Set(LabelName.allCases.map(\.rawValue) + ["tags"])

    func missing(_ name: String, _ expected: String?) -> ControlError {
        ControlError(
            .badRequest, "\(name) is missing" + (expected.map { "; it must be \($0)" } ?? ""), field: name)
    }

    func wrong(_ name: String, _ expected: String, _ value: JSON) -> ControlError {
        ControlError(.badRequest, "\(name) must be \(expected); got \(value.shown)", field: name)
    }
}
