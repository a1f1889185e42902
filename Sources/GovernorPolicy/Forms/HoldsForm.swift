import GovernorCore

/// How much is set aside at admission, and for how long.
struct HoldsDraft {
    var estimate: HoldEstimateDraft?
    var ttl: Placed<Span>?
}

/// How much, when the caller doesn't say.
struct HoldEstimateDraft {
    var usesHistory: Placed<Bool>?
    var quantile: Placed<Ratio>?
    var fallback: Placed<Money>?
    var least: Placed<Money>?
}

extension Form where Draft == HoldsDraft {
    static var holds: Form {
        Form(
            noun: "holds",
            fields: [
                Field(
                    "estimate", \.estimate, Form<HoldEstimateDraft>.holdEstimate.reader(.init()),
                    "How much is set aside when the caller gives no estimate."),
                Field(
                    "ttl", \.ttl,
                    Reader<Span>.span(
                        from: .seconds(1), upTo: .days(30), hint: "a hold lives for one second to 30 days"
                    ).placed,
                    "How long a hold lives when the caller doesn't say; 2h if absent."),
            ])
    }
}

extension Form where Draft == HoldEstimateDraft {
    static var holdEstimate: Form {
        Form(
            noun: "an estimate",
            fields: [
                Field(
                    "from", \.usesHistory,
                    Reader<Bool>.choice("source of estimates", [("history", true), ("fallback", false)]).placed,
                    "history: what such work has cost, as soon as enough is known; fallback: always fallback_usd."),
                Field(
                    "quantile", \.quantile, Reader<Ratio>.index.placed,
                    "The share of past work that cost no more than the estimate; 0.9 if absent."),
                Field(
                    "fallback_usd", \.fallback, Reader<Money>.dollars.placed,
                    "What is set aside while too little is known; 1 if absent."),
                Field(
                    "at_least_usd", \.least, Reader<Money>.dollars.placed,
                    "The least an estimate from history may be; 0.05 if absent."),
            ])
    }
}

extension PolicyAssembly {
    /// Each key once in all files.
    func holds(_ reading: inout Reading) -> HoldSettings {
        let given = drafts.map(\.holds)
        let estimates = given.map { $0?.estimate }
        var settings = HoldSettings()
        if let ttl = single("ttl", given.map { $0?.ttl }, &reading) { settings.ttl = ttl }
        if let uses = single("from", estimates.map { $0?.usesHistory }, &reading) { settings.usesHistory = uses }
        if let quantile = single("quantile", estimates.map { $0?.quantile }, &reading) { settings.quantile = quantile }
        if let fallback = single("fallback_usd", estimates.map { $0?.fallback }, &reading) {
            settings.fallback = fallback
        }
        if let least = single("at_least_usd", estimates.map { $0?.least }, &reading) { settings.least = least }
        return settings
    }
}
