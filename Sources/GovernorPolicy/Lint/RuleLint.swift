import GovernorCore

/// What a rule asks for that can't come to pass, or always has.
extension PolicyLint {
    /// A wait that is longer than the hours it happens in.
    func checkHours(of rule: Rule, _ reading: inout Reading) {
        guard let schedule = rule.schedule else { return }
        let wait: Span
        if case .noData(let silence) = rule.condition { wait = silence.after } else { wait = rule.hold }
        guard wait >= schedule.length else { return }
        reading.warning(
            "\(rule.name) never fires, since a shift of \(schedule.name) is over before its \"for\" of \(wait.text)",
            at: place(of: rule.name), hint: "make it shorter than \(schedule.length.text)")
    }

    /// Shares of a whole that its own match leaves only one part of.
    func checkShares(of rule: Rule, _ reading: inout Reading) {
        guard case .concentration(let share) = rule.condition, let globs = rule.matcher.globs(for: share.by),
            globs.count == 1, globs[0].isOneText
        else { return }
        // A model has its other spellings beside it.
        if share.by == .label(.model) { return }
        reading.warning(
            "\(rule.name) always fires, since \(Quoting.quoted(globs[0].pattern)) is the only "
                + "\(Saying.noun(share.by)) it is about and has all there is", at: place(of: rule.name),
            hint: "take \(share.by.text) out of its match")
    }
}

extension Schedule {
    /// How long a shift is by the clock.
    fileprivate var length: Span {
        let length = to.milliseconds - from.milliseconds
        return Span(milliseconds: to > from ? length : length + Span.days(1).milliseconds)
    }
}
