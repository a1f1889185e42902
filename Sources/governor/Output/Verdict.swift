import ArgumentParser
import GovernorAPI
import GovernorCore

/// How a decision is told by every verb that asks for one: a word on standard output, reasons on standard error, and an
/// exit code a script can go by.
struct Verdict {
    var onUnavailable: OnUnavailable
    var json: Bool
    /// What is printed of an answer in place of the word, if anything, so that `$(…)` holds that and nothing else.
    var line: ((JSON) -> String?)?

    /// Asks, tells and exits; returns only with `allow`, or without a daemon when the caller allows that.
    func tell(_ connection: Connection, asking body: (inout JSONWriter) -> Void) throws {
        let answer: JSON
        let heard: Heard
        do {
            answer = try connection.ask(body)
            heard = try Connection.decision(answer)
        } catch let unavailable as ControlClient.Unavailable { return try answerAlone(unavailable) }
        if json { print(answer.line) }
        if !json { say(Self.word(heard, answer), answer) }
        guard heard.kind != .allow else { return }
        for reason in (answer["reasons"]?.array ?? []).compactMap({ $0["text"]?.string }) {
            Terminal.printError(reason)
        }
        throw heard.kind == .throttle ? ExitCode.throttled : ExitCode.paused
    }

    private func say(_ word: String, _ answer: JSON) {
        if let text = line.map({ $0(answer) }) ?? word { print(text) }
    }

    /// `allow`, `throttle: delay 3s, at most 2 workers`, `pause (stop running work)`
    static func word(_ heard: Heard, _ answer: JSON) -> String {
        switch heard.kind {
        case .allow: return "allow"
        case .throttle:
            let delay = answer["delay_s"].map { "delay \($0.text)s" }
            let workers = answer["max_workers"].map { "at most \($0.text) workers" }
            let model = answer["model"].map { "use \(Terminal.safe($0.text))" }
            return "throttle: " + [delay, workers, model].compactMap { $0 }.joined(separator: ", ")
        case .pause: return heard.stop ? "pause (stop running work)" : "pause"
        }
    }

    /// No daemon: the caller has said what then.
    private func answerAlone(_ error: ControlClient.Unavailable) throws {
        if json {
            var reply = JSONWriter()
            reply.object { reply in
                reply.field("decision", onUnavailable.rawValue)
                reply.field("unavailable", true)
                reply.field("reasons", array: [error.description]) { json, text in
                    json.object { $0.field("text", text) }
                }
            }
            print(reply.text)
        } else {
            say("\(onUnavailable.rawValue) (no daemon)", .null)
        }
        Terminal.printError("governor: \(error); answering \(onUnavailable.rawValue) as --on-unavailable says")
        if onUnavailable == .pause { throw ExitCode.unavailable }
    }
}
