import Foundation
package import GovernorCore

/// The environment through which a coordinator and `governor exec` tell work who it is: what they set and hooks read.
package enum WorkEnvironment {
    package static let socket = "GOVERNOR_SOCKET"
    package static let reservation = "GOVERNOR_RESERVATION"
    /// The cheaper model that a downgrade names.
    package static let model = "GOVERNOR_MODEL"
    /// `1` when the work's own hook is to settle the reservation at its end, since nobody else will.
    package static let settleOnStop = "GOVERNOR_SETTLE_ON_STOP"
    private static let tags = "GOVERNOR_TAGS"
    private static let resource = "OTEL_RESOURCE_ATTRIBUTES"
    private static let names: [LabelName] = [.worker, .session, .task, .project, .user, .team]

    /// The labels that are set.
    package static func labels(_ environment: [String: String]) -> Labels {
        var labels = Labels()
        for name in names { labels[name] = environment.text(variable(name)) }
        for pair in (environment.text(tags) ?? "").split(separator: ",") {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else { continue }
            labels.tags[decoded(pair[..<equals])] = decoded(pair[pair.index(after: equals)...])
        }
        return labels
    }

    /// The environment of work: `base` with who it is, its reservation and the model to use.
    ///
    /// `GOVERNOR_MODEL` is taken away when there is none: one that was inherited may no longer be wanted.
    package static func of(
        _ labels: Labels, reservation: String?, model: String?, socket: String, over base: [String: String]
    ) -> [String: String] {
        var result = base
        result[Self.socket] = socket
        result[Self.reservation] = reservation
        result[Self.model] = model
        for name in names { if let value = labels[name] { result[variable(name)] = value } }
        if !labels.tags.isEmpty {
            result[tags] = labels.tags.sorted { $0.key < $1.key }.map { "\(encoded($0.key))=\(encoded($0.value))" }
                .joined(separator: ",")
        }
        let told = names.compactMap { name in labels[name].map { (name.rawValue, $0) } }
        result[resource] = attributes(
            told + (reservation.map { [("reservation", $0)] } ?? []), over: base.text(resource) ?? "")
        return result
    }

    /// `worker=w-1,reservation=r-1` behind what was there, in place of attributes of the same names.
    private static func attributes(_ ours: [(String, String)], over text: String) -> String? {
        let kept = text.split(separator: ",").filter { pair in
            let name = pair.prefix { $0 != "=" }.trimmingCharacters(in: .whitespaces)
            return !ours.contains { $0.0 == name }
        }
        let all = kept.map(String.init) + ours.map { "\($0.0)=\(encoded($0.1))" }
        return all.isEmpty ? nil : all.joined(separator: ",")
    }

    private static func variable(_ name: LabelName) -> String { "GOVERNOR_" + name.rawValue.uppercased() }

    /// Everything but what RFC 3986 calls unreserved is percent-encoded.
    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// What was written by hand and is no percent-encoding stands for itself.
    private static func decoded(_ text: Substring) -> String { text.removingPercentEncoding ?? String(text) }
}

extension [String: String] {
    /// A variable that is set to something.
    package func text(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
