import ArgumentParser

/// Works with alerts; each of its verbs is in a file beside this one.
struct AlertsVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "See what fires and who was told; acknowledge, silence, test and retry.",
        discussion: """
            EXAMPLES:
              governor alerts                              the newest, and who was told
              governor alerts --firing --since 24h         what fires since yesterday
              governor alerts explain al_dbe038406c14f648  who was told, or not, and why
              governor alerts ack al_dbe038406c14f648      you know; it is not told again
              governor alerts silence add --all --for 30m --reason "a move"
              governor alerts test ops                     does a message arrive?
              governor alerts retry --receiver ops         now that it is mended
            """,
        subcommands: [
            AlertsList.self, AlertsExplain.self, AlertsAck.self, SilenceVerb.self, AlertsTest.self, AlertsRetry.self,
        ],
        defaultSubcommand: AlertsList.self)
}
