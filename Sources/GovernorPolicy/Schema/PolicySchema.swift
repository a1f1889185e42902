import GovernorCore

/// The JSON Schema (draft-07) of policy files, for editors: made of the same forms that read them.
package enum PolicySchema {
    /// Indented, with a line end; the same text for the same version of Governor.
    package static var text: String {
        var writer = SchemaWriter()
        let root = writer.members(of: Form<PolicyDraft>.policy.shape)
        let about = "Limits on what a fleet of AI agents spends, and what happens as they are reached."
        let head = [
            JSON.Member("$schema", .string("http://json-schema.org/draft-07/schema#")),
            JSON.Member("$id", .string("urn:governor:policy.schema.json")),
            JSON.Member("title", .string("A policy file of Governor")), JSON.Member("description", .string(about)),
        ]
        let definitions = JSON.Member("definitions", .object(writer.definitions))
        return JSON.object(head + root + [definitions]).indented + "\n"
    }
}

/// Turns shapes into the schema's words.
private struct SchemaWriter {
    typealias Members = [JSON.Member]

    /// Those that are written once and referred to, in the order they were met.
    private(set) var definitions: Members = []

    mutating func schema(_ shape: Shape, doc: String? = nil) -> JSON {
        let description = doc.map { [JSON.Member("description", .string($0))] } ?? []
        if case .named(let name, let inner) = shape {
            let reference = define(name) { $0.members(of: inner) }
            // Beside a reference draft-07 reads nothing else.
            return description.isEmpty ? reference : .object(description + [JSON.Member("allOf", .array([reference]))])
        }
        return .object(description + members(of: shape))
    }

    mutating func members(of shape: Shape) -> Members {
        switch shape {
        case .scalar(let pattern):
            [JSON.Member("type", .words(["string", "number", "boolean"]))]
                + (pattern.isEmpty ? [] : [JSON.Member("pattern", .string(pattern))])
        case .text(let pattern, let example):
            [
                JSON.Member("type", .string("string")), JSON.Member("pattern", .string(pattern)),
                JSON.Member("examples", .words([example])),
            ]
        case .words(let words): [JSON.Member("enum", .words(words))]
        case .flag:
            either([type("boolean"), .object([JSON.Member("enum", .words(["true", "false"]))])])
        case .whole(let least, let most): whole(atLeast: least, atMost: most)
        case .decimal(let line, let orEqual):
            either([
                .object([
                    JSON.Member("type", .string("number")),
                    JSON.Member(orEqual ? "minimum" : "exclusiveMinimum", .whole(line)),
                ]),
                quoted("^[0-9]+(?:\\.[0-9]+)?$"),
            ])
        case .nothing: [JSON.Member("type", .string("null"))]
        case .list(let element, let least, let most):
            [JSON.Member("type", .string("array")), JSON.Member("items", schema(element))]
                + (least > 0 ? [JSON.Member("minItems", .whole(Int64(least)))] : [])
                + (most.map { [JSON.Member("maxItems", .whole(Int64($0)))] } ?? [])
        case .map(let keys, let value, let least):
            map + [JSON.Member("patternProperties", .object([JSON.Member(keys, schema(value))]))]
                + (least > 0 ? [JSON.Member("minProperties", .whole(Int64(least)))] : [])
        case .object(let object): members(of: object)
        case .either(let shapes): either(shapes.map { schema($0) })
        case .tagged(let key, let doc, let cases): tagged(key, doc, cases)
        case .named: [JSON.Member("allOf", .array([schema(shape)]))]
        }
    }

    mutating func members(of object: ObjectShape) -> Members {
        var members = map
        // One alone is simply required.
        let choice = object.choice.count > 1 ? object.choice : []
        let required = object.required + (choice.isEmpty ? object.choice : [])
        if !required.isEmpty { members.append(JSON.Member("required", .words(required))) }
        if !choice.isEmpty {
            let each = choice.map { JSON.object([JSON.Member("required", .words([$0]))]) }
            members.append(JSON.Member(object.allowsSeveral ? "anyOf" : "oneOf", .array(each)))
        }
        let properties = object.keys.map { JSON.Member($0.key, schema($0.shape, doc: $0.doc)) }
        return members + [JSON.Member("properties", .object(properties))]
    }

    /// One schema for each word, by if and then, so that an editor shows what is wrong with the one that was meant.
    private mutating func tagged(
        _ key: String, _ doc: String, _ cases: [(word: String, doc: String, shape: ObjectShape)]
    ) -> Members {
        let words = JSON.object([
            JSON.Member("description", .string(doc)), JSON.Member("enum", .words(cases.map(\.word))),
        ])
        let required = JSON.Member("required", .words([key]))
        let branches = cases.map { word, doc, shape in
            let isIt = JSON.object([JSON.Member(key, .object([JSON.Member("const", .string(word))]))])
            let then = define("\(word)_rule") { [JSON.Member("description", .string(doc))] + $0.members(of: shape) }
            return JSON.object([
                JSON.Member("if", .object([required, JSON.Member("properties", isIt)])), JSON.Member("then", then),
            ])
        }
        return [
            JSON.Member("type", .string("object")), required,
            JSON.Member("properties", .object([JSON.Member(key, words)])), JSON.Member("allOf", .array(branches)),
        ]
    }

    private func whole(atLeast least: Int64, atMost most: Int64?) -> Members {
        if least == most { return [JSON.Member("enum", .array([.whole(least), .string("\(least)")]))] }
        let bounds = [JSON.Member("minimum", .whole(least))] + (most.map { [JSON.Member("maximum", .whole($0))] } ?? [])
        let digits = most.map { "^[0-9]{1,\("\($0)".count)}$" } ?? "^[0-9]+(?:_[0-9]+)*$"
        return either([.object([JSON.Member("type", .string("integer"))] + bounds), quoted(digits)])
    }

    private mutating func define(_ name: String, _ members: (inout SchemaWriter) -> Members) -> JSON {
        if !definitions.contains(where: { $0.key == name }) {
            let place = definitions.endIndex
            definitions.append(JSON.Member(name, .null))
            definitions[place].value = .object(members(&self))
        }
        return .object([JSON.Member("$ref", .string("#/definitions/\(name)"))])
    }

    /// The beginning of every map: nothing but what is listed.
    private var map: Members {
        [JSON.Member("type", .string("object")), JSON.Member("additionalProperties", .bool(false))]
    }

    private func either(_ schemas: [JSON]) -> Members { [JSON.Member("anyOf", .array(schemas))] }

    private func type(_ name: String) -> JSON { .object([JSON.Member("type", .string(name))]) }

    private func quoted(_ pattern: String) -> JSON {
        .object([JSON.Member("type", .string("string")), JSON.Member("pattern", .string(pattern))])
    }
}

extension JSON {
    fileprivate static func whole(_ number: Int64) -> JSON { .number(String(number)) }
    fileprivate static func words(_ words: [String]) -> JSON { .array(words.map { .string($0) }) }
}
