import GovernorCore

/// Reads all pages of one report. Bounded in pages, bytes and time, whatever the other side answers.
struct ReportPages: Sendable {
    /// The longest report, 31 days by pages of one day, has fewer; so has a thousand-headed company's day.
    static let pageLimit = 100
    static let pageBytes = 8 << 20
    static let requestTime = Span.seconds(30)

    let fetch: ProviderFetch
    let clock: @Sendable () -> Timestamp
    let headers: [(name: String, value: Secret)]
    /// When the whole poll must be over.
    let deadline: Timestamp

    /// - Parameters:
    ///   - what: the report's name, for people.
    ///   - url: of the first page, with a query.
    /// - Returns: the elements of all pages' `data`, in order.
    func read(_ what: String, _ url: String) async throws(ProviderFailure) -> [JSON] {
        var elements: [JSON] = []
        var bodies: Set<[JSON]> = []
        var tokens: Set<String> = []
        var target = url
        for _ in 0..<Self.pageLimit {
            let page = try await page(what, target)
            // A page that says something and came before would be counted twice.
            let says = page.data.filter { !Self.isEmpty($0) }
            guard says.isEmpty || bodies.insert(says).inserted else {
                throw ProviderFailure(.endless, "\(what): a page came twice; nothing of the report is used")
            }
            elements += page.data
            guard let next = page.next else { return elements }
            guard tokens.insert(next).inserted else {
                throw ProviderFailure(
                    .endless, "\(what): its pages go round in a circle; nothing of the report is used")
            }
            target = url + "&page=" + Self.encoded(next)
        }
        throw ProviderFailure(.endless, "\(what) has more than \(Self.pageLimit) pages; nothing of the report is used")
    }

    private func page(_ what: String, _ url: String) async throws(ProviderFailure) -> (data: [JSON], next: String?) {
        let now = clock()
        let left = deadline - now
        guard left > .zero else { throw ProviderFailure(.timeout, "\(what): the poll took too long and was given up") }
        if Task.isCancelled { throw ProviderFailure(.cancelled, "\(what): stopped") }
        let request = ProviderRequest(
            url: url, headers: headers, timeLimit: min(left, Self.requestTime), bodyLimit: Self.pageBytes)
        let answer: ProviderAnswer
        do { answer = try await fetch(request) } catch {
            throw ProviderFailure(error.reason, "\(what): \(error.text)", retryAfter: error.retryAfter)
        }
        if let failure = answer.failure(what, now: now) { throw failure }
        guard !answer.isCut else {
            throw ProviderFailure(.badAnswer, "\(what): a page has more than \(Self.pageBytes >> 20) MiB")
        }
        let json: JSON
        do throws(JSONReader.Failure) { json = try JSONReader.read(answer.body) } catch {
            throw ProviderFailure(.badAnswer, "\(what) is no JSON: \(error.message) at byte \(error.offset + 1)")
        }
        guard let data = json["data"]?.array else {
            throw ProviderFailure(.badAnswer, "\(what) has no list \"data\"; is the address a provider's?")
        }
        guard json["has_more"]?.bool == true else { return (data, nil) }
        guard let next = json["next_page"]?.string, !next.isEmpty, next.utf8.count <= 4096 else {
            throw ProviderFailure(.badAnswer, "\(what) has more pages and doesn't say which is next")
        }
        return (data, next)
    }

    /// A bucket in which nothing was used; those are alike from page to page only by their times.
    private static func isEmpty(_ element: JSON) -> Bool {
        guard let results = (element["results"] ?? element["result"])?.array else { return false }
        return results.isEmpty
    }

    /// A value of a query: everything but letters, digits and `-._~` by its bytes (RFC 3986).
    static func encoded(_ value: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
