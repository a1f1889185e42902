extension JSON {
    /// For people: indented by two spaces; a list of single values, and a map with no more than one of them, on a line.
    package var indented: String { indented(by: "  ", from: "") }

    /// The same inside a text that is indented otherwise.
    /// - Parameters:
    ///   - unit: what each level adds.
    ///   - indent: what the line has on which the value begins.
    package func indented(by unit: String, from indent: String) -> String {
        let deeper = indent + unit
        switch self {
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .number(let digits): return digits
        case .string(let text): return Self.quoted(text)
        case .array(let elements):
            let written = elements.map { $0.indented(by: unit, from: deeper) }
            if elements.allSatisfy(\.isShort) { return "[" + written.joined(separator: ", ") + "]" }
            return "[\n" + written.map { deeper + $0 }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            let written = members.map { "\(Self.quoted($0.key)): \($0.value.indented(by: unit, from: deeper))" }
            if isShort { return written.isEmpty ? "{}" : "{ " + written.joined(separator: ", ") + " }" }
            return "{\n" + written.map { deeper + $0 }.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private var isShort: Bool {
        switch self {
        case .null, .bool, .number, .string: true
        case .array(let elements): elements.count <= 1 && elements.allSatisfy(\.isShort)
        case .object(let members): members.count <= 1 && members.allSatisfy(\.value.isShort)
        }
    }

    /// The text as a JSON string, with its quotes.
    package static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.value(text)
        return json.text
    }
}
