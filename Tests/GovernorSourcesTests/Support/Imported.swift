import GovernorCore
import GovernorSources

/// A file imported whole: what it gave, and why it ended if it did.
struct Imported {
    var records: [UsageRecord] = []
    var report: ImportReport
    var error: ImportError?
    var keepsCosts = false
    var largestBatch = 0

    /// - Parameter chunk: bytes given at once.
    init(
        _ bytes: [UInt8], format: String? = nil, provider: String? = nil, name: String = "usage", zone: Zone = .utc,
        chunk: Int = 1 << 20, elementLimit: Int = Importer.elementLimit
    ) {
        report = ImportReport(name: name)
        do throws(ImportError) {
            let options = try ImportOptions(format: format, provider: provider)
            var importer = Importer(name: name, options: options, zone: zone, elementLimit: elementLimit)
            defer { report = importer.report }
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + chunk)
                bytes[start..<end].withUnsafeBytes { importer.take($0) }
                start = end
                try drain(&importer)
            }
            importer.finish()
            try drain(&importer)
        } catch { self.error = error }
    }

    init(
        _ text: String, format: String? = nil, provider: String? = nil, zone: Zone = .utc, chunk: Int = 1 << 20
    ) {
        self.init(Array(text.utf8), format: format, provider: provider, zone: zone, chunk: chunk)
    }

    private mutating func drain(_ importer: inout Importer) throws(ImportError) {
        while let batch = try importer.next() {
            records += batch.records
            keepsCosts = batch.keepsCosts
            largestBatch = max(largestBatch, batch.records.count)
        }
    }

    var reasons: [String] { report.rejected.map(\.reason) }
}
