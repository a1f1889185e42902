import GovernorAPI
import GovernorCore
import Testing

/// What may be asked, and what is answered to what may not.
@Suite struct RequestTests {
    private func read(_ text: String) throws -> ControlRequest {
        try Array(text.utf8).withUnsafeBytes { try ControlRequest($0) }
    }

    private func failure(_ text: String) -> ControlRequest.Failure? {
        do {
            _ = try read(text)
            return nil
        } catch { return error as? ControlRequest.Failure }
    }

    @Test func aCheckCarriesItsLabelsAndItsEstimate() throws {
        let request = try read(#"{"op":"check","id":7,"worker":"w-1","tags":{"env":"ci"},"estimate_usd":2.5e-1}"#)
        var labels = Labels([.worker: "w-1"])
        labels.tags = ["env": "ci"]
        #expect(request.id == .number("7"))
        #expect(request.operation == .check(labels, .newWork, estimate: Money(nanodollars: 250_000_000), ignored: []))
    }

    @Test func aMisspeltFieldOfACheckIsNamedRatherThanForgotten() throws {
        guard case .check(_, _, _, let ignored) = try read(#"{"op":"check","estimat_usd":1}"#).operation else {
            Issue.record("no check")
            return
        }
        #expect(ignored == ["estimat_usd"])
    }

    @Test(arguments: [
        (
            #"{"op":"check","estimate_usd":"ten"}"#, "estimate_usd",
            #"estimate_usd must be a number from 0 to 1000000; got "ten""#
        ),
        (
            #"{"op":"check","estimate_usd":-1}"#, "estimate_usd",
            "estimate_usd must be a number from 0 to 1000000; got -1"
        ),
        (
            #"{"op":"check","estimate_usd":1e400}"#, "estimate_usd",
            "estimate_usd must be a number from 0 to 1000000; got 1e400"
        ),
        (#"{"op":"check","worker":5}"#, "worker", "worker must be a text; got 5"),
        (#"{"op":"check","tags":{"a":1}}"#, "tags.a", "tags.a must be a text; got 1"),
        (#"{"op":"label","session":"s"}"#, "worker", "label names no label to give the session"),
        (#"{"op":"label","worker":"w"}"#, "session", "session is missing"),
        (#"{"op":"status","budgets":"x"}"#, "budgets", #"budgets must be a list of names; got "x""#),
        (#"{"worker":"w"}"#, "op", "op is missing"),
        (#"{"op":"check","op":"ping"}"#, "op", #"this is no JSON: duplicate key "op" at byte 15"#),
    ])
    func aBadFieldIsNamedWithWhatStoodThere(text: String, field: String, message: String) {
        let error = failure(text)?.error
        #expect(error?.field == field)
        #expect(error?.message == message)
    }

    @Test func anUnknownOperationSaysWhichThereAre() {
        let found = failure(#"{"op":"stop","id":"a"}"#)
        #expect(found?.error.code == .unknownOperation)
        #expect(
            found?.error.message
                == #"there is no operation "stop"; there are check, reserve, extend, settle, release, record, label, "#
                + "status, explain, pause, resume, alerts, explain_alert, ack, silence, silences, expire, test, retry, "
                + "watch, reload, ping")
        #expect(found?.id == .string("a"))
    }

    @Test func oneBadRecordDoesNotTakeTheOthersWithIt() throws {
        let text =
            #"{"op":"record","records":[{"id":"a","cost_usd":1},{"cost_usd":1},{"id":"c","model":"m","output_tokens":-1}]}"#
        guard case .record(let accepted, let rejected) = try read(text).operation else {
            Issue.record("no record")
            return
        }
        #expect(accepted.map(\.record.identity.key) == ["push/a"])
        #expect(rejected.map(\.index) == [1, 2])
        #expect(rejected.map(\.error.field) == ["id", "output_tokens"])
    }
}
