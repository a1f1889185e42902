import CCurl
import GovernorCore

/// One of libcurl's transfers with its options and all that libcurl keeps a pointer to; freed with the value.
struct CurlHandle: ~Copyable {
    let exchange: CurlExchange
    private let pointer: UnsafeMutableRawPointer
    private let held: Unmanaged<CurlExchange>
    private let errors: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?

    /// - Throws: `library_missing` when libcurl can't be opened.
    init(_ exchange: CurlExchange) throws(DeliveryFailure) {
        if let problem = CurlLibrary.problem {
            throw DeliveryFailure(.libraryMissing, "nothing can be sent: \(problem)")
        }
        guard let pointer = ccurl_init() else { throw DeliveryFailure(.other, "libcurl could not make a transfer") }
        self.exchange = exchange
        self.pointer = pointer
        held = Unmanaged.passRetained(exchange)
        errors = UnsafeMutablePointer.allocate(capacity: Int(CURL_ERROR_SIZE))
        errors.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        headers = nil
    }

    /// Gives libcurl the exchange to call; before anything else is set, so that every failure has its detail.
    mutating func connectCallbacks() throws(DeliveryFailure) {
        let context = held.toOpaque()
        try check(ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errors), CURLOPT_ERRORBUFFER)
        try check(ccurl_on_body(pointer, CurlExchange.onBody, context), CURLOPT_WRITEFUNCTION)
        try check(ccurl_on_header(pointer, CurlExchange.onHeader, context), CURLOPT_HEADERFUNCTION)
        try check(ccurl_on_progress(pointer, CurlExchange.onProgress, context), CURLOPT_XFERINFOFUNCTION)
        try check(ccurl_on_open_socket(pointer, CurlExchange.onOpenSocket, context), CURLOPT_OPENSOCKETFUNCTION)
    }

    deinit {
        // First of all, since it may still call back and write.
        ccurl_cleanup(pointer)
        ccurl_list_free(headers)
        errors.deallocate()
        held.release()
    }

    /// Carries the transfer out on the calling thread.
    func perform() -> CURLcode { ccurl_perform(pointer) }

    /// What libcurl says of a failure.
    func detail(_ code: CURLcode) -> String { errors[0] != 0 ? String(cString: errors) : Self.text(code) }

    var status: Int { number(CURLINFO_RESPONSE_CODE) }
    /// Whether any of the request left.
    var wasSent: Bool { number(CURLINFO_REQUEST_SIZE) > 0 }
    /// libcurl's own file of certificate authorities, where it tells.
    var authoritiesPath: String? { ccurl_authorities_path(pointer).map { String(cString: $0) } }

    /// - Returns: false where this libcurl can't take authorities as text.
    mutating func setAuthorities(_ pem: [UInt8]) -> Bool {
        ccurl_set_authorities(pointer, pem, pem.count) == CURLE_OK
    }

    mutating func set(_ option: CURLoption, _ value: Int) throws(DeliveryFailure) {
        try check(ccurl_set_long(pointer, option, value), option)
    }

    mutating func set(_ option: CURLoption, _ value: String) throws(DeliveryFailure) {
        try check(ccurl_set_text(pointer, option, value), option)
    }

    mutating func setBody(_ bytes: [UInt8]) throws(DeliveryFailure) {
        try check(ccurl_set_body(pointer, bytes, bytes.count), CURLOPT_COPYPOSTFIELDS)
    }

    /// To be called once, with all of them.
    mutating func setHeaders(_ lines: [String]) throws(DeliveryFailure) {
        for line in lines {
            guard let longer = ccurl_list_append(headers, line) else {
                throw DeliveryFailure(.other, "out of memory")
            }
            headers = longer
        }
        try check(ccurl_set_list(pointer, CURLOPT_HTTPHEADER, headers), CURLOPT_HTTPHEADER)
    }

    mutating func setProtocols(_ names: String, mask: Int) throws(DeliveryFailure) {
        try check(ccurl_set_protocols(pointer, names, mask), CURLOPT_PROTOCOLS_STR)
    }

    private func number(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    private func check(_ code: CURLcode, _ option: CURLoption) throws(DeliveryFailure) {
        guard code != CURLE_OK else { return }
        throw DeliveryFailure(.other, "libcurl refused option \(option.rawValue): \(Self.text(code))")
    }

    private static func text(_ code: CURLcode) -> String {
        ccurl_text(code).map { String(cString: $0) } ?? "code \(code.rawValue)"
    }
}
