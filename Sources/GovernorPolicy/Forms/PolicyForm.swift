import GovernorCore

/// What one file says, before the files are put together.
struct PolicyDraft {
    var version: Bool?
    var timezone: Placed<Zone>?
    var mode: Placed<Mode>?
    var budgets: [Placed<BudgetDraft>]?
    var rules: [Placed<RuleDraft>]?
    var receivers: [Named<ReceiverDraft>]?
    var notifications: NotificationsDraft?
    var models: [Named<[ModelMapEntry]>]?
    var schedules: [Named<ScheduleDraft>]?
    var labels: [LabelRuleDraft]?
    var free: [Glob]?
    var prices: [Placed<PriceDraft>]?
    var calculatesCost: Placed<Bool>?
    var sources: SourcesDraft?
    var holds: HoldsDraft?
    var overrides: [Placed<OverrideDraft>]?
    var silences: [Placed<SilenceDraft>]?
}

struct NotificationsDraft {
    var groupWait: Placed<Span>?
    var groupInterval: Placed<Span>?
    var repeatEvery: Placed<Span>?
    var dashboardURL: Placed<String>?
}

struct SourcesDraft {
    var staleAfter: [Named<Span>]?
    var authority: Placed<[Placed<SourceKind>]>?
    var hypotheticalModel: Placed<String>?
    var manualMinutes: Placed<Int64>?
}

extension Form where Draft == PolicyDraft {
    static var policy: Form {
        Form(
            noun: "a policy file",
            fields: [
                Field("version", \.version, .version, "The version of the format; always 1."),
                Field(
                    "timezone", \.timezone, Reader<Zone>.zone.placed,
                    "The IANA time zone of calendar windows, schedules and dates; UTC if absent."),
                Field("mode", \.mode, Reader<Mode>.mode.placed, "observe: decide and tell, but never block."),
                Field("budgets", \.budgets, Reader<BudgetDraft>.budget.placed.list, "Limits on spend per window."),
                Field("rules", \.rules, Reader<RuleDraft>.rule.placed.list, "Conditions that are no share of a limit."),
                Field(
                    "receivers", \.receivers, Reader<ReceiverDraft>.receiver.named("receivers"),
                    "Where alerts go, by name."),
                Field(
                    "notifications", \.notifications, Form<NotificationsDraft>.notifications.reader(.init()),
                    "What holds for every receiver that does not say otherwise."),
                Field(
                    "models", \.models, Reader<[ModelMapEntry]>.modelMap.named("model maps"),
                    "Model maps, by name: which model to use instead of which."),
                Field(
                    "schedules", \.schedules, Reader<ScheduleDraft>.schedule.named("schedules"),
                    "Hours of the week, by name."),
                Field(
                    "labels", \.labels, Reader<LabelRuleDraft>.labelRule.list, "Labels for what a source doesn't name."),
                Field(
                    "prices", \.prices, Form<PriceDraft>.price.reader(.init()).placed.list,
                    "Prices of models, which go before the built-in ones; in dollars per million tokens."),
                Field(
                    "cost", \.calculatesCost,
                    Reader<Bool>.choice("cost", [("reported", false), ("calculate", true)]).placed,
                    "calculate: pass over the cost a source reports where the model has a price."),
                Field("free", \.free, Reader<Glob>.glob.list, "Models that cost nothing on purpose, as patterns."),
                Field(
                    "sources", \.sources, Form<SourcesDraft>.sources.reader(.init()), "What holds for usage sources."),
                Field("holds", \.holds, Form<HoldsDraft>.holds.reader(.init()), "What is set aside at admission."),
                Field(
                    "overrides", \.overrides, Form<OverrideDraft>.override.reader(.init()).placed.list,
                    "Limits changed for a while, with a reason."),
                Field(
                    "silences", \.silences, Form<SilenceDraft>.silence.reader(.init()).placed.list,
                    "Alerts muted for a while, with a reason; limits go on."),
            ],
            required: ["version"])
    }
}

extension Form where Draft == NotificationsDraft {
    static var notifications: Form {
        Form(
            noun: "notifications",
            fields: [
                Field(
                    "group_wait", \.groupWait, Reader<Span>.spanOrZero.placed,
                    "How long alerts of one budget or rule are gathered into one message; 5s if absent."),
                Field(
                    "group_interval", \.groupInterval, Reader<Span>.spanOrZero.placed,
                    "How long after a message about a budget or rule a further change of it waits; 1m if absent."),
                Field(
                    "repeat_every", \.repeatEvery, Reader<Span>.repeatEvery.placed,
                    "How often what goes on unchanged is told again; if absent, thresholds never and rules after 4h."),
                Field(
                    "dashboard_url", \.dashboardURL, Reader<String>.pageAddress.placed,
                    "Where the dashboard is, for links in messages."),
            ])
    }
}

extension Form where Draft == SourcesDraft {
    static var sources: Form {
        Form(
            noun: "sources",
            fields: [
                Field(
                    "stale_after", \.staleAfter, Reader<Span>.span.named("kinds of source"),
                    "After how long without a record a kind of source counts as silent."),
                Field(
                    "hypothetical_model", \.hypotheticalModel, Reader<String>.model.placed,
                    "The listed model that savings are compared with; claude-opus-5 if absent."),
                Field(
                    "authority", \.authority, Reader<SourceKind>.sourceKind.placed.list.placed,
                    "Whose word counts where several sources tell of one session, the best first."),
                Field(
                    "manual_minutes_per_task", \.manualMinutes,
                    Reader<Int64>.minutes.placed, "What a task would take by hand, for the time saved; 30 if absent."),
            ])
    }
}

extension Reader where Value == Bool {
    /// The version of the file's format; 1 is the only one.
    static var version: Reader {
        .text("a version", .whole(atLeast: 1, atMost: 1)) { text, place, reading in
            if text == "1" { return true }
            reading.error("unknown version \(Quoting.quoted(text))", at: place, hint: "write \"version: 1\"")
            return nil
        }
    }
}

extension Reader where Value == SourceKind {
    static var sourceKind: Reader { .choice("source", SourceKind.allCases.map { ($0.rawValue, $0) }) }
}

extension Reader where Value == Int64 {
    /// Up to a week.
    static var minutes: Reader {
        .scalar(
            "a number of minutes from 0 to 10080", .whole(atLeast: 0, atMost: 10_080),
            hint: "write it in digits, such as 30"
        ) { text in
            guard Digits.areAll(text), let value = Int64(text), value <= 10_080 else { return nil }
            return value
        }
    }
}
