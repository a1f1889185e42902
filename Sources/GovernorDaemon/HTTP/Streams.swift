import GovernorAPI
import GovernorCore
import HTTPTypes
import Hummingbird
import NIOCore

/// `watch` over HTTP: as lines of JSON, and as server-sent events.
extension Routes {
    /// `POST /v1/watch`, with the same object as on the socket.
    func watch(_ request: Request, _ context: HTTPContext) async -> Response {
        await told {
            let body = try await Self.body(of: request, limit: ControlRequest.sizeLimit)
            let parsed: ControlRequest
            do throws(ControlRequest.Failure) { parsed = try Self.parse(body, "watch") } catch {
                return Self.response(error.body, status: error.error.httpStatus)
            }
            guard case .watch(let labels, let since) = parsed.operation else {
                throw ControlError(.badRequest, "this path watches", field: "op")
            }
            return stream(labels, since: since, context, type: "application/x-ndjson") { line, now in
                Reply.line(line, id: parsed.id, now: now) + [UInt8(ascii: "\n")]
            }
        }
    }

    /// `GET /v1/events`: labels and `since` as parameters; a browser that comes back names the last event it saw.
    func events(_ request: Request, _ context: HTTPContext) async -> Response {
        await told {
            let parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
            let known = Set(LabelName.allCases.map(\.rawValue) + ["since"])
            if let (name, _) = parameters.first(where: { !known.contains($0.0) }) {
                throw ControlError(
                    .badRequest, "there is no parameter \(name.prefix(40))", field: String(name.prefix(40)))
            }
            var labels = Labels()
            for (name, value) in parameters {
                if let name = LabelName(rawValue: name) { labels[name] = Labels.kept(value) }
            }
            let last =
                HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
                ?? parameters.first { $0.0 == "since" }?.1
            let since = try last.map { text in
                guard let number = Int64(text), number >= 0 else {
                    throw ControlError(
                        .badRequest, "since is the number of an event; got \(text.prefix(40))", field: "since")
                }
                return number
            }
            return stream(labels, since: since, context, type: "text/event-stream", Self.serverSent)
        }
    }

    private static func serverSent(_ line: WatchSession.Line, now: Timestamp) -> [UInt8] {
        let (number, kind) =
            switch line {
            case .event(let event): (event.sequence, event.kind.rawValue)
            case .heartbeat(let sequence): (sequence, "heartbeat")
            case .failed: (0, "error")
            }
        return Array("id: \(number)\nevent: \(kind)\ndata: ".utf8) + Reply.line(line, id: nil, now: now)
            + Array("\n\n".utf8)
    }

    private func stream(
        _ labels: Labels, since: Int64?, _ context: HTTPContext, type: String,
        _ written: @escaping @Sendable (WatchSession.Line, Timestamp) -> [UInt8]
    ) -> Response {
        let (session, governor) = (control.session(labels, since: since, on: context.channel), governor)
        let body = ResponseBody(asyncSequence: session.map { ByteBuffer(bytes: written($0, governor.clock())) })
        return Response(status: .ok, headers: [.contentType: type, .cacheControl: "no-store"], body: body)
    }
}
