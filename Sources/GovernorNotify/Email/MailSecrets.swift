import Foundation
import GovernorCore

/// What must not come back in what a mail server says: some repeat the line they did not like, and AUTH's holds the
/// password in base64.
struct MailSecrets {
    private let secrets: [Secret]

    init(_ settings: EmailSettings) {
        guard let password = settings.password?.reveal(), !password.isEmpty else {
            secrets = []
            return
        }
        let forms = ["\0\(settings.username ?? "")\0\(password)", password].map {
            Data($0.utf8).base64EncodedString()
        }
        secrets = (forms + [password]).map { Secret($0) }
    }

    func hidden(in text: String) -> String { secrets.reduce(text) { $1.hidden(in: $0) } }
}
