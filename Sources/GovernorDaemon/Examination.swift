import Foundation
import GovernorAPI
import GovernorCore
import GovernorNotify
import GovernorPolicy
import GovernorSources

/// What `governor doctor` looks at.
package struct Examination: Sendable {
    package enum State: String, Sendable { case good, note, broken }

    /// One thing that was looked at.
    package struct Finding: Sendable {
        package var name: String
        package var state: State
        package var detail: String
        package var advice: String?
    }

    private let policies: String
    private let data: String
    private let socket: String
    private let watch: [String]
    private let environment: [String: String]

    package init(policies: String, data: String, socket: String, watch: [String], environment: [String: String]) {
        self.policies = policies
        self.data = data
        self.socket = socket
        self.watch = watch
        self.environment = environment
    }

    /// All findings, in the order a person would look.
    package func findings() -> [Finding] {
        policy() + [clock(), folder(), disk(), sync()] + sources() + [daemon(), curl()]
    }

    private func policy() -> [Finding] {
        let loading = PolicyLoader(environment: environment).load(folder: policies)
        guard let policy = loading.policy else {
            let errors = loading.diagnostics.filter { $0.severity == .error }.map(\.description)
            return [
                Finding(
                    name: "policy", state: .broken, detail: errors.joined(separator: "; "),
                    advice: "mend it and run: governor policy check \(policies)")
            ]
        }
        let off = policy.receivers.filter { $0.kind == .off }.map(\.name)
        return [
            Finding(
                name: "policy", state: .good, detail: "\(policy.sizeText), revision \(policy.revision)"),
            off.isEmpty
                ? Finding(name: "receivers", state: .good, detail: "\(policy.receivers.count) with an address")
                : Finding(
                    name: "receivers", state: .note,
                    detail: "without an address, so off: \(off.joined(separator: ", "))",
                    advice: "set the variable their policy names, such as GOVERNOR_SLACK_WEBHOOK"),
        ]
    }

    private func clock() -> Finding {
        let now = Daemon.wallClock()
        let isPlausible = now.milliseconds > 1_700_000_000_000
        return Finding(
            name: "clock", state: isPlausible ? .good : .broken,
            detail: "\(RFC3339.utc(now)), machine's zone \(TimeZone.current.identifier)",
            advice: isPlausible ? nil : "set the clock: windows and alerts depend on it")
    }

    private func folder() -> Finding {
        do {
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        } catch {
            return Finding(
                name: "data folder", state: .broken, detail: "\(data) can't be made", advice: "name another with --data"
            )
        }
        let isWritable = access(data, W_OK) == 0
        return Finding(
            name: "data folder", state: isWritable ? .good : .broken, detail: data,
            advice: isWritable ? nil : "make it writable for this user, or name another with --data")
    }

    private func disk() -> Finding {
        let status = try? FileManager.default.attributesOfFileSystem(forPath: data)
        guard let bytes = status?[.systemFreeSize] as? Int64 else {
            return Finding(name: "disk", state: .note, detail: "its free space can't be asked")
        }
        let free = bytes / (1 << 20)
        return Finding(
            name: "disk", state: free < 500 ? .broken : .good, detail: "\(free) MiB free",
            advice: free < 500 ? "free some space: a full disk means nothing more is stored" : nil)
    }

    /// The middle of a few real syncs: what every durable answer waits for.
    private func sync() -> Finding {
        let path = "\(data)/doctor.\(getpid())"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            return Finding(name: "sync", state: .broken, detail: "no file can be made in \(data)")
        }
        defer {
            close(descriptor)
            unlink(path)
        }
        let page = [UInt8](repeating: 0, count: 4096)
        let times = (0..<15).map { _ in
            let clock = ContinuousClock()
            return clock.measure {
                _ = page.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
                fsync(descriptor)
            }
        }.sorted()
        let microseconds = times[times.count / 2].components.attoseconds / 1_000_000_000_000
        return Finding(
            name: "sync", state: microseconds > 50_000 ? .note : .good,
            detail: "\(microseconds) µs to make 4 KiB durable",
            advice: microseconds > 50_000 ? "a faster disk makes every stored record and hold faster" : nil)
    }

    private func sources() -> [Finding] {
        let roots =
            watch.isEmpty
            ? SourceRoots.defaults(
                environment: environment, home: environment["HOME"] ?? "",
                workingDirectory: FileManager.default.currentDirectoryPath)
            : SourceRoots(paths: watch, areRequired: true)
        let discovery = roots.discover()
        let problems = discovery.problems.map {
            Finding(
                name: "source", state: .broken, detail: "\($0)",
                advice: "let this user read it, or name other folders with --watch")
        }
        let found = FileKind.allCases.map { kind in
            "\(discovery.files.count { $0.kind == kind }) \(kind.rawValue) files"
        }
        return problems + [
            Finding(
                name: "sources", state: discovery.files.isEmpty ? .note : .good,
                detail: "\(found.joined(separator: ", ")) under \(roots.paths.joined(separator: ", "))",
                advice: discovery.files.isEmpty
                    ? "nothing is spent there yet, or the folders are elsewhere: --watch PATH" : nil)
        ]
    }

    private func daemon() -> Finding {
        do {
            var client = try ControlClient(path: socket, timeout: .seconds(2))
            let answer = try client.ask(Array(#"{"op":"ping"}"#.utf8))
            return Finding(
                name: "daemon", state: .good, detail: "version \(answer["version"]?.string ?? "?") answers at \(socket)"
            )
        } catch {
            return Finding(name: "daemon", state: .note, detail: "\(error)", advice: "start it with: governor run")
        }
    }

    private func curl() -> Finding {
        CurlLibrary.problem.map {
            Finding(
                name: "libcurl", state: .broken, detail: $0,
                advice: "install it (Debian: libcurl4); alerts go through it")
        } ?? Finding(name: "libcurl", state: .good, detail: CurlLibrary.version ?? "found")
    }
}
