import ArgumentParser
import GovernorCore

/// Shows the kinds of rules with their examples, which are also their tests.
struct PolicyRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show the kinds of rules, with examples that fire and examples that don't.",
        discussion: """
            EXAMPLES:
              governor policy rules               what there is
              governor policy rules anomaly       one of them with all its examples
            """)

    @Argument(help: "A kind, such as burn_rate.") var kind: String?
    @Flag(help: "Print as JSON.") var json = false

    func run() throws {
        let kinds = RuleCondition.kinds.filter { kind == nil || $0.keyword == kind }
        guard !kinds.isEmpty else {
            let known = RuleCondition.kinds.map { $0.keyword }.joined(separator: ", ")
            throw ValidationError("there is no rule \(kind ?? ""); there are \(known)")
        }
        if json { return printJSON(kinds) }
        let parts = kinds.map { each in
            let title = "\(Terminal.colored(each.keyword, .bold))\n\(Self.wrapped(each.summary))"
            return kind == nil ? title : ([title] + each.examples.map(Self.text)).joined(separator: "\n\n")
        }
        print(parts.joined(separator: "\n\n"))
    }

    private static func text(_ example: RuleExample) -> String {
        let mark = example.fires ? Terminal.colored("fires", .red) : Terminal.colored("silent", .green)
        let blocks = [example.policy, example.test].map { block in
            block.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }.joined(separator: "\n")
        }
        return "\(mark): \(example.title)\n\n\(blocks[0])\n\n\(blocks[1])"
    }

    /// Lines of at most 100 characters.
    private static func wrapped(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].count + word.count > 98 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "  " : " ") + word
        }
        return lines.joined(separator: "\n")
    }

    private func printJSON(_ kinds: [any RuleKind.Type]) {
        var json = JSONWriter()
        json.object { json in
            json.field("rules", array: kinds) { json, kind in
                json.object { json in
                    json.field("when", kind.keyword)
                    json.field("summary", kind.summary)
                    json.field("examples", array: kind.examples) { json, example in
                        json.object { json in
                            json.field("title", example.title)
                            json.field("fires", example.fires)
                            json.field("policy", example.policy)
                            json.field("test", example.test)
                        }
                    }
                }
            }
        }
        print(json.text)
    }
}
