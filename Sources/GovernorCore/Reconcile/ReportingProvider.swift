/// The providers that say what was used and what it costs (`facts/providers.md`); their names are the label `provider`.
package enum ReportingProvider: String, CaseIterable, Sendable {
    case anthropic, openai

    /// For people.
    package var title: String {
        switch self {
        case .anthropic: "Anthropic"
        case .openai: "OpenAI"
        }
    }

    /// How far its reports lag behind what was called. Anthropic says five minutes, which busy days stretch; OpenAI says
    /// nothing, and its costs follow its usage by hours.
    package var delay: Span {
        switch self {
        case .anthropic: .minutes(30)
        case .openai: .hours(6)
        }
    }

    /// Providers that can't be asked, by their label, with the reason for people.
    package static let silent = [
        "gemini": "Google has no cost interface; its models are priced by the price book alone"
    ]

    /// The label `provider` of spend that does not name one.
    package static func label(_ provider: String?, model: String?) -> String? {
        provider ?? model.flatMap { ModelName.provider(of: $0) }
    }

    /// One spelling for a model's name in reports and in ours: without prefixes and build dates.
    package static func model(_ name: String) -> String { ModelName.withoutVersion(ModelName.withoutProvider(name)) }
}
