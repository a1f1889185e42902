/// What sort of address a key takes.
struct AddressKind {
    /// With the article, as the rest of `this is not`: `an http or https address`.
    var noun: String
    var schemes: [String]
    /// What to write instead of what is no such address.
    var hint: String
    /// Where a user name goes.
    var userHint: String
    /// For the schema; variables and an empty text are taken besides.
    var pattern: String
    var example: String
    /// What is wrong with it beyond scheme, host and port.
    var problem: (ReceiverURL) -> TextProblem? = { _ in nil }

    var misfit: TextProblem { TextProblem(says: "is not \(noun)", hint: hint) }

    /// - Parameters:
    ///   - userHint: what to do instead of a user name in the address.
    static func web(
        example: String, userHint: String = "remove all up to the \"@\""
    ) -> AddressKind {
        AddressKind(
            noun: "an http or https address", schemes: ["https", "http"],
            hint: "it is not shown here, as it may be a secret", userHint: userHint, pattern: Pattern.receiver,
            example: example)
    }

    static var mailServer: AddressKind {
        AddressKind(
            noun: "an smtp or smtps address", schemes: ["smtps", "smtp"],
            hint: "write it as smtps://mail.example.com:465, or smtp://mail.example.com:587",
            userHint: "put the name into \"username\" and the password into \"password\"", pattern: Pattern.mailServer,
            example: "smtps://mail.example.com:465"
        ) { url in
            // libcurl would greet the server with the path as its own name.
            url.path.isEmpty || url.path == "/"
                ? nil : TextProblem(says: "goes on behind its host", hint: "end it with the port, such as :465")
        }
    }

    static var topic: AddressKind {
        var kind = AddressKind.web(
            example: "https://ntfy.sh/mytopic", userHint: "put an access token of that user into \"token\"")
        kind.pattern = Pattern.topic
        kind.problem = { url in
            let topic = url.path.dropFirst()
            let isTopic =
                url.path.hasPrefix("/") && (1...64).contains(topic.utf8.count) && Name.isValid(String(topic))
                && !topic.contains(".")
            return isTopic
                ? nil
                : TextProblem(
                    says: "is not the address of a topic",
                    hint: "write the server and the topic alone, as in https://ntfy.sh/mytopic; a topic is 1 to 64 "
                        + "letters, digits, \"_\" or \"-\"")
        }
        return kind
    }
}
