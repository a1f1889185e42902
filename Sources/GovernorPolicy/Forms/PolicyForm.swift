import GovernorCore

/// What one file says, before the files are put together.
struct PolicyDraft {
    var version: Bool?
    var timezone: Placed<Zone>?
    var mode: Placed<Mode>?
    var budgets: [Placed<BudgetDraft>]?
    var receivers: [Named<ReceiverDraft>]?
    var notifications: NotificationsDraft?
    var labels: [LabelRuleDraft]?
    var free: [Glob]?
    var sources: SourcesDraft?
}

struct NotificationsDraft {
    var groupWait: Placed<Span>?
    var dashboardURL: Placed<String>?
}

struct SourcesDraft {
    var staleAfter: [Named<Span>]?
}

extension Form where Draft == PolicyDraft {
    static var policy: Form {
        Form(
            noun: "a policy file",
            fields: [
                Field("version", \.version, .version),
                Field("timezone", \.timezone, Reader<Zone>.zone.placed),
                Field("mode", \.mode, Reader<Mode>.mode.placed),
                Field("budgets", \.budgets, Reader<BudgetDraft>.budget.placed.list),
                Field("receivers", \.receivers, Reader<ReceiverDraft>.receiver.named("receivers")),
                Field("notifications", \.notifications, Form<NotificationsDraft>.notifications.reader(.init())),
                Field("labels", \.labels, Reader<LabelRuleDraft>.labelRule.list),
                Field("free", \.free, Reader<Glob>.glob.list),
                Field("sources", \.sources, Form<SourcesDraft>.sources.reader(.init())),
            ],
            required: ["version"], later: Later.top)
    }
}

extension Form where Draft == NotificationsDraft {
    static var notifications: Form {
        Form(
            noun: "notifications",
            fields: [
                Field("group_wait", \.groupWait, Reader<Span>.spanOrZero.placed),
                Field("dashboard_url", \.dashboardURL, Reader<String>.pageAddress.placed),
            ],
            later: Later.notifications)
    }
}

extension Form where Draft == SourcesDraft {
    static var sources: Form {
        Form(
            noun: "sources",
            fields: [Field("stale_after", \.staleAfter, Reader<Span>.span.named("kinds of source"))],
            later: Later.sources)
    }
}

extension Reader where Value == Bool {
    /// The version of the file's format; 1 is the only one.
    static var version: Reader {
        .text("a version") { text, place, reading in
            if text == "1" { return true }
            reading.error("unknown version \(Quoting.quoted(text))", at: place, hint: "write \"version: 1\"")
            return nil
        }
    }
}
