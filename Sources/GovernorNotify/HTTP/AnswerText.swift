import GovernorCore

/// What is read from the body of an answer that is JSON.
extension CurlAnswer {
    /// The body, when it is a whole object.
    private var object: JSON? { isCut ? nil : try? JSONReader.read(body) }

    /// A text of the body's, made safe to show and short.
    func text(at key: String) -> String? {
        guard let text = object?[key]?.string else { return nil }
        let shown = Message.clean(text, limit: 160)
        return shown.isEmpty ? nil : shown
    }

    /// A list of texts of the body's, with commas between.
    func texts(at key: String) -> String? {
        guard let list = object?[key]?.array?.compactMap(\.string), !list.isEmpty else { return nil }
        return Message.clean(list.joined(separator: ", "), limit: 160)
    }

    /// Seconds, which may have a fraction, as a wait within 1 s and 1 h, rounded up.
    func wait(at key: String) -> Span? {
        guard case .number(let digits) = object?[key], let seconds = Double(digits), seconds >= 0 else { return nil }
        return .seconds(Int64(min(max(seconds, 1), 3600).rounded(.up)))
    }
}
