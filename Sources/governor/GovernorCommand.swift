import ArgumentParser
import GovernorDaemon

/// `governor <verb>`. Each verb is a file in `Verbs`.
@main
struct GovernorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "governor",
        abstract: "Keeps a fleet of AI coding agents inside its budget.",
        discussion: """
            EXAMPLES:
              governor demo                      see a budget fill, alert, pause and resume in under a minute
              governor run --policies policies   start the daemon
              governor check --worker w-1        may this worker start? exit 0 yes, 75 slower, 2 no
              governor exec --worker w-1 -- CMD  run a worker on a leash: held money, paused and ended as the policy says
              governor init claude-code          put Claude Code's hooks in place
              governor status                    every budget, and what is paused
              governor alerts                    what fires, and who was told
            """,
        version: Version.text,
        subcommands: [
            Run.self, Check.self, Reserve.self, Extend.self, Settle.self, Release.self, Exec.self, Hook.self,
            StatusLineVerb.self, Init.self, Status.self, PauseVerb.self, Resume.self, AlertsVerb.self, Watch.self,
            Report.self, Import.self, Export.self, PricesVerb.self, Reconcile.self, PolicyVerb.self, DemoVerb.self,
            Doctor.self,
        ])
}
