package import GovernorCore

/// Makes a policy of YAML files.
package struct PolicyLoader: Sendable {
    private let environment: [String: String]
    private let mayLackSecrets: Bool

    /// - Parameter environment: what `${VAR}` in receivers is looked up in.
    package init(environment: [String: String]) {
        self.environment = environment
        mayLackSecrets = false
    }

    /// - Parameter mayLackSecrets: whether every `${…}` of receivers stands for nothing.
    private init(mayLackSecrets: Bool) {
        environment = [:]
        self.mayLackSecrets = mayLackSecrets
    }

    /// For those who notify nobody, such as tests and replays: no variable and no file of a secret is looked at, so that a policy
    /// loads the same for everybody; receivers that take their address from one are off.
    package static let withoutSecrets = PolicyLoader(mayLackSecrets: true)

    /// All `*.yaml` and `*.yml` directly in the folder but `*_test.yaml` and hidden ones, in the order of their names.
    ///
    /// Files are named in diagnostics as the folder was given: `policies/team.yaml`.
    package func load(folder: String) -> PolicyLoading {
        var reading = self.reading
        return load(PolicyFolder.texts(in: folder, &reading), &reading)
    }

    /// The folder as it would be with one of its files changed or added.
    func load(folder: String, replacing name: String, by text: String) -> PolicyLoading {
        var reading = self.reading
        let path = PolicyFolder.path(name, beside: folder.hasSuffix("/") ? folder : folder + "/")
        var texts = PolicyFolder.hasPolicies(folder) ? PolicyFolder.texts(in: folder, &reading) : []
        texts.removeAll { $0.file == path }
        return load(texts + [.checked(text, file: path, &reading)], &reading)
    }

    /// Files that are already in memory, in this order.
    package func load(files: [(name: String, text: String)]) -> PolicyLoading {
        var reading = self.reading
        if files.isEmpty { reading.error("there is no policy file", at: .whole("policy")) }
        return load(files.map { .checked($0.text, file: $0.name, &reading) }, &reading)
    }

    /// A folder, or one file of a policy alone.
    func load(_ path: String) -> PolicyLoading {
        var reading = self.reading
        return load(
            PolicyFolder.isFolder(path)
                ? PolicyFolder.texts(in: path, &reading) : [PolicyFolder.text(at: path, &reading)], &reading)
    }

    private var reading: Reading { Reading(environment: environment, mayLackSecrets: mayLackSecrets) }

    private func load(_ texts: [PolicyText], _ reading: inout Reading) -> PolicyLoading {
        let form = Form<PolicyDraft>.policy
        var drafts: [PolicyDraft] = []
        for file in texts {
            guard let text = file.text else {
                reading.isComplete = false
                continue
            }
            guard let root = YAMLComposer.read(text, file: file.file, &reading) else { continue }
            var draft = PolicyDraft()
            form.read(root, into: &draft, &reading)
            drafts.append(draft)
        }
        var assembly = PolicyAssembly(drafts: drafts)
        let policy = assembly.policy(revision: Self.revision(of: texts), &reading)
        if let first = texts.first?.file, policy.budgets.isEmpty, policy.rules.isEmpty, !reading.hasErrors {
            reading.warning("there is no budget, so nothing is limited", at: .whole(first))
        }
        let diagnostics = Self.sorted(reading.diagnostics, files: texts.map(\.file))
        return PolicyLoading(policy: reading.hasErrors ? nil : policy, diagnostics: diagnostics)
    }

    /// The same for the same files, wherever their folder is and however it was spelled; secrets are no part of it.
    private static func revision(of texts: [PolicyText]) -> String {
        let parts = texts.flatMap { [$0.file.split(separator: "/").last.map(String.init) ?? $0.file, $0.text ?? ""] }
        return StableHash.hex(parts.map { "\($0.utf8.count):\($0)" }.joined())
    }

    /// By file in the order they were read, then by line and column; what is at one place stays in the order found.
    private static func sorted(_ diagnostics: [Diagnostic], files: [String]) -> [Diagnostic] {
        let order = Dictionary(files.enumerated().map { ($1, $0) }) { first, _ in first }
        return diagnostics.enumerated()
            .sorted { left, right in
                let (a, b) = (left.element, right.element)
                return (order[a.file] ?? -1, a.line, a.column, left.offset)
                    < (order[b.file] ?? -1, b.line, b.column, right.offset)
            }
            .map(\.element)
    }
}

/// What became of the files.
package struct PolicyLoading: Sendable {
    /// nil when there is any error.
    package var policy: Policy?
    /// All errors and warnings, in the order of files and lines.
    package var diagnostics: [Diagnostic]

    package init(policy: Policy?, diagnostics: [Diagnostic]) {
        self.policy = policy
        self.diagnostics = diagnostics
    }
}
