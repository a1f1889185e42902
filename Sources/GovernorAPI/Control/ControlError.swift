package import GovernorCore

/// A request that can't be answered: a code for programs, a message for people, and the field it is about.
package struct ControlError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        case badRequest = "bad_request"
        case unknownOperation = "unknown_op"
        case notFound = "not_found"
        case keyReused = "key_reused"
        case alreadySettled = "already_settled"
        case alreadyReleased = "already_released"
        case expired
        case tooLarge = "too_large"
        case unavailable, forbidden
        /// Over HTTP alone: the token is missing, or the host is not this listener's.
        case unauthorized, misdirected
    }

    package var code: Code
    package var message: String
    package var field: String?
    /// The hold that has ended before: what came of it is worth knowing to one whose answer was lost.
    package var hold: Reservation?

    package init(_ code: Code, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }

    /// `{"id":7,"error":{"code":…,"message":…,"field":…}}`
    package func body(id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field(
                "error",
                object: { json in
                    json.field("code", code.rawValue)
                    json.field("message", message)
                    json.field("field", ifPresent: field)
                    if let hold { json.sums(of: hold) }
                })
        }
        return json.bytes
    }

    /// The status the same error has over HTTP.
    package var httpStatus: Int {
        switch code {
        case .badRequest: 400
        case .unknownOperation, .notFound: 404
        case .keyReused, .alreadySettled, .alreadyReleased: 409
        case .expired: 410
        case .tooLarge: 413
        case .unavailable: 503
        case .forbidden: 403
        case .unauthorized: 401
        case .misdirected: 421
        }
    }
}
