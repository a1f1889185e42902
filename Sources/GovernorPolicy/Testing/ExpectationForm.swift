import GovernorCore

/// One entry of `expect`.
struct ExpectationDraft {
    var at: Placed<WrittenTime>?
    var resume: LabelsDraft?
    var check: Placed<LabelsDraft>?
    var decision: Placed<Decision.Kind>?
    var would: Placed<Decision.Kind>?
    var budget: Placed<String>?
    var rule: Placed<String>?
    var resumeAt: Placed<WrittenTime>?
    var delay: Placed<Span>?
    var maxWorkers: Placed<Int64>?
    var model: Placed<String>?
    var stop: Placed<Bool>?
    var remaining: Placed<Money>?
    var reason: Placed<String>?
    var caveats: Placed<[String]>?
    var alerts: Placed<[Placed<AlertPattern>]>?
    var firing: Placed<[Placed<AlertPattern>]>?
}

extension Form where Draft == ExpectationDraft {
    static var expectation: Form {
        let kind = Reader<Decision.Kind>.choice(
            "decision", [("allow", .allow), ("throttle", .throttle), ("pause", .pause)])
        let names = Reader<AlertPattern>.alertPattern.placed.list.placed
        let text = Reader<String>.remark
        return Form(
            noun: "an expectation",
            fields: [
                Field(
                    "at", \.at, Reader<WrittenTime>.writtenTime.placed, "When it is asked, after records of that time."),
                Field(
                    "resume", \.resume, Form<LabelsDraft>.whose.reader(.init()),
                    "Whose pauses an operator ends before the question."),
                Field(
                    "check", \.check, Form<LabelsDraft>.question.reader(.init()).placed, "The work that is asked about."
                ),
                Field("decision", \.decision, kind.placed, "What it may do."),
                Field("would", \.would, kind.placed, "What it might if nothing only observed."),
                Field("budget", \.budget, Reader<String>.name.placed, "The budget of the first reason."),
                Field("rule", \.rule, Reader<String>.name.placed, "The rule of the first reason."),
                Field("resume_at", \.resumeAt, Reader<WrittenTime>.writtenTime.placed, "When it may go on."),
                Field("delay", \.delay, Reader<Span>.span.placed, "How long it is to wait."),
                Field("max_workers", \.maxWorkers, Reader<Int64>.count.placed, "How many workers there may be."),
                Field("model", \.model, Reader<String>.labelValue.placed, "The model to use instead."),
                Field("stop", \.stop, Reader<Bool>.flag.placed, "Whether running work must end."),
                Field("remaining_usd", \.remaining, Reader<Money>.dollarsOrZero.placed, "The least that is left."),
                Field("reason", \.reason, text.placed, "A part of what one of the reasons says."),
                Field("caveats", \.caveats, text.list.placed, "Parts of what the caveats say, one for each."),
                Field("alerts", \.alerts, names, "What fired since the entry before, in order."),
                Field("firing", \.firing, names, "All that fires now, in any order."),
            ],
            required: ["at"])
    }
}

extension Reader where Value == ExpectationDraft {
    static var expectation: Reader {
        Form<ExpectationDraft>.expectation.reader(.init()) { _, node, reading in
            guard case .map(let entries) = node.content else { return }
            let keys = Set(entries.map(\.key))
            if keys.isSubset(of: ["at", "check"]) {
                reading.error(
                    "this expects nothing", at: node.place, hint: "add a decision, or the alerts that fired")
            }
            guard !keys.contains("check") else { return }
            for entry in entries where ofDecision.contains(entry.key) {
                reading.error(
                    "\"\(entry.key)\" is about a decision, and nothing is asked here", at: entry.keyPlace,
                    hint: "add whom it is about, such as check: { worker: w-1 }")
            }
        }
    }

    private static var ofDecision: Set<String> {
        [
            "decision", "would", "budget", "rule", "resume_at", "delay", "max_workers", "model", "stop",
            "remaining_usd", "reason", "caveats",
        ]
    }
}
