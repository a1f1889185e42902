import Foundation

/// Why a file could not be had, in a few words that do not repeat its path: `it does not exist`.
struct FileProblem: Error {
    var reason: String

    init(reason: String) { self.reason = reason }

    init(_ error: any Error) {
        reason =
            switch (error as? CocoaError)?.code {
            case .fileReadNoSuchFile?, .fileNoSuchFile?: "it does not exist"
            case .fileReadNoPermission?: "Governor may not read it; look at its owner and mode"
            default: "the system could not read it"
            }
    }
}

/// Reads files an operator named, and nothing that could keep Governor waiting for ever, such as a pipe or a device.
enum RegularFile {
    /// The first `limit` bytes. Links are followed, since mounted configuration and secrets come as links.
    static func read(_ path: String, limit: Int) throws(FileProblem) -> Data {
        do {
            let real = URL(fileURLWithPath: path).resolvingSymlinksInPath()
            // Which a link to nothing would not say by itself.
            guard FileManager.default.fileExists(atPath: real.path) else {
                throw FileProblem(reason: "it does not exist")
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: real.path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                throw FileProblem(reason: "it is not a regular file")
            }
            let handle = try FileHandle(forReadingFrom: real)
            defer { try? handle.close() }
            return try handle.read(upToCount: limit) ?? Data()
        } catch let problem as FileProblem {
            throw problem
        } catch {
            throw FileProblem(error)
        }
    }
}
