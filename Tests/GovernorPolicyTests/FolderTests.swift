import Foundation
import GovernorCore
import GovernorPolicy
import Testing

@Suite struct FolderTests {
    let loader = PolicyLoader(environment: [:])

    static func budget(_ name: String, notify: String? = nil) -> String {
        let action = notify.map { "notify: \($0)" } ?? "pause: until_reset"
        return
            """
            version: 1
            budgets: [{ name: \(name), limit_usd: 5, per: fleet, window: day, at: { 100%: { \(action) } } }]

            """
    }

    @Test func `all policy files of a folder are one policy, in the order of their names`() throws {
        let folder = try TemporaryFolder()
        try folder.write("b.yml", Self.budget("from-b"))
        try folder.write("a.yaml", Self.budget("from-a", notify: "ops"))
        try folder.write("c.yaml", "version: 1\nreceivers: { ops: { log: {} } }\n")
        try folder.write("a_test.yaml", "not: a policy")
        try folder.write("b_test.yml", "not: a policy")
        try folder.write(".hidden.yaml", "not: a policy")
        try folder.write("readme.md", "not a policy")
        let loading = loader.load(folder: folder.path)
        #expect(loading.text == "")
        #expect(loading.policy?.budgets.map(\.name) == ["from-a", "from-b"])
        #expect(loader.load(folder: folder.path + "/").policy?.revision == loading.policy?.revision)
    }

    @Test func `problems name the file as the folder was given`() throws {
        let folder = try TemporaryFolder()
        try folder.write("z.yaml", "version: 3\n")
        try folder.write("a.yaml", "version: 2\n")
        let path = folder.path
        #expect(
            loader.load(folder: path + "/").text == """
                \(path)/a.yaml:1:10: error: unknown version "2"; write "version: 1"
                \(path)/z.yaml:1:10: error: unknown version "3"; write "version: 1"
                """)
    }

    @Test func `a folder that is missing, empty or a file says so`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        #expect(
            loader.load(folder: path + "/none").text
                == "\(path)/none: error: there is no such folder; create it, or name another with --policies DIR")
        #expect(
            loader.load(folder: path).text
                == "\(path): error: there is no policy in this folder; "
                + "add a file that ends in .yaml; six lines are enough"
        )
        let file = try folder.write("x.txt", "")
        #expect(
            loader.load(folder: file).text
                == "\(file): error: this is a file, not a folder; name the folder it is in")
    }

    @Test func `what can't be read is told, and the other files are still checked`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        try folder.write("a.yaml", Array("version: 1\n# caf".utf8) + [0xE9] + Array("\n".utf8))
        try folder.write("b.yaml", String(repeating: "#", count: (1 << 20) + 1))
        try FileManager.default.createDirectory(atPath: path + "/c.yaml", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: path + "/d.yaml", withDestinationPath: path + "/none")
        try #require(mkfifo(path + "/e.yaml", 0o600) == 0)
        try folder.write("f.yaml", Self.budget("f", notify: "receiver-in-a-broken-file"))
        try folder.write("g.yaml", "version: 1\nmodee: observe\n")
        let loading = loader.load(folder: path)
        #expect(loading.policy == nil)
        #expect(
            loading.text.replacing(path + "/", with: "") == """
                a.yaml:2:6: error: this is not UTF-8; save the file as UTF-8
                b.yaml: error: the file is over 1 MiB, the most a policy file may have; split it into several
                c.yaml: error: the file can't be read; it is not a regular file
                d.yaml: error: the file can't be read; it does not exist
                e.yaml: error: the file can't be read; it is not a regular file
                g.yaml:2:1: error: unknown key "modee"; did you mean "mode"?
                """)
    }

    @Test func `a file of exactly one MiB is read`() throws {
        let folder = try TemporaryFolder()
        let head = Self.budget("big")
        try folder.write("a.yaml", head + String(repeating: "#", count: (1 << 20) - head.utf8.count))
        #expect(loader.load(folder: folder.path).policy?.budgets.map(\.name) == ["big"])
    }

    @Test func `links to files elsewhere are followed`() throws {
        let folder = try TemporaryFolder()
        let elsewhere = try TemporaryFolder()
        let target = try elsewhere.write("policy", Self.budget("linked"))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/a.yaml", withDestinationPath: target)
        #expect(loader.load(folder: folder.path).policy?.budgets.map(\.name) == ["linked"])
    }
}
