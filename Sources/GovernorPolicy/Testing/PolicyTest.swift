package import GovernorCore

/// A policy's test: records, questions at times, and what is expected; the same run that the daemon makes, in memory.
package enum PolicyTest {
    /// Reads a test's file and the policy it names, and runs it. Nothing else is read, and no receiver's secret is needed.
    package static func run(file: String) -> PolicyTestResult {
        var reading = Reading(environment: [:])
        var text = PolicyText(file: file)
        do throws(FileProblem) {
            text = .checked(try RegularFile.read(file, limit: PolicyText.sizeLimit + 1), file: file, &reading)
        } catch {
            reading.error("the file can't be read", at: .whole(file), hint: error.reason)
        }
        return run(text, reading, needsPolicy: true) { path in
            PolicyLoader.withoutSecrets.load(PolicyFolder.path(path ?? ".", beside: file))
        }
    }

    /// Runs a test that is in memory over a policy that is too; a `policy:` line is not looked at.
    ///
    /// - Parameters:
    ///   - name: what diagnostics call the test.
    package static func run(_ test: String, name: String, policy: String) -> PolicyTestResult {
        var reading = Reading(environment: [:])
        let text = PolicyText.checked(test, file: name, &reading)
        return run(text, reading, needsPolicy: false) { _ in
            PolicyLoader.withoutSecrets.load(files: [(name: "policy.yaml", text: policy)])
        }
    }

    /// The tests a path stands for: itself, or every `*_test.yaml` and `*_test.yml` directly in that folder.
    package static func files(at path: String) throws(PolicyTestProblem) -> [String] {
        var reading = Reading(environment: [:])
        let files = PolicyFolder.tests(at: path, &reading)
        if let diagnostic = reading.diagnostics.first { throw PolicyTestProblem(diagnostic: diagnostic) }
        return files
    }

    private static func run(
        _ text: PolicyText, _ reading: Reading, needsPolicy: Bool, load: (String?) -> PolicyLoading
    ) -> PolicyTestResult {
        var reading = reading
        var draft = TestDraft()
        var loading: PolicyLoading?
        if let written = text.text, let root = YAMLComposer.read(written, file: text.file, &reading) {
            Form<TestDraft>.test(needsPolicy: needsPolicy).read(root, into: &draft, &reading)
            if draft.policy != nil || !needsPolicy { loading = load(draft.policy?.value) }
        }
        let script = TestScript(draft, loading?.policy, &reading)
        let mistakes = reading.diagnostics.inOrder + (loading?.diagnostics ?? []).filter { $0.severity == .error }
        guard let script, let policy = loading?.policy, !reading.hasErrors else {
            return PolicyTestResult(file: text.file, outcome: .invalid, diagnostics: mistakes)
        }
        do {
            var run = TestRun(policy, try PriceBook.embedded(for: policy), script)
            run.play()
            return PolicyTestResult(
                file: text.file, outcome: run.failures.isEmpty ? .passed : .failed, expectations: script.count,
                diagnostics: mistakes + run.failures.inOrder, events: run.events)
        } catch {
            reading.error(
                "the built-in prices can't be read: line \(error.line), \(error.message)", at: .whole(text.file))
            return PolicyTestResult(file: text.file, outcome: .invalid, diagnostics: reading.diagnostics)
        }
    }
}

/// What became of one test.
package struct PolicyTestResult: Sendable {
    package enum Outcome: String, Sendable {
        case passed
        /// Something expected was not so.
        case failed
        /// The test or its policy has mistakes, so that nothing was run.
        case invalid
    }

    /// As it was given: `policies/team_test.yaml`.
    package var file: String
    package var outcome: Outcome
    /// How many entries `expect` has; 0 when nothing was run.
    package var expectations = 0
    /// What did not hold, or what is wrong with the files, with the place of each.
    package var diagnostics: [Diagnostic]
    /// All that happened up to the last entry.
    package var events: [Event] = []

    package init(
        file: String, outcome: Outcome, expectations: Int = 0, diagnostics: [Diagnostic], events: [Event] = []
    ) {
        self.file = file
        self.outcome = outcome
        self.expectations = expectations
        self.diagnostics = diagnostics
        self.events = events
    }
}

/// Why there is no test at a path.
package struct PolicyTestProblem: Error {
    package var diagnostic: Diagnostic
}

extension [Diagnostic] {
    /// By line and column; what is at one place stays in the order found.
    fileprivate var inOrder: [Diagnostic] {
        enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
        }
        .map(\.element)
    }
}
