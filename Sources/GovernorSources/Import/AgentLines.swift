import GovernorCore

extension ImportFormat {
    /// The parser of agents' and coordinators' own files, the same that follows them where they are watched; nil for what
    /// is read by its columns.
    func parser(zone: Zone) -> (any LineParser)? {
        let context = LineContext(zone: zone, modified: nil, isStart: true)
        return switch self {
        case .transcript, .stream: TranscriptParser(state: nil, context: context)
        case .coordinator: CoordinatorParser(state: nil, context: context)
        case .voice: VoiceParser(state: nil, context: context)
        case .codex: RolloutParser(state: nil, context: context)
        case .litellmLog: LiteLLMLogParser(state: nil, context: context)
        case .anthropic, .openai, .gemini, .rows, .litellm, .governor: nil
        }
    }
}
