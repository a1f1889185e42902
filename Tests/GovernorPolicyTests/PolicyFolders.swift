import Foundation
import GovernorPolicy

/// A folder of its own for one test, gone with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "governor-policy-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// Places in the repository, found from where this file was compiled.
enum Repository {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let root = tests.deletingLastPathComponent().deletingLastPathComponent()
}

extension PolicyLoader {
    /// Loads one file called `policy.yaml`.
    func load(_ text: String) -> PolicyLoading { load(files: [(name: "policy.yaml", text: text)]) }
}

extension PolicyLoading {
    /// One diagnostic a line, as people see them.
    var text: String { diagnostics.map(\.description).joined(separator: "\n") }
}
