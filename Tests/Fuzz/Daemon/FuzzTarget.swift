import Dispatch
import Glibc
import GovernorAPI

/// What libFuzzer calls with each input. Compiled into GovernorDaemon by `Tests/Fuzz/fuzz`, and nowhere else.
///
/// `GOVERNOR_FUZZ` says what is being looked for: `ndjson` takes only what the sniffer takes for lines, `http` takes
/// everything. Whatever breaks a promise ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first, FuzzGoal.current == .http || Dialect(first) == .lines else { return -1 }
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        await hearOut(bytes)
        done.signal()
    }
    // An answer that never comes is a fault like any other.
    if done.wait(timeout: .now() + 20) == .timedOut { fatalError("it was not answered within 20 s") }
    return 0
}

/// What the bytes of one connection must lead to, however they are cut.
private func hearOut(_ bytes: [UInt8]) async {
    let daemon = FuzzedDaemon.current()
    switch Dialect(bytes[0]) {
    case .lines:
        let expected = ExpectedLines(bytes)
        let whole = await expected.verify(daemon, cuts: [])
        let cut = await expected.verify(daemon, cuts: Cuts.drawn(for: expected.heard))
        guard whole == cut else { fatalError("other pieces, other answers: \(whole) and \(cut)") }
    case .http:
        // After its first byte the connection has its handlers, and can be watched until it is at rest.
        let watched = await HTTPTalk.atRest(daemon, bytes)
        for cuts in [[], Cuts.drawn(for: bytes)] {
            let other = await HTTPTalk.until(watched, daemon, bytes, cuts: cuts)
            guard watched.agrees(with: other) else {
                fatalError("other pieces, other answers: \(watched) and \(other)")
            }
        }
    case .neither:
        var talk = await Talk(daemon)
        await talk.say(bytes, cuts: [])
        let answer = await talk.end()
        guard answer.isClosed, Reply.lines(answer.bytes).count == 1 else { fatalError("not refused once and closed") }
    }
}

/// What the present run is looking for.
private enum FuzzGoal: String {
    case ndjson, http

    static let current: FuzzGoal = {
        let name = getenv("GOVERNOR_FUZZ").map { String(cString: $0) } ?? ""
        guard let goal = FuzzGoal(rawValue: name) else { fatalError("GOVERNOR_FUZZ must be ndjson or http") }
        return goal
    }()
}

/// What a connection speaks, by the first byte of it.
private enum Dialect {
    case lines, http, neither

    init(_ first: UInt8) {
        switch first {
        case UInt8(ascii: "{"), 0x0A, 0x0D, 0x20: self = .lines
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): self = .http
        default: self = .neither
        }
    }
}

/// Where to cut.
enum Cuts {
    /// Up to eight places that depend on nothing but the bytes, so that a crash comes again.
    static func drawn(for bytes: [UInt8]) -> [Int] {
        guard bytes.count > 1 else { return [] }
        var state: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var places: Set<Int> = []
        for _ in 0..<8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            places.insert(1 + Int(state >> 33) % (bytes.count - 1))
        }
        return places.sorted()
    }
}
