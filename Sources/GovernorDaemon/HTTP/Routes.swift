import Foundation
import GovernorAPI
import GovernorCore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Every path of `contract/http.md` that is served, on the TCP listener and on the control socket alike.
struct Routes: Sendable {
    /// Bodies beyond this are refused.
    static let bodyLimit = 8 << 20
    /// Paths whose bodies may be of any length on the control socket.
    static let streamed: Set<Substring> = ["/upload"]

    let governor: Governor
    let sources: SourceRegistry
    let control: ControlService
    let display: Display
    let names = TelemetryNames()

    init(governor: Governor, sources: SourceRegistry, control: ControlService, display: Display) {
        self.governor = governor
        self.sources = sources
        self.control = control
        self.display = display
    }

    /// All paths.
    func all() -> Router<HTTPContext> {
        let router = feed()
        for name in ControlRequest.names where name != "watch" {
            router.post("/v1/\(name)") { request, _ in await operation(name, request) }
        }
        router.post("/v1/watch") { request, context in await watch(request, context) }
        router.get("/v1/events") { request, context in await events(request, context) }
        router.get("/v1/status") { _, _ in await answer { try await Self.aside { views.status } } }
        router.get("/v1/budgets") { _, _ in await answer { try await Self.aside { views.accounts } } }
        router.get("/v1/sources") { _, _ in await answer { try await Self.aside { views.sourcesBody } } }
        router.get("/v1/forecast") { _, _ in await answer { try await Self.aside { views.forecast } } }
        router.get("/v1/alerts") { _, _ in await answer { try views.alerts() } }
        router.get("/v1/report") { request, _ in
            await answer {
                let parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
                let zone = governor.read { $0.book.policy.zone }
                return try views.report(try ReportQuery(parameters, zone: zone, now: governor.clock()))
            }
        }
        router.get("/v1/reconcile") { request, _ in
            await answer {
                let parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
                return try views.reconciliation(try ReconcileQuery(parameters, now: governor.clock()))
            }
        }
        router.get("/api/poller/status") { _, _ in Self.json(views.pollerStatus) }
        router.get("/metrics") { _, _ in
            await told {
                Self.response(Array(try views.exposition().utf8), type: "text/plain; version=0.0.4; charset=utf-8")
            }
        }
        router.get("/healthz") { _, _ in Self.response(Array("ok\n".utf8), type: "text/plain; charset=utf-8") }
        router.get("/readyz") { _, _ in readiness() }
        router.get("/health") { _, _ in
            var json = JSONWriter()
            json.object { json in
                json.field("status", "ok")
                json.field("version", Version.text)
            }
            return Self.json(json.bytes)
        }
        addTelemetry(to: router)
        router.post("/upload") { request, context in await upload(request, context) }
        router.post("/v1/litellm") { request, _ in await litellm(request) }
        router.get("/v1/export") { request, _ in await export(request) }
        router.post("/metrics/claude") { request, _ in
            await answer { try await display.push(try await Self.body(of: request)) }
        }
        return router
    }

    /// The display's read-only paths alone, for `--feed-listen`.
    func feed() -> Router<HTTPContext> {
        let router = Router(context: HTTPContext.self)
        router.get("/feed") { request, _ in
            await told { Self.tagged(try display.feed(), request) }
        }
        router.get("/metrics/claude") { request, _ in
            let hours = request.uri.queryParameters["hours"].map(String.init)
            return await told { Self.tagged(try display.activity(hours: hours), request) }
        }
        router.get("/metrics/claude/history") { request, _ in
            let points = request.uri.queryParameters["points"].map(String.init)
            let format = request.uri.queryParameters["format"].map(String.init)
            return await answer { try display.history(points: points, format: format) }
        }
        return router
    }

    private var views: Views {
        Views(governor: governor, sources: sources, forecaster: control.forecaster, providers: control.providers)
    }

    private func operation(_ name: String, _ request: Request) async -> Response {
        await told {
            let body = try await Self.body(of: request, limit: ControlRequest.sizeLimit)
            let parsed: ControlRequest
            do throws(ControlRequest.Failure) { parsed = try Self.parse(body, name) } catch {
                return Self.response(error.body, status: error.error.httpStatus)
            }
            let reply = await withCheckedContinuation { continuation in
                if let now = control.answer(parsed, later: { continuation.resume(returning: $0) }) {
                    continuation.resume(returning: now)
                }
            }
            return Self.response(reply.body, status: reply.status)
        }
    }

    static func parse(_ body: ByteBuffer, _ name: String) throws(ControlRequest.Failure) -> ControlRequest {
        let result = body.withUnsafeReadableBytes { bytes in
            Result { () throws(ControlRequest.Failure) in try ControlRequest(bytes, operation: name) }
        }
        return try result.get()
    }

    private func readiness() -> Response {
        if let error = governor.read({ $0.ledgerError }) {
            return Self.response(
                Array("the ledger can't be written: \(error)\n".utf8), status: 503, type: "text/plain; charset=utf-8")
        }
        return Self.response(Array("ready\n".utf8), type: "text/plain; charset=utf-8")
    }

    static func body(of request: Request, limit: Int = bodyLimit) async throws -> ByteBuffer {
        do { return try await request.body.collect(upTo: limit) } catch is NIOTooManyBytesError {
            throw ControlError(.tooLarge, "a body here has at most \(limit) bytes")
        }
    }
}

/// Answers that read the ledger run off the event loops, and every error has the one shape.
extension Routes {
    /// Runs what takes long off the event loops and the threads that others' tasks wait for.
    static func aside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(with: Result { try body() }) }
        }
    }

    private func answer(_ body: () async throws -> [UInt8]) async -> Response {
        await told { Self.json(try await body()) }
    }

    /// Turns what can go wrong into an answer that says so.
    func told(_ body: () async throws -> Response) async -> Response {
        let error: ControlError
        do { return try await body() } catch let known as ControlError { error = known } catch {
            governor.logger.error("a request failed", metadata: ["error": "\(error)"])
            return Self.failure(ControlError(.unavailable, "\(error)"))
        }
        return Self.failure(error)
    }

    static func failure(_ error: ControlError) -> Response {
        response(error.body(id: nil), status: error.httpStatus)
    }

    static func json(_ body: [UInt8]) -> Response { response(body) }

    static func response(_ body: [UInt8], status: Int = 200, type: String = "application/json") -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: type, .contentLength: String(body.count)],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// 304 only to those who asked with the same tag.
    private static func tagged(_ answer: (body: [UInt8], tag: String), _ request: Request) -> Response {
        let (body, tag) = answer
        var response = request.headers[.ifNoneMatch] == tag ? Response(status: .notModified) : json(body)
        response.headers[.eTag] = tag
        response.headers[.cacheControl] = "no-cache"
        return response
    }
}
