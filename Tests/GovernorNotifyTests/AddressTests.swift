import Foundation
import GovernorCore
import GovernorNotify
import Testing

@Suite struct AddressTests {
    enum Rule: Sendable { case open, consent, never }

    @Test(arguments: [
        ("127.0.0.1", Rule.consent), ("127.255.255.254", .consent), ("128.0.0.1", .open),
        ("10.0.0.1", .consent), ("11.0.0.1", .open),
        ("172.15.255.255", .open), ("172.16.0.1", .consent), ("172.31.255.255", .consent), ("172.32.0.1", .open),
        ("192.168.0.1", .consent), ("192.169.0.1", .open),
        ("169.254.169.254", .never), ("169.254.0.1", .never), ("169.255.0.1", .open),
        ("100.63.255.255", .open), ("100.64.0.1", .consent), ("100.127.255.255", .consent), ("100.128.0.1", .open),
        ("100.100.100.200", .never),
        ("0.0.0.0", .consent), ("0.1.2.3", .consent), ("1.1.1.1", .open), ("8.8.8.8", .open),
        ("::", .consent), ("::1", .consent), ("::2", .consent), ("::127.0.0.1", .consent),
        ("::ffff:127.0.0.1", .consent), ("::ffff:10.1.2.3", .consent), ("::ffff:169.254.169.254", .never),
        ("::ffff:8.8.8.8", .open),
        ("64:ff9b::169.254.169.254", .never), ("64:ff9b::10.0.0.1", .consent), ("64:ff9b::8.8.8.8", .open),
        ("2002:7f00:1::", .consent), ("2002:a9fe:a9fe::", .never), ("2002:808:808::", .open),
        ("fc00::1", .consent), ("fd00::1", .consent), ("fdff::1", .consent), ("fe00::1", .open),
        ("fd00:ec2::254", .never), ("fd00:ec2::253", .consent),
        ("fe80::1", .never), ("febf::1", .never), ("fec0::1", .open), ("2606:4700::1111", .open),
    ])
    func `each range has its rule`(address: String, rule: Rule) throws {
        var bytes = [UInt8](repeating: 0, count: address.contains(":") ? 16 : 4)
        #expect(inet_pton(bytes.count == 4 ? AF_INET : AF_INET6, address, &bytes) == 1)
        let found = AddressRule.of(bytes)
        #expect(found.allows(consent: false) == (rule == .open), "\(found)")
        #expect(found.allows(consent: true) == (rule != .never), "\(found)")
    }

    @Test(arguments: [0, 3, 5, 15, 17]) func `what is no internet address is never connected`(length: Int) {
        #expect(!AddressRule.of([UInt8](repeating: 1, count: length)).allows(consent: true))
    }

    @Test func `without consent a local address is not connected, by whatever name`() async throws {
        let server = try FakeReceiver([.answer("200 OK", body: "ok")])
        let hosts = ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1", "[::1]"]
        for host in hosts {
            let outcome = await Examples.slack("http://\(host):\(server.port)/SECRET", allowsPrivate: false)
                .send(try Examples.message(), id: "nt_1")
            #expect(Expected(outcome) == .refused(.addressNotAllowed), "\(host): \(outcome)")
            let text = try #require(outcome.failure?.text)
            #expect(text.contains("give the receiver allow_private: true") && !text.contains("SECRET"), "\(text)")
        }
        #expect(server.requests.isEmpty)
        let allowed = await Examples.slack(server.url).send(try Examples.message(), id: "nt_1")
        #expect(allowed == .delivered)
    }

    @Test(arguments: ["169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00:ec2::254]"])
    func `metadata is not connected even with consent`(host: String) async throws {
        let outcome = await Examples.slack("http://\(host)/latest/SECRET").send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .refused(.addressNotAllowed))
        let text = try #require(outcome.failure?.text)
        #expect(text.contains("never connected") && !text.contains("SECRET"), "\(text)")
    }

    @Test(arguments: [
        ("file:///etc/passwd-SECRET", DeliveryFailure.Reason.addressNotAllowed),
        ("gopher://127.0.0.1/SECRET", .addressNotAllowed), ("smtp://127.0.0.1/SECRET", .addressNotAllowed),
        ("hooks.slack.com/services/SECRET", .badAddress), ("https:///SECRET", .badAddress), ("", .badAddress),
        ("https://hooks.example.com/SECRET\r\nX: 1", .badAddress), ("https://host:port/SECRET", .badAddress),
    ])
    func `a URL that is no web address is refused without showing it`(
        url: String, reason: DeliveryFailure.Reason
    ) async throws {
        let outcome = await Examples.slack(url).send(try Examples.message(), id: "nt_1")
        #expect(Expected(outcome) == .refused(reason))
        #expect(outcome.failure?.text.contains("SECRET") == false)
    }

    @Test(arguments: [
        ("https://hooks.slack.com/services/SECRET", "https://hooks.slack.com"),
        ("HTTP://user:SECRET@host.example:8080/x?SECRET", "http://host.example"),
        ("https://[2001:db8::1]:443/SECRET#SECRET", "https://[2001:db8::1]"),
        ("https://host.example?SECRET", "https://host.example"),
    ])
    func `scheme and host are all that is shown`(url: String, shown: String) throws {
        let address = try WebAddress(Secret(url))
        #expect(address.shown == shown)
        #expect(!address.redacted("can't use \(url), it says \"SECRET\" here").contains("SECRET"))
        #expect("\(address)".contains("SECRET") == false)
    }
}
