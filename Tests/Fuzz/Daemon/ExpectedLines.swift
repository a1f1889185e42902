import GovernorAPI
import GovernorCore

/// What has to be answered to bytes that are lines, told from the contract alone.
struct ExpectedLines {
    /// The ids of the requests, in order; nil in it for a reply that has none.
    private(set) var ids: [JSON?] = []
    /// A line that is too long, or bytes that are no text, end the connection.
    private(set) var isClosed = false
    /// The last is a watch, after whose reply events may come.
    private(set) var watches = false
    /// As much as is listened to: what comes after a watch depends on how soon it comes.
    private(set) var heard: [UInt8]

    init(_ bytes: [UInt8]) {
        heard = bytes
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            let line = bytes[start..<end]
            start = end + 1
            if line.count > ControlRequest.sizeLimit || String(validating: line, as: UTF8.self) == nil {
                ids.append(nil)
                isClosed = true
                return
            }
            guard !line.isEmpty else { continue }
            let request = Self.request(line)
            ids.append(request.id)
            if request.watches {
                watches = true
                heard = Array(bytes[..<start])
                return
            }
        }
        if bytes.count - start > ControlRequest.sizeLimit {
            ids.append(nil)
            isClosed = true
        }
    }

    private static func request(_ line: ArraySlice<UInt8>) -> (id: JSON?, watches: Bool) {
        line.withUnsafeBytes { bytes in
            do throws(ControlRequest.Failure) {
                let request = try ControlRequest(bytes)
                if case .watch = request.operation { return (request.id, true) }
                return (request.id, false)
            } catch { return (error.id, false) }
        }
    }

    /// Has the daemon answer, and holds each promise against what it says: one line a request, JSON, under its id.
    /// - Returns: what must be the same however the bytes were cut.
    func verify(_ daemon: FuzzedDaemon, cuts: [Int]) async -> [String] {
        var talk = await Talk(daemon)
        await talk.say(heard, cuts: cuts)
        await talk.hear { [ids] in $0.bytes.count { $0 == 0x0A } >= ids.count }
        let answer = await talk.end()
        var lines = Reply.lines(answer.bytes)
        if watches { lines = Array(lines.prefix(ids.count)) }
        guard lines.count == ids.count else { fatalError("\(ids.count) requests, \(lines.count) replies: \(lines)") }
        for (line, id) in zip(lines, ids) where line["id"] != id {
            fatalError("asked under \(String(describing: id)), answered \(line)")
        }
        if isClosed, !answer.isClosed { fatalError("the connection goes on after a line that ends it") }
        return lines.map(Reply.shape)
    }
}

extension Reply {
    /// The lines of an answer; each has to be an object, and the last has to end.
    static func lines(_ bytes: [UInt8]) -> [JSON] {
        guard bytes.isEmpty || bytes.last == 0x0A else { fatalError("half a line was answered") }
        return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map(object)
    }

    /// One object, which an answer must be.
    static func object(_ bytes: some Collection<UInt8>) -> JSON {
        do {
            let reply = try JSONReader.read(bytes)
            guard reply.members != nil else { fatalError("no object was answered: \(reply)") }
            return reply
        } catch { fatalError("no JSON was answered: \(error) in \(String(decoding: bytes, as: UTF8.self))") }
    }

    /// What of a reply depends on its request alone. The rest depends on what was asked before.
    static func shape(_ reply: JSON) -> String {
        guard let error = reply["error"] else { return "answered" }
        guard error["message"]?.string?.isEmpty == false else { fatalError("an error without a message: \(reply)") }
        let code = error["code"]?.string ?? "none"
        return ["bad_request", "unknown_op", "too_large"].contains(code) ? "\(error)" : "answered"
    }
}
