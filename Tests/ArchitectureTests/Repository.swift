import Foundation

/// The files the checks are about.
enum Repository {
    /// A Swift file of a target.
    struct File: Sendable {
        var target: String
        var path: String
        /// Taken apart once, since every rule looks at it.
        var text: SwiftText

        init(target: String, path: String, text: String) {
            self.target = target
            self.path = path
            self.text = SwiftText(text)
        }
    }

    /// The nearest folder above this file that holds a package.
    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path)
        {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// Every Swift file under `Sources`.
    static func sources() throws -> [File] { try files.get() }

    private static let files = Result { try read() }

    private static func read() throws -> [File] {
        // The folder may be reached by a link, which an enumerator would not follow.
        let folder = root.appending(path: "Sources").resolvingSymlinksInPath()
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
            .sorted()
            .map { path in
                File(
                    target: String(path.prefix { $0 != "/" }), path: "Sources/\(path)",
                    text: try String(contentsOf: folder.appending(path: path), encoding: .utf8))
            }
    }

    static func targets() throws -> [String] {
        try names(in: root.appending(path: "Sources").resolvingSymlinksInPath())
    }
    static func topLevel() throws -> [String] { try names(in: root) }

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}
