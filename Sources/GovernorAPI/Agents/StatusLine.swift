package import GovernorCore

/// The one line of an agent's status bar.
package enum StatusLine {
    /// What Claude Code tells its status line; all of it may be missing.
    package static func labels(input: [UInt8], environment: [String: String]) -> Labels {
        var labels = WorkEnvironment.labels(environment)
        guard let status = try? JSONReader.read(input, depthLimit: 64) else { return labels }
        labels.session = status["session_id"]?.string ?? labels.session
        labels.model = status["model"]?["id"]?.string
        let folder = status["workspace"]?["current_dir"]?.string ?? status["cwd"]?.string
        labels.project = labels.project ?? folder.flatMap { $0.split(separator: "/").last.map(String.init) }
        return labels
    }

    /// Shown while no daemon answers.
    package static let away = "governor: not running"

    /// `governor: $12.40 today, $210.30 this month, $298.00 expected · worker-day w-1 62% · 2 paused`
    /// - Parameters:
    ///   - feed: the body of `GET /feed`.
    ///   - decision: the reply about this session; nil when it could not be had.
    package static func text(feed: JSON, decision: JSON?) -> String {
        var money = ["\(dollars(feed["today"])) today", "\(dollars(feed["month"])) this month"]
        if let forecast = feed["forecast"]?.money, forecast > .zero { money.append("\(forecast.dollarText) expected") }
        var parts = [money.joined(separator: ", ")]
        if let worst = feed["worst"], let name = worst["name"]?.string {
            let who = worst["who"]?.string ?? ""
            parts.append([name, who, percent(worst["used"])].filter { !$0.isEmpty }.joined(separator: " "))
        }
        if let paused = feed["paused"]?.integer, paused > 0 { parts.append("\(paused) paused") }
        if let alerts = feed["alerts"]?.integer, alerts > 0 { parts.append("\(alerts) alert\(alerts == 1 ? "" : "s")") }
        if let heard = decision.flatMap(Heard.init) {
            switch heard.kind {
            case .allow: break
            case .throttle: parts.append("slower: \(heard.why)")
            case .pause: parts.insert("PAUSED: \(heard.why)", at: 0)
            }
        }
        return "governor: " + parts.joined(separator: " · ")
    }

    private static func dollars(_ value: JSON?) -> String { (value?.money ?? .zero).dollarText }

    private static func percent(_ ratio: JSON?) -> String {
        guard case .number(let digits) = ratio, let hundredths = DecimalText.scaled(digits.utf8, places: 2) else {
            return ""
        }
        return "\(hundredths)%"
    }
}
