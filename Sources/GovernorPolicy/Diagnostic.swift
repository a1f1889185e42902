/// One problem of a policy, said to the person who wrote it.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: String, Sendable { case error, warning }

    /// As it was given: `policies/team.yaml`.
    package var file: String
    /// From 1; 0 when the problem is the file or folder as a whole.
    package var line: Int
    /// From 1, counted in Unicode scalars; 0 with line 0.
    package var column: Int
    package var severity: Severity
    package var message: String
    /// What to do about it, as a clause of its own: `did you mean "month"?`.
    package var hint: String?

    package init(
        file: String, line: Int, column: Int, severity: Severity, message: String, hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.message = message
        self.hint = hint
    }

    /// `policies/team.yaml:12:15: error: unknown window "mounth"; did you mean "month"?`, always one line.
    package var description: String {
        let place = line == 0 ? Quoting.printable(file) : "\(Quoting.printable(file)):\(line):\(column)"
        return "\(place): \(severity.rawValue): \(message)" + (hint.map { "; \($0)" } ?? "")
    }
}

/// Where something stands in a file.
struct Place: Hashable, Sendable {
    var file: String
    /// From 1; 0 for the file as a whole.
    var line: Int
    /// From 1, in Unicode scalars.
    var column: Int

    static func whole(_ file: String) -> Place { Place(file: file, line: 0, column: 0) }

    /// `on line 4`, or `in policies/a.yaml:4:3` when seen from another file.
    func seen(from other: Place) -> String {
        file == other.file ? "on line \(line)" : "in \(Quoting.printable(file)):\(line):\(column)"
    }
}

/// A value with the place it was written at, for problems that show only later.
struct Placed<Value> {
    var value: Value
    var place: Place
}

/// Text from a file inside a message: it must not be able to drive the terminal, nor to flood it.
enum Quoting {
    /// `"mounth"`, at most 60 characters of it.
    static func quoted(_ text: String) -> String {
        let shown = printable(String(text.prefix(60)))
        return text.count > 60 ? "\"\(shown)…\"" : "\"\(shown)\""
    }

    /// The text with everything that is not a visible character or a plain space written as `\u{1B}`.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ words: [String], _ conjunction: String = "and") -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }
}
