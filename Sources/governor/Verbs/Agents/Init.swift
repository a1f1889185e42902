import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// Puts Governor into a coding agent's settings.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Put Governor into a coding agent's settings.",
        discussion: """
            EXAMPLE:
              governor init claude-code --dry-run
            """,
        subcommands: [InitClaudeCode.self])
}

/// Claude Code's settings.json.
struct InitClaudeCode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claude-code", abstract: "Put Governor's hooks and status line into Claude Code's settings.",
        discussion: """
            Shows what would change and asks. Everything else in the file stays as it is, to the byte; --undo takes away
            what was added, also when you have edited the rest since.

            While no daemon runs the hooks pause Claude Code; --on-unavailable allow lets it go on.

            EXAMPLES:
              governor init claude-code --dry-run
              governor init claude-code --project --yes
              governor init claude-code --undo
            """)

    @Flag(help: "This folder's .claude/settings.json instead of your own.") var project = false
    @Option(help: ArgumentHelp("Another settings file.", valueName: "path")) var settings: String?
    @Flag(help: "Have Claude Code send its telemetry here too, for a daemon that takes OpenTelemetry.")
    var telemetry = false
    @Option(help: "Where telemetry is sent.") var endpoint = "http://127.0.0.1:8787"
    @Option(help: "What the hooks answer when no daemon can be reached: pause or allow. Default: pause.")
    var onUnavailable: OnUnavailable?
    @Flag(help: "Take the place of a status line that is there.") var replaceStatusLine = false
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Show what would change, and change nothing.") var dryRun = false
    @Flag(help: "Take away what was added.") var undo = false
    @OptionGroup var connection: Connection

    func run() throws {
        guard !project || settings == nil else { throw ValidationError("--project and --settings exclude each other") }
        let file = SettingsFile(path: path)
        let old = try file.read()
        let (new, notes) = try change(old ?? "", path: file.path)
        for note in notes { Terminal.printError("note: \(note)") }
        guard new != old, !(undo && old == nil) else {
            return print("\(file.path) is as it should be already; nothing to change")
        }
        let diff = UnifiedDiff.text(
            old ?? "", new, oldName: old == nil ? "/dev/null" : file.path, newName: file.path)
        print(Terminal.safe(diff), terminator: "")
        if dryRun { return }
        guard try yes || isAgreed() else {
            print("nothing was changed")
            throw ExitCode.failedCheck
        }
        try file.write(new)
        print("\(undo ? "taken out of" : "written to") \(file.path)")
        if !undo, onUnavailable != .allow, (try? ControlClient(path: connection.socketPath)) == nil {
            Terminal.printError("note: no daemon runs yet, and until one does Claude Code is paused: governor run")
        }
    }

    private var path: String {
        if let settings { return settings }
        if project { return ".claude/settings.json" }
        let environment = ProcessInfo.processInfo.environment
        let home = environment.text("HOME") ?? "."
        return (environment.text("CLAUDE_CONFIG_DIR") ?? home + "/.claude") + "/settings.json"
    }

    private func change(_ text: String, path: String) throws -> (text: String, notes: [String]) {
        do {
            let isEmpty = text.allSatisfy(\.isWhitespace)
            let present = isEmpty ? JSON.object([]) : try JSONReader.read(text.utf8, depthLimit: JSONEdit.depthLimit)
            let change = undo ? try wanted().removed(from: present) : try wanted().added(to: present)
            return (try JSONEdit.text(text, changedTo: change.settings), change.notes)
        } catch let failure as JSONReader.Failure {
            let before = text.utf8.prefix(failure.offset)
            let line = before.count { $0 == 0x0A } + 1
            let lines: [Substring.UTF8View] = before.split(separator: 0x0A, omittingEmptySubsequences: false)
            let column = (lines.last.map { String(decoding: $0, as: UTF8.self).count } ?? 0) + 1
            Terminal.printError("governor: \(path):\(line):\(column): \(failure.message); nothing was changed")
            throw ExitCode.badInput
        } catch let problem as ClaudeSettings.Problem {
            Terminal.printError("governor: \(path): \(problem.message); nothing was changed")
            throw ExitCode.badInput
        }
    }

    private func wanted() -> ClaudeSettings {
        var wanted = ClaudeSettings()
        wanted.program = Self.program
        wanted.onUnavailable = onUnavailable?.rawValue
        wanted.replacesStatusLine = replaceStatusLine
        wanted.telemetry = telemetry ? endpoint : nil
        return wanted
    }

    /// `governor` where the agent's shell finds it by that name, else where this program lies.
    private static var program: String {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        if folders.contains(where: { access("\($0)/governor", X_OK) == 0 }) { return "governor" }
        guard let own = realpath("/proc/self/exe", nil) else { return "governor" }
        defer { free(own) }
        return ShellWord.quoted(String(cString: own))
    }

    private func isAgreed() throws -> Bool {
        guard isatty(STDIN_FILENO) == 1 else {
            Terminal.printError("governor: there is no terminal to ask on; add --yes to change it")
            return false
        }
        print("Change \(path)? [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
