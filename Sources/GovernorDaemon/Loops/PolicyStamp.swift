import Foundation

/// What can be seen of a policy folder without reading its files: enough to tell that one changed.
struct PolicyStamp: Hashable, Sendable {
    private struct File: Hashable, Sendable {
        var name: String
        var size: Int64?
        var modified: Date?
        var number: Int?
    }

    private let files: [File]

    /// A folder or file that can't be looked at stands for itself; the reload says what is wrong with it.
    init(folder: String) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        files = names.sorted().map { name in
            // By URL, which follows links: what they point at is what is read.
            let path = URL(filePath: "\(folder)/\(name)").resolvingSymlinksInPath().path
            let status = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
            return File(
                name: name, size: status[.size] as? Int64, modified: status[.modificationDate] as? Date,
                number: status[.systemFileNumber] as? Int)
        }
    }
}
