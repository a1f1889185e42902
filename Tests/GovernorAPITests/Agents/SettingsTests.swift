import GovernorAPI
import GovernorCore
import Testing

/// Claude Code's settings: what is added, what stays to the byte, and that it can be taken away again.
@Suite struct SettingsTests {
    private func added(_ text: String, _ wanted: ClaudeSettings = ClaudeSettings()) throws -> String {
        let settings = text.isEmpty ? JSON.object([]) : try JSONReader.read(text.utf8)
        return try JSONEdit.text(text, changedTo: try wanted.added(to: settings).settings)
    }

    private func removed(_ text: String) throws -> String {
        try JSONEdit.text(text, changedTo: try ClaudeSettings().removed(from: try JSONReader.read(text.utf8)).settings)
    }

    /// Odd on purpose: tabs, spaces before colons, numbers as only a person writes them, lists on one line.
    private static let odd = """
        {
        \t"model" :  "opus",
        \t"permissions": { "allow": ["Bash(ls:*)",  "Read"], "limit": 1.50e1 },

        \t"hooks": {
        \t\t"Stop": [ { "hooks": [ { "type": "command", "command": "beep" } ] } ]
        \t},
        \t"z": null
        }

        """

    @Test(arguments: [
        odd, odd.replacing("\n", with: "\r\n"), "{}", "{}\n", "{ }", #"{"a":[1, 2]}"#, "{\n  \"a\": 1\n}",
    ])
    func `what was added can be taken away, to the byte`(text: String) throws {
        let with = try added(text)
        #expect(with != text && with.contains("governor hook UserPromptSubmit"))
        // An object that was empty may have lost its spaces.
        #expect(try removed(with) == text.replacing("{ }", with: "{}"))
    }

    @Test func `every line that was there is still there`() throws {
        let lines = try added(Self.odd).split(separator: "\n")
        let kept = Self.odd.split(separator: "\n").filter { !$0.contains("Stop") && $0 != "\t\"z\": null" }
        for line in kept { #expect(lines.contains(line)) }
        let group = #"{ "hooks": [ { "type": "command", "command": "beep" } ] }"#
        #expect(try added(Self.odd).contains(group))
    }

    @Test func `adding twice is adding once`() throws {
        let once = try added(Self.odd)
        #expect(try added(once) == once)
        var wanted = ClaudeSettings()
        wanted.onUnavailable = "allow"
        wanted.program = "'/opt/my tools/governor'"
        let changed = try added(once, wanted)
        #expect(changed.contains("'/opt/my tools/governor' hook Stop --on-unavailable allow"))
        #expect(try removed(changed) == Self.odd)
    }

    @Test func `what the user did since stays`() throws {
        let edited = try added(Self.odd).replacing("\"opus\"", with: "\"sonnet\"")
            .replacing("\"matcher\": \"Agent|Task\"", with: "\"matcher\": \"*\"")
        #expect(try removed(edited) == Self.odd.replacing("\"opus\"", with: "\"sonnet\""))
    }

    @Test func `a hook beside ours in the same group stays`() throws {
        let text = """
            {"hooks":{"Stop":[{"hooks":[{"type":"command","command":"beep"},\
            {"type":"command","command":"/usr/bin/governor hook Stop"}]}]}}
            """
        #expect(try removed(text) == #"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"beep"}]}]}}"#)
        // And what only looks like ours is another's.
        let others = """
            {"hooks":{"Stop":[{"hooks":[{"command":"governor-x hook Stop"},{"command":"governor status"}]}]}}
            """
        #expect(try removed(others) == others)
    }

    @Test func `a status line of somebody else's stays unless it is told to go`() throws {
        let text = #"{"statusLine":{"type":"command","command":"mine"}}"#
        let settings = try JSONReader.read(text.utf8)
        let kept = try ClaudeSettings().added(to: settings)
        #expect(kept.settings["statusLine"]?["command"] == .string("mine"))
        #expect(kept.notes.contains { $0.contains("--replace-status-line") })
        var wanted = ClaudeSettings()
        wanted.replacesStatusLine = true
        #expect(try wanted.added(to: settings).settings["statusLine"]?["command"] == .string("governor statusline"))
        #expect(try ClaudeSettings().removed(from: settings).settings == settings)
    }

    @Test func `telemetry is added beside what is set, and only what was added goes`() throws {
        var wanted = ClaudeSettings()
        wanted.telemetry = "http://127.0.0.1:8787"
        let text = #"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"1","OTEL_LOGS_EXPORTER":"console","X":"y"}}"#
        let settings = try JSONReader.read(text.utf8)
        let change = try wanted.added(to: settings)
        let environment = change.settings["env"]
        #expect(environment?["OTEL_EXPORTER_OTLP_ENDPOINT"] == .string("http://127.0.0.1:8787"))
        #expect(environment?["OTEL_LOGS_EXPORTER"] == .string("console"))
        #expect(change.notes.contains { $0.contains("OTEL_LOGS_EXPORTER") })
        #expect(try wanted.added(to: change.settings).settings == change.settings)
        #expect(try ClaudeSettings().removed(from: change.settings).settings == settings)
        // Another endpoint later is still ours to move and to take away.
        wanted.telemetry = "http://127.0.0.1:9"
        let moved = try wanted.added(to: change.settings).settings
        #expect(moved["env"]?["OTEL_EXPORTER_OTLP_ENDPOINT"] == .string("http://127.0.0.1:9"))
        #expect(try ClaudeSettings().removed(from: moved).settings == settings)
    }

    @Test(arguments: ["[]", #"{"hooks":[]}"#, #"{"hooks":{"Stop":{}}}"#])
    func `settings of another shape are refused`(text: String) {
        #expect(throws: ClaudeSettings.Problem.self) { try added(text) }
    }

    @Test func `the difference is shown as diff shows it`() {
        let old = (1...12).map { "line \($0)\n" }.joined()
        let new = old.replacing("line 2\n", with: "line two\n").replacing("line 11\n", with: "")
        #expect(
            UnifiedDiff.text(old, new, oldName: "a", newName: "b") == """
                --- a
                +++ b
                @@ -1,5 +1,5 @@
                 line 1
                -line 2
                +line two
                 line 3
                 line 4
                 line 5
                @@ -8,5 +8,4 @@
                 line 8
                 line 9
                 line 10
                -line 11
                 line 12

                """)
        #expect(UnifiedDiff.text("", "a\n", oldName: "a", newName: "b") == "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+a\n")
        #expect(UnifiedDiff.text(old, old, oldName: "a", newName: "b").isEmpty)
    }
}
