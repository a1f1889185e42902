import ArgumentParser

/// Works with policy files; each of its verbs is a file beside this one.
struct PolicyVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check, try out and explain policy files.",
        discussion: """
            EXAMPLES:
              governor policy check policies                 what it means, or everything that is wrong with it
              governor policy test policies                  does it do what its tests expect?
              governor policy replay --since 30d policies    what it would have done over the ledger
              governor policy explain --worker w-1           why work may start or not
            """,
        subcommands: [
            PolicyCheck.self, PolicyExplain.self, PolicyTestVerb.self, PolicyReplay.self, PolicySchemaVerb.self,
            PolicyRules.self, PolicyReload.self,
        ])
}
