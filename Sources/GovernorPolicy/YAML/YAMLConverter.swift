import Yams

/// Turns Yams' nodes into ours: masks taken off, duplicate keys, tags, anchors and too much depth reported.
struct YAMLConverter {
    static let depthLimit = 32
    static let depthMessage = "this is nested deeper than 32 levels"
    static let anchorMessage = "anchors are not supported"
    static let anchorHint = "write it out where it is used; a text that begins with & needs quotes"

    var file: String
    /// What each masking character stands for; empty when the text has none.
    var masks: [Unicode.Scalar: Unicode.Scalar]

    func convert(_ node: Node, depth: Int = 1, _ reading: inout Reading) -> YAMLNode {
        let place = place(of: node)
        guard depth <= Self.depthLimit || node.isScalarNode else {
            reading.error(Self.depthMessage, at: place, hint: "flatten it")
            return YAMLNode(content: .refused, place: place)
        }
        if !hasOwnTag(node) {
            reading.error("tags such as !!int are not supported", at: place, hint: "remove it")
            return YAMLNode(content: .refused, place: place)
        }
        switch node {
        case .scalar(let scalar): return YAMLNode(content: convert(scalar, at: place, &reading), place: place)
        case .sequence(let sequence):
            var elements: [YAMLNode] = []
            for element in sequence { elements.append(convert(element, depth: depth + 1, &reading)) }
            return YAMLNode(content: .list(elements), place: place)
        case .mapping(let mapping):
            return YAMLNode(content: .map(entries(of: mapping, depth: depth, &reading)), place: place)
        case .alias:
            reading.error("aliases are not supported", at: place)
            return YAMLNode(content: .refused, place: place)
        }
    }

    private func convert(_ scalar: Node.Scalar, at place: Place, _ reading: inout Reading) -> YAMLNode.Content {
        let isPlain = scalar.style == .plain
        if isPlain, !masks.isEmpty, let first = scalar.string.unicodeScalars.first {
            if masks[first] == "&" {
                reading.error(Self.anchorMessage, at: place, hint: Self.anchorHint)
                return .refused
            }
            // Reported when it was masked.
            if masks[first] == "*" { return .refused }
        }
        return .scalar(unmasked(scalar.string), isPlain: isPlain)
    }

    private func entries(of mapping: Node.Mapping, depth: Int, _ reading: inout Reading) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var places: [String: Place] = [:]
        for (keyNode, valueNode) in mapping {
            let key = convert(keyNode, depth: depth + 1, &reading)
            let value = convert(valueNode, depth: depth + 1, &reading)
            switch key.content {
            case .refused: continue
            case .list, .map: reading.error("a key has to be a text, this is \(key.kind)", at: key.place)
            case .scalar(let text, _):
                if let first = places[text] {
                    reading.error(
                        "\(Quoting.quoted(text)) is given twice", at: key.place,
                        hint: "it is already \(first.seen(from: key.place))")
                    continue
                }
                places[text] = key.place
                entries.append(YAMLNode.Entry(key: text, keyPlace: key.place, value: value))
            }
        }
        return entries
    }

    /// The text as it stands in the file.
    func unmasked(_ text: String) -> String {
        guard !masks.isEmpty else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { masks[$0] ?? $0 }))
    }

    private func place(of node: Node) -> Place {
        Place(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    /// Whether the tag is the one the value has anyway, which is what Yams gives what carries none.
    private func hasOwnTag(_ node: Node) -> Bool {
        switch node {
        case .scalar: node.tag.rawValue == Tag.Name.str.rawValue
        case .sequence: node.tag.rawValue == Tag.Name.seq.rawValue
        case .mapping: node.tag.rawValue == Tag.Name.map.rawValue
        case .alias: true
        }
    }
}

extension Node {
    fileprivate var isScalarNode: Bool {
        if case .scalar = self { true } else { false }
    }
}
