import GovernorCore
import NIOCore
import NIOEmbedded

/// One connection to the control socket with the real handlers, without the socket.
struct Talk {
    /// What was answered so far.
    struct Answer: Hashable {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    let channel: NIOAsyncTestingChannel
    private(set) var answer = Answer()

    init(_ daemon: FuzzedDaemon) async {
        do {
            channel = try await NIOAsyncTestingChannel { channel in
                try channel.pipeline.syncOperations.addHandler(
                    ProtocolSniffer(service: daemon.service, responder: daemon.responder))
            }
            try await channel.connect(to: SocketAddress(unixDomainSocketPath: "/fuzz")).get()
        } catch { fatalError("no connection: \(error)") }
    }

    /// Sends the bytes, cut at these places.
    func say(_ bytes: [UInt8], cuts: [Int]) async {
        var start = 0
        for end in cuts + [bytes.count] {
            guard channel.isActive else { return }
            // What the handlers make of it shows in the answer; an error that nobody caught is the other side's loss.
            do { try await channel.writeInbound(ByteBuffer(bytes: bytes[start..<end])) } catch { return }
            start = end
        }
    }

    /// Takes in what was answered since, until `isEnough` of it or the connection's end.
    mutating func hear(until isEnough: (Answer) -> Bool) async {
        while true {
            // What is put off to the loop's next turn has no turn by itself here.
            await channel.testingEventLoop.run()
            let wasActive = channel.isActive
            await take()
            if !wasActive || isEnough(answer) { return }
            await Task.yield()
        }
    }

    /// What has been answered once all that is under way has been.
    mutating func settled() async -> Answer {
        await channel.testingEventLoop.run()
        await take()
        return answer
    }

    /// Closes the connection from this side.
    mutating func end() async -> Answer {
        let answer = await settled()
        // Closed by the other side already is closed too.
        do { _ = try await channel.finish(acceptAlreadyClosed: true) } catch { return answer }
        return answer
    }

    private mutating func take() async {
        answer.isClosed = !channel.isActive
        do {
            while let part = try await channel.readOutbound(as: ByteBuffer.self) {
                answer.bytes += Array(part.readableBytesView)
            }
        } catch { fatalError("something other than bytes was written: \(error)") }
    }
}
