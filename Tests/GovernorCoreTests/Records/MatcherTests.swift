import GovernorCore
import Testing

@Suite struct MatcherTests {
    private static func matcher(_ terms: [(LabelKey, [String])]) -> Matcher {
        Matcher(terms: terms.map { Matcher.Term(key: $0.0, globs: $0.1.map(Glob.init)) })
    }

    private static let opusOnWeb = matcher([(.label(.model), ["claude-opus-*"]), (.label(.project), ["web", "api-?"])])

    @Test(
        arguments: [
            (Labels([.model: "claude-opus-5", .project: "web"]), .matches),
            (Labels([.model: "claude-opus-5", .project: "api-2"]), .matches),
            (Labels([.model: "us.anthropic.claude-opus-5", .project: "web"]), .matches),
            (Labels([.model: "vertex_ai/claude-opus-5", .project: "web"]), .matches),
            (Labels([.model: "claude-sonnet-5", .project: "web"]), .differs),
            (Labels([.model: "claude-opus-5", .project: "api-22"]), .differs),
            // A term that differs decides, whatever else is missing.
            (Labels([.project: "docs"]), .differs),
            (Labels([.project: "web"]), .lacks(.label(.model))),
            (Labels([.model: "claude-opus-5"]), .lacks(.label(.project))),
            (Labels(), .lacks(.label(.model))),
        ] as [(Labels, Matcher.Outcome)])
    func `every term must match, by any of its globs`(labels: Labels, outcome: Matcher.Outcome) {
        #expect(Self.opusOnWeb.outcome(for: labels) == outcome)
        #expect(Self.opusOnWeb.matches(labels) == (outcome == .matches))
    }

    @Test func `only a model sheds its provider`() {
        let worker = Self.matcher([(.label(.worker), ["claude-opus-5"])])
        #expect(!worker.matches(Labels([.worker: "anthropic/claude-opus-5"])))
        let prefixed = Self.matcher([(.label(.model), ["us.anthropic.*"])])
        #expect(prefixed.matches(Labels([.model: "us.anthropic.claude-opus-5"])))
        #expect(!prefixed.matches(Labels([.model: "claude-opus-5"])))
    }

    @Test func `tags match by name, and nothing matches everything`() {
        var labels = Labels()
        labels.tags["lane"] = "nightly"
        #expect(Self.matcher([(.tag("lane"), ["night*"])]).matches(labels))
        #expect(Self.matcher([(.tag("other"), ["*"])]).outcome(for: labels) == .lacks(.tag("other")))
        #expect(Matcher.all.matches(Labels()))
        #expect(Self.opusOnWeb.text == "model claude-opus-*, project web or api-?")
    }
}

@Suite struct LabelsTests {
    @Test(arguments: LabelName.allCases) func `every label is read and written by its name`(name: LabelName) {
        var labels = Labels()
        labels[name] = "x"
        #expect(LabelName.allCases.filter { labels[$0] != nil } == [name])
        #expect(LabelKey(name.rawValue) == .label(name) && LabelKey.label(name).text == name.rawValue)
        #expect(labels[LabelKey.label(name)] == "x")
        #expect(labels.text == "\(name.rawValue)=x")
    }

    @Test(arguments: ["", "tags", "tags.", "Worker", "cost", "worker ", "tag.x"])
    func `another word is no label`(text: String) { #expect(LabelKey(text) == nil) }

    @Test func `gaps are filled and nothing is overwritten`() {
        var mine = Labels([.worker: "w-1", .model: "m"])
        mine.tags = ["a": "1"]
        var theirs = Labels([.worker: "w-2", .session: "s"])
        theirs.tags = ["a": "2", "b": "3"]
        let filled = mine.filling(from: theirs)
        #expect(filled.text == "worker=w-1 session=s model=m a=1 b=3")
        #expect(LabelKey("tags.a.b") == .tag("a.b") && LabelKey.tag("a.b").text == "tags.a.b")
    }
}
