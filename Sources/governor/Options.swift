import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// Where the daemon is.
struct Connection: ParsableArguments {
    @Option(help: "The control socket. Default: $GOVERNOR_SOCKET, then the usual places.")
    var socket: String?

    @Option(help: "The data folder. Default: governor under $XDG_DATA_HOME or ~/.local/share.")
    var data: String?

    var dataFolder: String { data ?? SocketPath.dataFolder(environment: ProcessInfo.processInfo.environment) }

    var socketPath: String {
        socket ?? SocketPath.asking(environment: ProcessInfo.processInfo.environment, dataFolder: dataFolder)
    }

    /// Asks the daemon one thing.
    func ask(timeout: Span = .seconds(5), _ body: (inout JSONWriter) -> Void) throws(ControlClient.Unavailable) -> JSON
    {
        var request = JSONWriter()
        request.object(body)
        return try ask(timeout: timeout, request.bytes)
    }

    /// The same with a request that is written already.
    func ask(timeout: Span, _ request: [UInt8]) throws(ControlClient.Unavailable) -> JSON {
        var client = try ControlClient(path: socketPath, timeout: timeout)
        return try client.ask(request)
    }

    /// The daemon's answer to something that has no other answer: no daemon, and an error, end the verb.
    func answer(timeout: Span = .seconds(5), _ body: (inout JSONWriter) -> Void) throws -> JSON {
        let answer: JSON
        do { answer = try ask(timeout: timeout, body) } catch {
            Terminal.printError("governor: \(error); start one with: governor run")
            throw ExitCode.unavailable
        }
        try Self.refuse(answer)
        return answer
    }

    /// The decision an answer holds. A daemon that can't answer counts as none; any other error ends the verb.
    static func decision(_ answer: JSON) throws -> Heard {
        if let error = Heard.error(answer), error.code == "unavailable" {
            throw ControlClient.Unavailable(description: "the daemon can't answer: \(error.message)")
        }
        try refuse(answer)
        guard let heard = Heard(answer) else {
            throw ControlClient.Unavailable(description: "the daemon's answer holds no decision")
        }
        return heard
    }

    /// `since=2026-11-01&by=model`, for one of the HTTP paths.
    static func query(_ parameters: [(String, String)]) -> String {
        parameters.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
    }

    /// Ends the verb when the answer is an error.
    static func refuse(_ answer: JSON) throws {
        guard let error = Heard.error(answer) else { return }
        Terminal.printError("governor: \(error.message)")
        throw ExitCode(controlError: error.code)
    }
}

/// The labels of the work that is asked about.
struct LabelOptions: ParsableArguments {
    @Option(help: "The worker.") var worker: String?
    @Option(help: "The session.") var session: String?
    @Option(help: "The task.") var task: String?
    @Option(help: "The project.") var project: String?
    @Option(help: "The user.") var user: String?
    @Option(help: "The team.") var team: String?
    @Option(help: "The model.") var model: String?
    @Option(help: "The provider.") var provider: String?
    @Option(help: ArgumentHelp("A tag; may come several times.", valueName: "key=value")) var tag: [String] = []

    /// The labels that were given.
    func labels() throws -> Labels {
        var labels = Labels()
        labels.worker = worker
        labels.session = session
        labels.task = task
        labels.project = project
        labels.user = user
        labels.team = team
        labels.model = model
        labels.provider = provider
        for pair in tag {
            guard let equals = pair.firstIndex(of: "=") else {
                throw ValidationError("--tag takes key=value; got \(pair)")
            }
            labels.tags[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        return labels
    }
}

/// What a caller does when there is no daemon to ask.
enum OnUnavailable: String, ExpressibleByArgument, CaseIterable { case pause, allow }

/// Options that are a value of the core's.
enum OptionValue {
    static func dollars(_ text: String?, _ option: String) throws -> Money? {
        guard let text else { return nil }
        guard let money = Money(dollars: text), money >= .zero else {
            throw ValidationError("\(option) takes a number of dollars; got \(text)")
        }
        return money
    }

    /// At least a second, since holds are counted in them.
    static func seconds(_ text: String?, _ option: String) throws -> Int64? {
        guard let text else { return nil }
        guard let span = Span(text: text), span >= .seconds(1) else {
            throw ValidationError("\(option) takes a duration such as 90s, 15m or 2h; got \(text)")
        }
        return span.milliseconds / 1000
    }

    /// The user's own name, where nobody says otherwise.
    static func user(_ named: String?) -> String {
        let environment = ProcessInfo.processInfo.environment
        return named ?? environment.text("USER") ?? environment.text("LOGNAME") ?? "uid \(getuid())"
    }
}
