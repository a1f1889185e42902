import Foundation
import GovernorCore
import GovernorNotify
import Testing

@Suite(.enabled(if: TLSReceiver.isAvailable, "skipped: python3 and openssl are needed to serve TLS"))
struct TLSTests {
    @Test func `an authority of one's own is trusted when ca_file names it`() async throws {
        let server = try TLSReceiver(.good)
        let outcome = await Examples.slack(server.url, authorityFile: server.authorityFile)
            .send(try Examples.message(), id: "nt_1")
        #expect(outcome == .delivered)
    }

    @Test(arguments: [
        (TLSReceiver.Certificate.wrongName, true, "127.0.0.1"), (.expired, true, "expired"),
        (.selfSigned, true, "self-signed"), (.good, false, "certificate"),
    ])
    func `a certificate that does not hold is tried again and says why`(
        certificate: TLSReceiver.Certificate, namesAuthority: Bool, why: String
    ) async throws {
        let server = try TLSReceiver(certificate)
        let outcome = await Examples.slack(server.url, authorityFile: namesAuthority ? server.authorityFile : nil)
            .send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .failed(.tls, ambiguous: false), "\(outcome)")
        let text = try #require(outcome.failure?.text)
        #expect(text.replacing("self signed", with: "self-signed").contains(why) && !text.contains("SECRET"), "\(text)")
    }

    @Test func `a ca_file that is missing or no certificate is a clear error`() async throws {
        let message = try Examples.message()
        let missing = await Examples.slack("https://127.0.0.1:1/SECRET", authorityFile: "/nonexistent/ca.pem")
            .send(message, id: "nt_1")
        #expect(Expected(missing) == .failed(.tls, ambiguous: false))
        #expect(missing.failure?.text.hasPrefix("can't read ca_file /nonexistent/ca.pem: ") == true)
        let wrong = await Examples.slack("https://127.0.0.1:1/SECRET", authorityFile: #filePath)
            .send(message, id: "nt_1")
        #expect(Expected(wrong) == .failed(.tls, ambiguous: false))
        #expect(wrong.failure?.text.hasSuffix("has no certificate in it; it must be PEM text") == true)
    }

    @Test(arguments: [TLSReceiver.Service.smtps, .smtp])
    func `mail goes over TLS, from the beginning or by STARTTLS`(service: TLSReceiver.Service) async throws {
        let server = try TLSReceiver(.good, service)
        let result = await Examples.email(
            server.mailURL, to: ["a@example.com", "b@example.com"], startTLS: .required,
            authorityFile: server.authorityFile
        ).send(Examples.letter(try Examples.message()))
        #expect(result.outcome == .delivered)
        #expect(result.settled == ["a@example.com", "b@example.com"] && result.lost.isEmpty)
    }

    @Test(arguments: [TLSReceiver.Service.smtps, .smtp])
    func `a mail server whose certificate does not hold gets neither password nor mail`(
        service: TLSReceiver.Service
    ) async throws {
        let server = try TLSReceiver(.wrongName, service)
        let result = await Examples.email(
            server.mailURL, startTLS: .required, authorityFile: server.authorityFile
        ).send(Examples.letter(try Examples.message()))
        #expect(Expected(result.outcome) == .failed(.tls, ambiguous: false), "\(result.outcome)")
        #expect(result.settled.isEmpty)
    }
}
