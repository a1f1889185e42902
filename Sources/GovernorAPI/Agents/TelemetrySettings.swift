import GovernorCore

/// The part of Claude Code's settings that sends its telemetry to Governor (`facts/claude-code.md`).
enum TelemetrySettings {
    /// Remembers what was added with which value, since the same variables could have been there before.
    private static let memory = "GOVERNOR_INIT_ENV"

    /// Adds the variables that are not there; one with another value stays and is told of.
    static func add(
        endpoint: String, to root: inout [JSON.Member], _ notes: inout [String]
    ) throws(ClaudeSettings.Problem) {
        let wanted = [
            ("CLAUDE_CODE_ENABLE_TELEMETRY", "1"), ("OTEL_METRICS_EXPORTER", "otlp"), ("OTEL_LOGS_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ]
        var environment = try ClaudeSettings.members(root["env"] ?? .object([]), "env")
        var remembered = pairs(environment)
        for (name, value) in wanted {
            if let present = environment[name] {
                if present.string == value { continue }
                guard remembered.contains(where: { $0 == (name, present.string ?? "") }) else {
                    notes.append("env.\(name) is \(present.shown) already and stays, so this telemetry goes elsewhere")
                    continue
                }
                remembered.removeAll { $0.0 == name }
            }
            environment[name] = .string(value)
            remembered.append((name, value))
        }
        guard !remembered.isEmpty else { return }
        environment[memory] = .string(remembered.map { "\($0.0)=\($0.1)" }.joined(separator: ","))
        root["env"] = .object(environment)
    }

    /// Takes away what was added and still has the value it was given.
    static func remove(from root: inout [JSON.Member]) {
        guard var environment = root["env"]?.members, environment[memory] != nil else { return }
        for (name, value) in pairs(environment) where environment[name]?.string == value { environment[name] = nil }
        environment[memory] = nil
        root["env"] = environment.isEmpty ? nil : .object(environment)
    }

    private static func pairs(_ environment: [JSON.Member]) -> [(String, String)] {
        (environment[memory]?.string ?? "").split(separator: ",").compactMap { pair in
            let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
            return sides.count == 2 ? (sides[0], sides[1]) : nil
        }
    }
}
