/// What readers share while they go through a policy: the environment, and the problems found so far.
struct Reading {
    let environment: [String: String]
    /// Whether a text that needs a variable or file that isn't there is simply empty: where nobody is notified.
    let mayLackSecrets: Bool
    private(set) var diagnostics: [Diagnostic] = []
    /// False once a whole file is missing; then nobody can say that a name exists nowhere.
    var isComplete = true

    init(environment: [String: String], mayLackSecrets: Bool = false) {
        self.environment = environment
        self.mayLackSecrets = mayLackSecrets
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    mutating func error(_ message: String, at place: Place, hint: String? = nil) {
        add(.error, message, place, hint)
    }

    mutating func warning(_ message: String, at place: Place, hint: String? = nil) {
        add(.warning, message, place, hint)
    }

    /// `expected a list, found a map`; nothing for what has been reported already.
    mutating func mismatch(_ node: YAMLNode, expected: String, hint: String? = nil) {
        if case .refused = node.content { return }
        error("expected \(expected), found \(node.kind)", at: node.place, hint: hint)
    }

    private mutating func add(_ severity: Diagnostic.Severity, _ message: String, _ place: Place, _ hint: String?) {
        diagnostics.append(
            Diagnostic(
                file: place.file, line: place.line, column: place.column, severity: severity, message: message,
                hint: hint))
    }
}
