import GovernorCore

/// A text that is a secret, or may hold one, with what a message about it needs.
struct SecretText {
    var secret: Secret
    var place: Place
    /// The variables it came from.
    var variables: [String]
    /// Whether it was written into the file as it is, so that saying it tells nothing new.
    var isLiteral: Bool

    init(_ text: Substituted, at place: Place) {
        secret = Secret(text.text)
        self.place = place
        variables = text.variables
        isLiteral = text.isLiteral
    }

    var isEmpty: Bool { secret.isEmpty }

    /// ` (from SLACK_OPS)`; nothing for what comes from no variable.
    var origin: String { variables.isEmpty ? "" : " (from \(Quoting.list(variables)))" }

    /// How to make it something: `set SLACK_OPS`; else the words given for one that names no variable.
    func remedy(_ otherwise: String) -> String {
        variables.isEmpty ? otherwise : "set \(Quoting.list(variables))"
    }
}

/// What is wrong with a text, as the rest of a sentence that begins with it: `is not a mail address`.
struct TextProblem: Error {
    var says: String
    var hint: String?
}

extension Reader where Value == SecretText {
    /// A text in which `${…}` are replaced; an empty one is taken, and means that there is none.
    ///
    /// - Parameters:
    ///   - isShown: whether one that is written into the file itself may be repeated in a message.
    ///   - problem: what is wrong with one that isn't empty; nil when it is fine.
    static func secret(
        _ noun: String, _ shape: Shape = .scalar(pattern: ""), isShown: Bool = false,
        problem: @escaping (String) -> TextProblem? = { _ in nil }
    ) -> Reader {
        .text(noun, shape) { written, place, reading in
            guard let text = Substitution.resolve(written, at: place, &reading) else { return nil }
            let secret = SecretText(text, at: place)
            guard !secret.isEmpty, let problem = problem(text.text) else { return secret }
            let subject = isShown && text.isLiteral ? Quoting.quoted(text.text) : "this\(secret.origin)"
            reading.error("\(subject) \(problem.says)", at: place, hint: problem.hint)
            return nil
        }
    }

    /// A name or password for a server: anything on one line.
    static func credential(_ noun: String) -> Reader {
        .secret(noun) { text in
            text.unicodeScalars.contains { $0.properties.generalCategory == .control }
                ? TextProblem(
                    says: "has a line break or another control character in it",
                    hint: "a file should hold nothing but the text itself")
                : nil
        }
    }

    /// What stands in a header of HTTP.
    static func token(_ noun: String) -> Reader {
        .secret(noun) { text in
            text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
                ? nil
                : TextProblem(
                    says: "has a space, a line break or a letter beyond ASCII in it",
                    hint: "a file should hold nothing but the token itself")
        }
    }
}
