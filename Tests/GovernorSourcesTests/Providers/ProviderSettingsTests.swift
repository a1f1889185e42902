import GovernorCore
import GovernorSources
import Testing

/// What the environment says of providers.
@Suite struct ProviderSettingsTests {
    private static func told(_ environment: [String: String]) -> String {
        switch ProviderSettings(environment: environment).anthropic {
        case .on(let base, let key, let isOwn): "on \(base) \(key.reveal()) \(isOwn)"
        case .off(let why): "off: \(why)"
        }
    }

    @Test(arguments: [
        ([:], "off: ANTHROPIC_ADMIN_KEY is not set"),
        (["ANTHROPIC_ADMIN_KEY": "  "], "off: ANTHROPIC_ADMIN_KEY is not set"),
        (["ANTHROPIC_ADMIN_KEY": "sk-1\n"], "on https://api.anthropic.com sk-1 false"),
        (
            ["ANTHROPIC_ADMIN_KEY": "sk\r\nHost: x"],
            "off: ANTHROPIC_ADMIN_KEY has spaces or other characters in it that no key has"
        ),
        (
            ["ANTHROPIC_ADMIN_KEY": "k", "GOVERNOR_ANTHROPIC_URL": "https://gate.example/a//"],
            "on https://gate.example/a k true"
        ),
        (
            ["ANTHROPIC_ADMIN_KEY": "k", "GOVERNOR_ANTHROPIC_URL": "http://127.0.0.1:80/"],
            "on http://127.0.0.1:80 k true"
        ),
        (["ANTHROPIC_ADMIN_KEY": "k", "GOVERNOR_ANTHROPIC_URL": "http://[::1]:80"], "on http://[::1]:80 k true"),
        (["ANTHROPIC_ADMIN_KEY": "k", "GOVERNOR_ANTHROPIC_URL": ""], "on https://api.anthropic.com k false"),
    ]) func `a key turns a provider on`(_ environment: [String: String], _ expected: String) {
        #expect(Self.told(environment) == expected)
    }

    @Test(arguments: [
        "http://gate.example", "http://127.0.0.1.evil.example", "http://127.evil.0.1", "ftp://x", "gate.example",
        "https://", "https://me@gate.example", "https://gate.example/?a=b",
    ]) func `an address that would give the key away is off, with the reason`(_ url: String) {
        let told = Self.told(["ANTHROPIC_ADMIN_KEY": "SECRET", "GOVERNOR_ANTHROPIC_URL": url])
        #expect(told.hasPrefix("off: GOVERNOR_ANTHROPIC_URL must b"), "\(told)")
        #expect(!told.contains("SECRET"))
    }

    @Test(
        arguments: [
            (nil, 300, false), ("10m", 600, false), ("1m", 60, false), ("59s", 300, true), ("often", 300, true),
            ("2d", 300, true),
        ] as [(String?, Int64, Bool)])
    func `how often is said in a duration, and a wrong one is told`(_ text: String?, _ seconds: Int64, _ isWrong: Bool)
    {
        let settings = ProviderSettings(environment: text.map { ["GOVERNOR_POLL_EVERY": $0] } ?? [:])
        #expect(settings.every == .seconds(seconds))
        #expect((settings.warning != nil) == isWrong)
    }
}
