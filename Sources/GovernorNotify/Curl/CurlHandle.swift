import CCurl
import GovernorCore

/// One of libcurl's transfers with its options and all that libcurl keeps a pointer to; freed with the value.
struct CurlHandle: ~Copyable {
    let exchange: CurlExchange
    private let pointer: UnsafeMutableRawPointer
    private let held: Unmanaged<CurlExchange>
    private let errors: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var recipients: UnsafeMutablePointer<curl_slist>?
    private var mime: OpaquePointer?

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
        recipients = nil
        mime = nil
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
        ccurl_list_free(recipients)
        if let mime { ccurl_mime_free(mime) }
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

    /// Of a request, or of a mail.
    mutating func setHeaders(_ lines: [String]) throws(DeliveryFailure) {
        headers = try set(CURLOPT_HTTPHEADER, lines, inPlaceOf: headers)
    }

    /// Whom the next mail goes to.
    mutating func setRecipients(_ addresses: [String]) throws(DeliveryFailure) {
        recipients = try set(CURLOPT_MAIL_RCPT, addresses, inPlaceOf: recipients)
    }

    /// A mail's body in several forms, each as quoted-printable. To be called once.
    /// - Parameter forms: the type, `text/plain; charset=utf-8`, and the bytes, whose lines end with CR LF.
    mutating func setForms(_ forms: [(type: String, bytes: [UInt8])]) throws(DeliveryFailure) {
        guard let mime = ccurl_mime(pointer) else { throw DeliveryFailure(.other, "out of memory") }
        self.mime = mime
        for form in forms {
            try check(
                ccurl_mime_add(mime, form.type, "quoted-printable", form.bytes, form.bytes.count), CURLOPT_MIMEPOST)
        }
        try check(ccurl_set_mime(pointer, mime), CURLOPT_MIMEPOST)
    }

    /// Hears what is said to a mail server.
    mutating func hearCommands() throws(DeliveryFailure) {
        try check(ccurl_on_debug(pointer, CurlExchange.onDebug, held.toOpaque()), CURLOPT_DEBUGFUNCTION)
    }

    /// Empties the text of the last failure, which libcurl leaves from one transfer to the next.
    func forgetDetail() { errors[0] = 0 }

    mutating func setProtocols(_ names: String, mask: Int) throws(DeliveryFailure) {
        try check(ccurl_set_protocols(pointer, names, mask), CURLOPT_PROTOCOLS_STR)
    }

    /// Gives libcurl a list, which it keeps a pointer to, and frees the one it had.
    /// - Throws: before anything has changed.
    private func set(
        _ option: CURLoption, _ texts: [String], inPlaceOf former: UnsafeMutablePointer<curl_slist>?
    ) throws(DeliveryFailure) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for text in texts {
            guard let longer = ccurl_list_append(list, text) else {
                ccurl_list_free(list)
                throw DeliveryFailure(.other, "out of memory")
            }
            list = longer
        }
        let code = ccurl_set_list(pointer, option, list)
        guard code == CURLE_OK else {
            ccurl_list_free(list)
            try check(code, option)
            return former
        }
        ccurl_list_free(former)
        return list
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
