/// Alerts about sources that can't be read: what isn't seen isn't governed.
extension Planner {
    /// How long something may be unreadable before anybody is told: files are locked, moved and made again all the time.
    package static let sourcePatience = Span.minutes(1)

    /// What is wrong with sources now. A kind that has been in trouble for longer than a minute fires an alert to every
    /// receiver, once; it resolves when nothing is wrong with the kind any more.
    ///
    /// - Parameter findings: of every kind that is in trouble, each once. To be left out until all sources were looked at
    ///   after a start: until then nobody knows whether an earlier trouble goes on.
    package mutating func noteSources(_ findings: [SourceTroubles.Finding]) {
        var loose = plan.loose ?? book.loose
        let before = loose
        for alert in before where alert.kind == .source && !findings.contains(where: { $0.kind == alert.split.raw }) {
            var alert = alert
            alert.resolve(at: now, because: .readable)
            plan.alerts.append(alert)
            loose.removeAll { $0.id == alert.id }
        }
        for finding in findings where now - finding.since > Self.sourcePatience {
            let split = Split(raw: finding.kind)
            guard !before.contains(where: { $0.kind == .source && $0.split == split }) else { continue }
            let alert = alert(finding, split)
            loose.append(alert)
            plan.alerts.append(alert)
        }
        if loose != before { plan.loose = loose }
    }

    private mutating func alert(_ finding: SourceTroubles.Finding, _ split: Split) -> Alert {
        let what = finding.kind == SourceTroubles.folder ? "folder" : "\(finding.kind) file"
        var alert = Alert(
            id: Alert.id(item: Alert.sourceItem, kind: .source, split: split, start: now), kind: .source,
            item: Alert.sourceItem, per: [.label(.source)], split: split,
            window: Interval(start: finding.since, end: .distantFuture), ratio: nil, limitRevision: 0,
            severity: .warning, firedAt: now, spent: nil, limit: nil,
            text: "not every \(what) can be read, for \((now - finding.since).text) now: \(finding.text)",
            action: "keeps trying; what can't be read is not counted", notified: [])
        alert.notified = audience(of: alert.id, named: policy.receivers.map(\.name))
        alert.silenced = isMuted(alert)
        return alert
    }
}
