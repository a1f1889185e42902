import GovernorAPI
import GovernorCore
import Testing

/// The one line of a status bar.
@Suite struct StatusLineTests {
    private static let feed = """
        {"v":1,"today":12.4000,"month":210.3000,"forecast":298.0000,"state":"pause","paused":2,"alerts":1,\
        "worst":{"name":"worker-day","who":"w-1","used":0.6249,"left":9.0000,"resets":0}}
        """

    private func line(_ feed: String = feed, _ decision: String? = nil) throws -> String {
        StatusLine.text(
            feed: try JSONReader.read(feed.utf8), decision: try decision.map { try JSONReader.read($0.utf8) })
    }

    @Test func `it has what matters`() throws {
        #expect(
            try line() == """
                governor: $12.40 today, $210.30 this month, $298.00 expected · worker-day w-1 62% · 2 paused · 1 alert
                """)
    }

    @Test func `what is not there is left out`() throws {
        #expect(
            try line(#"{"today":0.0000,"month":0.0500,"forecast":0.0000,"paused":0,"alerts":0,"worst":{}}"#)
                == "governor: $0.00 today, $0.05 this month")
    }

    @Test func `a pause of this session comes first`() throws {
        let paused = #"{"decision":"pause","reasons":[{"budget":"b","text":"b: all is spent"}]}"#
        #expect(try line(Self.feed, paused).hasPrefix("governor: PAUSED: b: all is spent · $12.40 today"))
        let slower = paused.replacing("pause", with: "throttle")
        #expect(try line(Self.feed, slower).hasSuffix(" · slower: b: all is spent"))
        #expect(try line(Self.feed, #"{"error":{"code":"x","message":"y"}}"#) == line())
    }

    @Test func `whose line it is comes from the input, else from the environment`() {
        let input = #"{"session_id":"s-9","model":{"id":"claude-opus-5"},"workspace":{"current_dir":"/a/shop"}}"#
        let labels = StatusLine.labels(input: Array(input.utf8), environment: ["GOVERNOR_WORKER": "w-1"])
        #expect(labels == Labels([.worker: "w-1", .session: "s-9", .project: "shop", .model: "claude-opus-5"]))
        #expect(StatusLine.labels(input: [], environment: ["GOVERNOR_SESSION": "s"]) == Labels([.session: "s"]))
    }

    @Test func `the work's environment is read back as it was written`() {
        var labels = Labels([.worker: "w 1", .task: "t,=%"])
        labels.tags = ["a": "b,c=d%"]
        let environment = WorkEnvironment.of(
            labels, reservation: "r-1", model: nil, socket: "/s",
            over: ["GOVERNOR_MODEL": "old", "OTEL_RESOURCE_ATTRIBUTES": "host=h, worker=x"])
        #expect(WorkEnvironment.labels(environment) == labels)
        #expect(environment["GOVERNOR_MODEL"] == nil && environment["GOVERNOR_SOCKET"] == "/s")
        #expect(
            environment["OTEL_RESOURCE_ATTRIBUTES"] == "host=h,worker=w%201,task=t%2C%3D%25,reservation=r-1")
        #expect(WorkEnvironment.labels(["GOVERNOR_TAGS": "a=50%,b"]).tags == ["a": "50%"])
    }
}
