/// Reads protobuf's wire format, field by field, out of bytes that may say anything.
///
/// Written by hand from the field numbers in `facts/otlp.md`: six messages are read here, a handful of fields each, and
/// code generated for all of OTLP by swift-protobuf would cost a minute of every build, and build whole objects out of
/// 64 MiB where one record at a time is enough.
struct WireReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// A text, bytes or a message, unread.
        case bytes(WireReader)
    }

    private let bytes: UnsafeRawBufferPointer
    /// Where the next field begins; never beyond `end`.
    private var position: Int
    private let end: Int

    /// - Parameter body: good while it is read.
    init(_ body: UnsafeRawBufferPointer) { self.init(bytes: body, position: 0, end: body.count) }

    private init(bytes: UnsafeRawBufferPointer, position: Int, end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    /// Where in the body it stands.
    var offset: Int { position }

    /// The next field; nil at the message's end.
    /// - Throws: when it is cut or no field.
    mutating func next() throws(TelemetryProblem) -> (number: UInt64, value: Value)? {
        guard position < end else { return nil }
        let start = position
        let tag = try varint()
        let number = tag >> 3
        guard number > 0, number <= 0x1FFF_FFFF else {
            throw TelemetryProblem("no protobuf field begins here", at: start)
        }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(end - position) else {
                throw TelemetryProblem("field \(number) is longer than what is left", at: start)
            }
            let inner = WireReader(bytes: bytes, position: position, end: position + Int(length))
            position = inner.end
            return (number, .bytes(inner))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        case let type: throw TelemetryProblem("field \(number) is of the unknown wire type \(type)", at: start)
        }
    }

    /// The rest as a text; what is no UTF-8 in it is replaced, since it must cost nobody the usage beside it.
    var text: String { String(decoding: bytes[position..<end], as: UTF8.self) }

    /// The rest in hexadecimal; ids are 8 or 16 bytes, and longer ones are none.
    var hex: String {
        guard end - position <= 16 else { return "" }
        return bytes[position..<end].map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    private mutating func varint() throws(TelemetryProblem) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { throw TelemetryProblem("the message ends inside a number", at: start) }
            let byte = bytes[position]
            position += 1
            // Of the tenth byte one bit is left; what is beyond 64 bits is dropped, as everywhere.
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw TelemetryProblem("a number of more than ten bytes", at: start)
    }

    private mutating func fixed(_ width: Int) throws(TelemetryProblem) -> UInt64 {
        guard end - position >= width else { throw TelemetryProblem("the message ends inside a number", at: position) }
        let value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
        position += width
        return value
    }
}
