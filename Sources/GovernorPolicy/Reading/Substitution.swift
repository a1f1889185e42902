import Foundation

/// A text after its `${…}` were replaced. It may hold a secret: messages never show it.
struct Substituted {
    var text: String
    /// The variables it named.
    var variables: [String]
    /// Whether there was nothing to replace.
    var isLiteral: Bool
}

/// Replaces `${VAR}`, `${VAR:-default}` and `${file:/path}` by what they stand for.
enum Substitution {
    /// Bytes a file of a secret may have.
    static let fileLimit = 64 * 1024

    /// - Returns: nil when a part can't be had, which is reported by the name of the variable or file.
    static func resolve(_ text: String, at place: Place, _ reading: inout Reading) -> Substituted? {
        guard reading.mayLackSecrets else { return resolveWhole(text, at: place, &reading) }
        // Also a secret that is there: a test must not depend on who runs it.
        return text.contains("${") ? nothing : Substituted(text: text, variables: [], isLiteral: true)
    }

    private static let nothing = Substituted(text: "", variables: [], isLiteral: false)

    private static func resolveWhole(_ text: String, at place: Place, _ reading: inout Reading) -> Substituted? {
        var result = Substituted(text: "", variables: [], isLiteral: !text.contains("${"))
        var isWhole = true
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            result.text += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                reading.error("a \"${\" is never closed", at: place, hint: "end it with \"}\"")
                return nil
            }
            let inside = String(rest[start.upperBound..<end])
            if let part = value(of: inside, at: place, &result.variables, &reading) {
                result.text += part
            } else {
                isWhole = false
            }
            rest = rest[rest.index(after: end)...]
        }
        result.text += rest
        return isWhole ? result : nil
    }

    private static func value(
        of inside: String, at place: Place, _ variables: inout [String], _ reading: inout Reading
    ) -> String? {
        if inside.hasPrefix("file:") { return contents(of: String(inside.dropFirst(5)), at: place, &reading) }
        let parts = inside.firstRange(of: ":-").map { (inside[..<$0.lowerBound], inside[$0.upperBound...]) }
        let name = String(parts?.0 ?? inside[...])
        guard isVariable(name) else {
            reading.error(
                "\(Quoting.quoted("${\(name)}")) names no variable", at: place,
                hint: "write ${NAME}, ${NAME:-default} or ${file:/path}")
            return nil
        }
        variables.append(name)
        if let parts {
            guard !parts.1.contains("${") else {
                reading.error("the default of ${\(name):-…} holds another ${…}", at: place, hint: "write it out")
                return nil
            }
            // As in a shell: an empty variable takes the default too.
            let value = reading.environment[name] ?? ""
            return value.isEmpty ? String(parts.1) : value
        }
        if let value = reading.environment[name] { return value }
        reading.error(
            "the environment variable \(name) is not set", at: place,
            hint: "set it, or write ${\(name):-} to leave the receiver off without it")
        return nil
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return Name.isValid(name) && !name.contains { $0 == "." || $0 == "-" }
    }

    private static func contents(of path: String, at place: Place, _ reading: inout Reading) -> String? {
        let shown = Quoting.quoted(path)
        guard path.hasPrefix("/") else {
            reading.error("the file \(shown) is named without its whole path", at: place, hint: "begin it with \"/\"")
            return nil
        }
        do {
            let bytes = try RegularFile.read(path, limit: fileLimit + 1)
            guard bytes.count <= fileLimit else { throw FileProblem(reason: "it is over 64 KiB") }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw FileProblem(reason: "it is not UTF-8")
            }
            // Editors and `echo` end a file with a line break that is no part of the secret.
            return text.hasSuffix("\n") || text.hasSuffix("\r\n") ? String(text.dropLast()) : text
        } catch let problem as FileProblem {
            reading.error("the file \(shown) can't be read", at: place, hint: problem.reason)
        } catch {
            reading.error("the file \(shown) can't be read", at: place)
        }
        return nil
    }
}

extension Reader where Value == Substituted {
    static var substituted: Reader {
        .text("a text", .scalar(pattern: "")) { text, place, reading in Substitution.resolve(text, at: place, &reading)
        }
    }
}
