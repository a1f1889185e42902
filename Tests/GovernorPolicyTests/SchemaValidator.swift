import Foundation
import GovernorCore
import Yams

/// As much of JSON Schema's draft-07 as the policy schema uses; an unknown word is a failure of its own, so that the
/// schema can't grow past what is tested.
struct SchemaValidator {
    let root: JSON

    /// What is wrong, with the way there; empty when the value is valid.
    func problems(of value: JSON) -> [String] { problems(of: value, by: root, at: "") }

    private func problems(of value: JSON, by schema: JSON, at path: String) -> [String] {
        (schema.members ?? []).flatMap { member -> [String] in
            let (key, rule) = (member.key, member.value)
            switch key {
            case "$schema", "$id", "title", "description", "examples", "definitions", "then": return []
            case "$ref": return problems(of: value, by: definition(rule), at: path)
            case "additionalProperties": return unknown(in: value, schema).map { "\(path): unknown key \($0)" }
            case "properties", "patternProperties", "required", "minProperties":
                return members(of: value, key, rule, at: path)
            case "items":
                return (value.array ?? []).enumerated().flatMap { problems(of: $1, by: rule, at: "\(path)/\($0)") }
            case "minItems": return (value.array?.count ?? .max) >= count(rule) ? [] : ["\(path): too few"]
            case "maxItems": return (value.array?.count ?? 0) <= count(rule) ? [] : ["\(path): too many"]
            case "allOf": return (rule.array ?? []).flatMap { problems(of: value, by: $0, at: path) }
            case "anyOf": return fitting(value, rule, at: path) > 0 ? [] : ["\(path): none of them"]
            case "oneOf": return fitting(value, rule, at: path) == 1 ? [] : ["\(path): not one of them"]
            case "if":
                guard problems(of: value, by: rule, at: path).isEmpty, let then = schema["then"] else { return [] }
                return problems(of: value, by: then, at: path)
            default:
                return isScalarFitting(value, key, rule).map { $0 ? [] : ["\(path): \(key)"] } ?? ["unknown \(key)"]
            }
        }
    }

    /// - Returns: nil for a word that it does not know.
    private func isScalarFitting(_ value: JSON, _ key: String, _ rule: JSON) -> Bool? {
        switch key {
        case "type": (rule.array ?? [rule]).contains { isOf(value, type: $0.string ?? "") }
        case "enum": (rule.array ?? []).contains(value)
        case "const": rule == value
        case "pattern": value.string.map { $0.range(of: rule.string ?? "", options: .regularExpression) != nil } ?? true
        case "minimum": number(value).map { $0 >= number(rule) ?? .nan } ?? true
        case "maximum": number(value).map { $0 <= number(rule) ?? .nan } ?? true
        case "exclusiveMinimum": number(value).map { $0 > number(rule) ?? .nan } ?? true
        default: nil
        }
    }

    private func members(of value: JSON, _ key: String, _ rule: JSON, at path: String) -> [String] {
        guard let members = value.members else { return [] }
        switch key {
        case "properties":
            return members.flatMap { member in
                rule[member.key].map { problems(of: member.value, by: $0, at: "\(path)/\(member.key)") } ?? []
            }
        case "patternProperties":
            return (rule.members ?? []).flatMap { pattern in
                members.filter { $0.key.range(of: pattern.key, options: .regularExpression) != nil }.flatMap {
                    problems(of: $0.value, by: pattern.value, at: "\(path)/\($0.key)")
                }
            }
        case "required":
            return (rule.array ?? []).compactMap { name in
                members.contains { $0.key == name.string } ? nil : "\(path): needs \(name.shown)"
            }
        default: return members.count >= count(rule) ? [] : ["\(path): too few"]
        }
    }

    private func unknown(in value: JSON, _ schema: JSON) -> [String] {
        let known = Set((schema["properties"]?.members ?? []).map(\.key))
        let patterns = (schema["patternProperties"]?.members ?? []).map(\.key)
        return (value.members ?? []).map(\.key).filter { key in
            !known.contains(key) && !patterns.contains { key.range(of: $0, options: .regularExpression) != nil }
        }
    }

    private func fitting(_ value: JSON, _ schemas: JSON, at path: String) -> Int {
        (schemas.array ?? []).count { problems(of: value, by: $0, at: path).isEmpty }
    }

    private func definition(_ reference: JSON) -> JSON {
        let name = reference.string?.replacing("#/definitions/", with: "") ?? ""
        return root["definitions"]?[name] ?? .object([JSON.Member("no such definition \(name)", .null)])
    }

    private func isOf(_ value: JSON, type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"), (.array, "array"),
            (.object, "object"):
            true
        case (.number, "integer"): value.integer != nil
        default: false
        }
    }

    private func number(_ value: JSON) -> Double? {
        guard case .number(let digits) = value else { return nil }
        return Double(digits)
    }

    private func count(_ rule: JSON) -> Int { Int(rule.integer ?? .max) }
}

extension JSON {
    /// A YAML document as an editor sees it: scalars without quotes by the core schema of YAML 1.2.
    /// - Returns: nil when the text is no single document.
    init?(yaml text: String) {
        do {
            guard let node = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else { return nil }
            self.init(node)
        } catch {
            return nil
        }
    }

    private init(_ node: Node) {
        switch node {
        case .scalar(let scalar):
            self = scalar.style == .plain ? JSON(plain: scalar.string) : .string(scalar.string)
        case .sequence(let sequence): self = .array(sequence.map { JSON($0) })
        case .mapping(let mapping):
            self = .object(mapping.map { JSON.Member($0.key.scalar?.string ?? "", JSON($0.value)) })
        case .alias: self = .null
        }
    }

    private init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .bool(true)
        case "false", "False", "FALSE": self = .bool(false)
        default:
            let number = "^[-+]?(?:\\.[0-9]+|[0-9]+(?:\\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
            self = text.range(of: number, options: .regularExpression) == nil ? .string(text) : .number(text)
        }
    }
}
