import Glibc
import GovernorCore
import GovernorSources
import Testing

/// Which files are found, and as what.
@Suite struct DiscoveryTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        ("a/0b7e-s.jsonl", FileKind.transcript), ("agent-1.jsonl", .transcript), ("journal.jsonl", .transcript),
        ("/logs/api/api-calls-2026-11-20.jsonl", .coordinator), ("api-calls-2026-11-20.jsonl.1", .coordinator),
        ("api-calls-2026-11-20.jsonl-20261121", .coordinator), ("s.jsonl.12", .transcript),
        ("sessions/2026/06/18/rollout-2026-06-18T07-23-13-019ed99c.jsonl", .rollout), ("rollout-1.jsonl.2", .rollout),
        ("projects/voice-agent.jsonl", .voice), ("voice-agent-2.jsonl", .transcript), ("litellm.log", .litellm),
        ("/var/log/litellm-proxy.log.1", .litellm), ("litellm.log-20261121", .litellm), ("litellm.txt", nil),
        ("my-litellm.log", nil), ("litellm.log.gz", nil), ("proxy.log", nil),
        ("s.jsonl.gz", nil), ("s.jsonl.1.gz", nil), ("s.json", nil), (".jsonl", nil), ("jsonl", nil), ("s.jsonl1", nil),
        ("s.jsonl.", nil), ("", nil), ("12", nil), ("s.jsonl/x", nil),
    ])
    func `a file's kind is told by its name`(path: String, kind: FileKind?) {
        #expect(FileKind(path: path) == kind)
    }

    @Test func `each kind of file has a source`() {
        #expect(
            FileKind.allCases.map(\.source) == [.transcript, .coordinator, .transcript, .transcript, .litellm])
    }

    @Test func `all files below a root are found, oldest first`() throws {
        for (name, time) in [("p/s2.jsonl", 300), ("p/s1.jsonl", 100), ("p/s1/subagents/w/agent-1.jsonl", 200)] {
            try folder.makeFolder(String(name.split(separator: "/").dropLast().joined(separator: "/")))
            try folder.write(name, "")
            var times = [timespec(tv_sec: time, tv_nsec: 0), timespec(tv_sec: time, tv_nsec: 0)]
            utimensat(AT_FDCWD, folder.file(name), &times, 0)
        }
        try folder.write("p/notes.txt", "")
        let found = SourceRoots(paths: [folder.path, folder.file("missing")]).discover()
        #expect(
            found.files.map(\.path)
                == ["p/s1.jsonl", "p/s1/subagents/w/agent-1.jsonl", "p/s2.jsonl"].map(folder.file))
        #expect(found.problems.isEmpty)
    }

    @Test func `links that form a cycle are walked once`() throws {
        try folder.makeFolder("a/b")
        try folder.write("a/b/s.jsonl", "")
        try folder.link("a/b/up", to: folder.path)
        try folder.link("a/self.jsonl", to: "self.jsonl")
        try folder.link("a/nothing.jsonl", to: "nothing")
        let found = SourceRoots(paths: [folder.path]).discover()
        #expect(found.files.map(\.path) == [folder.file("a/b/s.jsonl")])
        #expect(found.folders.count == 3)
        #expect(found.problems.map(\.code) == [.wrongKind])
    }

    @Test func `a folder that can't be read is reported and the rest is found`() throws {
        try folder.makeFolder("locked")
        try folder.makeFolder("open")
        try folder.write("locked/s.jsonl", "")
        try folder.write("open/s.jsonl", "")
        chmod(folder.file("locked"), 0)
        let found = try withoutPrivileges { SourceRoots(paths: [folder.path]).discover() }
        chmod(folder.file("locked"), 0o755)
        #expect(found.files.map(\.path) == [folder.file("open/s.jsonl")])
        #expect(found.problems.map(\.code) == [.forbidden])
        #expect(found.problems.map(\.path) == [folder.file("locked")])
    }

    @Test func `the default roots are the agents' folders and the coordinator's`() {
        let plain = SourceRoots.defaults(environment: [:], home: "/home/a", workingDirectory: "/work")
        #expect(
            plain.paths == [
                "/home/a/.claude/projects", "/home/a/.config/claude/projects", "/home/a/.codex/sessions",
                "/home/a/.codex/archived_sessions", "/work/logs/api",
            ])
        let configured = SourceRoots.defaults(
            environment: ["CLAUDE_CONFIG_DIR": "/x/, ~/y,,z , /home/a/.claude", "CODEX_HOME": "~/codex/"],
            home: "/home/a", workingDirectory: "/work")
        #expect(
            configured.paths == [
                "/home/a/.claude/projects", "/home/a/.config/claude/projects", "/x/projects", "/home/a/y/projects",
                "/work/z/projects", "/home/a/.codex/sessions", "/home/a/.codex/archived_sessions",
                "/home/a/codex/sessions", "/home/a/codex/archived_sessions", "/work/logs/api",
            ])
        let same = SourceRoots.defaults(
            environment: ["CODEX_HOME": "/home/a/.codex"], home: "/home/a", workingDirectory: "/work")
        #expect(same == plain)
    }
}
