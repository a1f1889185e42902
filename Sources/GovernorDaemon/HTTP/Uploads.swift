import GovernorAPI
import GovernorCore
import GovernorLedger
import GovernorSources
import HTTPTypes
import Hummingbird
import NIOCore

/// Usage that comes in files and callbacks, and goes out as an export.
extension Routes {
    /// `POST /upload?name=&format=&provider=`: a file of any shape that imports know, as the body. It is read as it comes,
    /// and what was read is durable before more is taken. On the control socket it may be of any length.
    ///
    /// Answers with what became of it, also where only a part of it could be read (400, with `error`).
    func upload(_ request: Request, _ context: HTTPContext) async -> Response {
        await told {
            let query = request.uri.queryParameters
            let isLocal = context.channel.localAddress?.protocol == .unix
            let limit = isLocal ? .max : Int64(Self.bodyLimit)
            let options: ImportOptions
            do throws(ImportError) {
                options = try ImportOptions(
                    format: query["format"].map(String.init), provider: query["provider"].map(String.init))
            } catch {
                // Answered in the middle of the body, the sender would find the connection closed and not hear why.
                var left = limit
                for try await chunk in request.body {
                    left -= Int64(chunk.readableBytes)
                    guard left > 0 else { break }
                }
                throw ControlError(.badRequest, error.description, field: "format")
            }
            return try await UploadedFile(
                name: query["name"].map { String($0.prefix(200)) } ?? "upload", options: options,
                limit: limit, governor: governor
            ).taken(from: request.body)
        }
    }

    /// `POST /v1/litellm`: LiteLLM's `generic_api` callback. What can't be booked is told and costs nothing else.
    func litellm(_ request: Request) async -> Response {
        await told {
            let body = try await Self.body(of: request)
            let reading = body.withUnsafeReadableBytes { LiteLLMPayloads.read($0, zone: .machine) }
            let told = Told(kind: .litellm, records: reading.records, rejected: reading.rejected.count)
            guard case .ingested(let fates) = try await governor.submit(.ingest(told)) else { return Self.json([]) }
            let rejected = reading.rejected.map { row in
                PushedRecord.Rejection(
                    index: Int(clamping: row.place.number - 1), error: ControlError(.badRequest, row.reason))
            }
            return Self.response(
                Reply.recorded(fates: fates, rejected: rejected, id: nil),
                status: fates.isEmpty && !rejected.isEmpty ? 400 : 200)
        }
    }

    /// `GET /v1/export?format=csv|json|jsonl&since=&until=`: every call that counts, oldest first, as a stream.
    func export(_ request: Request) async -> Response {
        await told {
            let parameters = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
            let zone = governor.read { $0.book.policy.zone }
            let query = try ExportQuery(parameters, zone: zone)
            let ledger = governor.ledger
            // Pages are read off the event loop, and the next only when this one is written.
            let body = ResponseBody { writer in
                var pages = query.pages
                while true {
                    let (page, rest) = try await Self.aside { [pages] in
                        var rest = pages
                        return (try rest.next(from: ledger), rest)
                    }
                    guard let page else { break }
                    pages = rest
                    try await writer.write(ByteBuffer(bytes: page))
                }
                try await writer.finish(nil)
            }
            return Response(
                status: .ok, headers: [.contentType: query.format.mediaType, .cacheControl: "no-store"], body: body)
        }
    }
}

/// One file on its way into the ledger.
private struct UploadedFile {
    let name: String
    let options: ImportOptions
    let limit: Int64
    let governor: Governor

    func taken(from body: RequestBody) async throws -> Response {
        var importer = Importer(name: name, options: options, zone: .machine)
        var booked = ImportReport.Booked()
        var failure: ImportError?
        var length: Int64 = 0
        for try await chunk in body {
            length += Int64(chunk.readableBytes)
            guard length <= limit else {
                throw ControlError(
                    .tooLarge, "a file here has at most \(limit) bytes; governor import takes larger ones")
            }
            // Who sends is let finish, so that it hears what is wrong.
            guard failure == nil else { continue }
            chunk.withUnsafeReadableBytes { importer.take($0) }
            failure = try await book(&importer, &booked)
        }
        importer.finish()
        if failure == nil { failure = try await book(&importer, &booked) }
        try await note(importer.report)
        return Routes.response(
            importer.report.body(booked, error: failure?.description), status: failure == nil ? 200 : 400)
    }

    /// Books what can be read by now.
    /// - Returns: why nothing more can be.
    private func book(_ importer: inout Importer, _ booked: inout ImportReport.Booked) async throws -> ImportError? {
        while true {
            let batch: ImportBatch
            do throws(ImportError) {
                guard let next = try importer.next() else { return nil }
                batch = next
            } catch { return error }
            var told = Told(kind: .import, records: batch.records)
            told.isExport = batch.keepsCosts
            guard case .ingested(let fates) = try await governor.submit(.ingest(told)) else { continue }
            booked.accepted += Int64(fates.count { $0 == .accepted })
            booked.revised += Int64(fates.count { $0 == .revised })
            booked.duplicate += Int64(fates.count { $0 == .duplicate || $0 == .united })
        }
    }

    /// What could not be booked shows with its source.
    private func note(_ report: ImportReport) async throws {
        guard report.rejectedCount > 0 else { return }
        try await governor.submit(.ingest(Told(kind: .import, records: [], rejected: Int(report.rejectedCount))))
    }
}
