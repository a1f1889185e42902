import GovernorCore
import GovernorPolicy
import Testing

/// The examples of every kind of rule are its documentation: each holds when it is run, and says truly whether it fires.
@Suite struct RuleExampleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var keyword: String
        var example: RuleExample

        var testDescription: String { "\(keyword) \(example.title)" }
    }

    static let cases = RuleCondition.kinds.flatMap { kind in
        kind.examples.map { Case(keyword: kind.keyword, example: $0) }
    }

    @Test(arguments: cases) func `an example holds, and fires when it says so`(sample: Case) {
        let result = PolicyTest.run(sample.example.test, name: "example_test.yaml", policy: sample.example.policy)
        #expect(result.diagnostics.map(\.description) == [])
        #expect(result.outcome == .passed)
        let fires = result.events.contains {
            if case .fired(let alert) = $0.kind { alert.kind == .rule } else { false }
        }
        #expect(fires == sample.example.fires)
    }

    @Test func `every kind shows when it fires and when it does not, and is explained`() {
        for kind in RuleCondition.kinds {
            #expect(kind.examples.contains { $0.fires } && kind.examples.contains { !$0.fires }, "\(kind.keyword)")
            #expect(kind.summary.hasSuffix("."), "\(kind.keyword)")
            let titles = kind.examples.map(\.title)
            #expect(Set(titles).count == titles.count, "\(kind.keyword)")
        }
        #expect(Set(RuleCondition.kinds.map { $0.keyword }).count == 8)
    }

    @Test(arguments: cases) func `an example's policy has nothing to warn of`(sample: Case) {
        let loading = PolicyLoader(environment: [:]).load(sample.example.policy)
        #expect(loading.text == "")
    }
}
