/// Changes a JSON text and leaves every byte of what stays as it was: spaces, line ends, the spelling of numbers.
package struct JSONEdit {
    /// - Parameters:
    ///   - text: one JSON value; empty counts as `{}`.
    ///   - value: what the text is to say.
    /// - Throws: when `text` is no JSON.
    package static func text(_ text: String, changedTo value: JSON) throws(JSONReader.Failure) -> String {
        let isEmpty = text.allSatisfy(\.isWhitespace)
        let source = isEmpty ? "{}\n" : text
        let edit = JSONEdit(bytes: Array(source.utf8))
        let old = try JSONReader.read(edit.bytes, depthLimit: depthLimit)
        var spans = JSONSpans(edit.bytes)
        let place = try spans.value()
        let changed = try edit.rewritten(place, from: old, to: value, indent: "")
        return edit.raw(0..<place.lowerBound) + changed + edit.raw(place.upperBound..<edit.bytes.count)
    }

    /// Nesting allowed in the texts of others.
    package static let depthLimit = 64

    /// A part of a container as it will be: where it lay before, if it did, and its new text.
    private struct Part {
        var old: Int?
        var text: String
    }

    private let bytes: [UInt8]
    private let unit: String
    private let newline: String

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst()
        let spaces = lines.first.map { String($0.prefix { $0 == " " || $0 == "\t" }) } ?? ""
        unit = spaces.isEmpty ? "  " : spaces
        newline = bytes.contains(0x0D) ? "\r\n" : "\n"
    }

    private func raw(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// A value that was not there before: on the line where its container has one, else indented as the text is.
    private func fresh(_ value: JSON, indent: String?) -> String {
        if let indent { return value.indented(by: unit, from: indent).replacing("\n", with: newline) }
        var json = JSONWriter()
        json.value(value)
        return json.text
    }

    private func rewritten(
        _ place: Range<Int>, from old: JSON, to new: JSON, indent: String
    ) throws(JSONReader.Failure) -> String {
        guard old != new else { return raw(place) }
        var spans = JSONSpans(bytes, from: place.lowerBound)
        switch (old, new) {
        case (.object(let before), .object(let after)):
            let members = try spans.members()
            let places = members.map { $0.start..<$0.value.upperBound }
            let inner = innerIndent(place, places, indent)
            var parts: [Part] = []
            for member in after {
                guard let index = members.firstIndex(where: { $0.key == member.key }) else {
                    let value = fresh(member.value, indent: isFlat(place, places) ? nil : inner)
                    parts.append(Part(old: nil, text: JSON.quoted(member.key) + ": " + value))
                    continue
                }
                let value = try rewritten(
                    members[index].value, from: before[index].value, to: member.value, indent: inner)
                let name = raw(members[index].start..<members[index].value.lowerBound)
                parts.append(Part(old: index, text: name + value))
            }
            return joined(parts, place, places, indent)
        case (.array(let before), .array(let after)):
            let places = try spans.elements()
            let inner = innerIndent(place, places, indent)
            var parts: [Part] = []
            for (index, element) in Self.pairs(before, after) {
                guard let index else {
                    let text = fresh(element, indent: isFlat(place, places) ? nil : inner)
                    parts.append(Part(old: nil, text: text))
                    continue
                }
                let text = try rewritten(places[index], from: before[index], to: element, indent: inner)
                parts.append(Part(old: index, text: text))
            }
            return joined(parts, place, places, indent)
        default: return fresh(new, indent: indent)
        }
    }

    /// Each new element with the place of the one it was before: the same one, or the one that was changed into it.
    private static func pairs(_ before: [JSON], _ after: [JSON]) -> [(Int?, JSON)] {
        var next = 0
        return after.enumerated().map { place, element in
            if let same = before[next...].firstIndex(of: element) {
                next = same + 1
                return (same, element)
            }
            guard next < before.count, !after[(place + 1)...].contains(before[next]) else { return (nil, element) }
            next += 1
            return (next - 1, element)
        }
    }

    /// Whether a container that is not empty begins on the line of its first part.
    private func isFlat(_ place: Range<Int>, _ parts: [Range<Int>]) -> Bool {
        guard let first = parts.first else { return false }
        return !raw(place.lowerBound..<first.lowerBound).contains(where: \.isNewline)
    }

    /// The spaces before each part of a container.
    private func innerIndent(_ place: Range<Int>, _ parts: [Range<Int>], _ indent: String) -> String {
        guard let first = parts.first else { return indent + unit }
        let lead = raw(place.lowerBound + 1..<first.lowerBound)
        guard let line = lead.lastIndex(where: \.isNewline) else { return indent + unit }
        return String(lead[lead.index(after: line)...])
    }

    /// The container with its new parts, laid out as the old ones were.
    private func joined(_ parts: [Part], _ place: Range<Int>, _ places: [Range<Int>], _ indent: String) -> String {
        let open = raw(place.lowerBound..<place.lowerBound + 1)
        let close = raw(place.upperBound - 1..<place.upperBound)
        guard !parts.isEmpty else { return open + close }
        let inner = innerIndent(place, places, indent)
        var lead = newline + inner
        var tail = newline + indent
        if let first = places.first, let last = places.last {
            lead = raw(place.lowerBound + 1..<first.lowerBound)
            tail = raw(last.upperBound..<place.upperBound - 1)
        }
        let between = isFlat(place, places) ? ", " : "," + newline + inner
        var text = open + lead + parts[0].text
        for (left, right) in zip(parts, parts.dropFirst()) {
            if let index = left.old, right.old == index + 1 {
                text += raw(places[index].upperBound..<places[index + 1].lowerBound)
            } else {
                text += between
            }
            text += right.text
        }
        return text + tail + close
    }
}
