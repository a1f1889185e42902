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
        var client = try ControlClient(path: socketPath, timeout: timeout)
        return try client.ask(request.bytes)
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
