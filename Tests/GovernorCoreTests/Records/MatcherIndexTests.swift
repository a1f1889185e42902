import GovernorCore
import Seeds
import Testing

@Suite struct MatcherIndexTests {
    private static let keys: [LabelKey] = [
        .label(.worker), .label(.model), .label(.project), .tag("lane"), .tag("é"),
    ]
    private static let patterns = [
        "w-1", "w-2", "w-*", "w-1*", "*", "*-1", "?-1", "w?1", "", "w", "é", "e\u{301}", "é*", "e\u{301}*", "日本*",
        "日*語",
        "日本語", "👩‍👩‍👧*", "👩*", "claude-opus-5", "claude-opus-*", "claude-*-5", "us.anthropic.*", "vertex_ai/*",
        "anthropic.claude-opus-5", "*opus*", "w*\u{301}*1", "?\u{301}*", "a*b*c", "**",
    ]
    private static let values = [
        "w-1", "w-2", "w-10", "w", "", "x-1", "é", "e\u{301}", "école", "e\u{301}cole", "日本", "日本語", "日語", "👩‍👩‍👧x",
        "👩x", "claude-opus-5", "us.anthropic.claude-opus-5", "vertex_ai/claude-opus-5", "vertex_ai/x",
        "claude-sonnet-5",
        "wab\u{301}c1", "w*\u{301}*1", "abc", "a", "x\u{301}",
    ]

    private static func matcher(_ random: inout SeededGenerator) -> Matcher {
        var keys = keys.shuffled(using: &random)
        keys.removeLast(random.number(1..<6))
        return Matcher(
            terms: keys.map { key in
                Matcher.Term(
                    key: key, globs: (0..<random.number(1..<4)).map { _ in Glob(random.pick(patterns)) })
            })
    }

    private static func labels(_ random: inout SeededGenerator) -> Labels {
        var labels = Labels()
        for name in [LabelName.worker, .model, .project] where !random.once(in: 4) {
            labels[name] = random.pick(values)
        }
        for tag in ["lane", "é"] where random.once(in: 2) { labels.tags[tag] = random.pick(values) }
        return labels
    }

    @Test(arguments: Seed.some(200)) func `what it finds and what matches is what trying each finds`(seed: Seed) {
        var random = SeededGenerator(seed)
        let matchers = (0..<random.number(0..<40)).map { _ in Self.matcher(&random) }
        let index = MatcherIndex(matchers)
        for _ in 0..<40 {
            let labels = Self.labels(&random)
            let found = index.candidates(for: labels)
            #expect(zip(found, found.dropFirst()).allSatisfy(<), "each once, rising")
            #expect(
                found.filter { matchers[$0].matches(labels) }
                    == matchers.indices.filter { matchers[$0].matches(labels) },
                "\(labels.text)")
            let concerned = index.candidates(for: labels, includingLacking: true)
            #expect(zip(concerned, concerned.dropFirst()).allSatisfy(<))
            #expect(
                concerned.filter { matchers[$0].outcome(for: labels) != .differs }
                    == matchers.indices.filter { matchers[$0].outcome(for: labels) != .differs }, "\(labels.text)")
        }
    }

    @Test func `a record costs no more for a thousand budgets that are about others`() {
        let mine = [matching(.worker, "w-1"), matching(.model, "claude-opus-*"), matching(.project, "web", "api-*")]
        let others = (0..<1000).map { number -> Matcher in
            switch number % 4 {
            case 0: matching(.worker, "x-\(number)")
            case 1: matching(.worker, "x-\(number)-*", "y-\(number)")
            case 2: matching(.model, "gpt-\(number)*")
            default:
                Matcher(terms: [
                    Matcher.Term(key: .label(.user), globs: [Glob("*\(number)")]),
                    Matcher.Term(key: .label(.project), globs: [Glob("p-\(number)")]),
                ])
            }
        }
        let labels = Labels([
            .worker: "w-1", .project: "api-2", .user: "ada", .model: "us.anthropic.claude-opus-5", .session: "s",
        ])
        for all in [mine + others, others + mine] {
            let index = MatcherIndex(all)
            #expect(index.candidates(for: labels).count == mine.count)
            #expect(index.candidates(for: labels, includingLacking: true).count == mine.count)
        }
    }

    @Test func `a book books a record where its labels match, and nowhere else`() {
        let budgets = [
            pot("one", match: matching(.worker, "w-1")), pot("any"),
            pot("opus", match: matching(.model, "claude-opus-*")),
            pot("two", match: matching(.worker, "w-2")),
        ]
        var book = Book(policy: Policy(revision: "r", budgets: budgets), now: monday)
        let plan = book.commit(
            [spend(usd("1"), Labels([.worker: "w-1", .model: "vertex_ai/claude-opus-5"]))], at: monday)
        #expect(plan.deltas.keys.map(\.key.meter).sorted() == [0, 1, 2])
    }

    @Test func `a star is a star before a combining mark too`() {
        let glob = Glob("w*\u{301}*1")
        #expect(glob.matches("wab\u{301}c1") && !glob.matches("wabc1"))
        #expect(Glob("*\u{301}").matches("e\u{301}") && !Glob("*\u{301}").matches("e"))
    }
}
