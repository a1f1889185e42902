/// The little of OTLP that usage is read from, the same from JSON and from protobuf, so that what senders mean by it is
/// written once.
package enum TelemetryItem: Hashable, Sendable {
    case log(TelemetryLog)
    case span(TelemetrySpan)
    case point(TelemetryPoint)
}

/// Who sent an item: its resource's attributes, and the name of the library that made it.
package struct TelemetryOrigin: Hashable, Sendable {
    package var resource = TelemetryAttributes()
    package var scope = ""

    package init(resource: TelemetryAttributes = TelemetryAttributes(), scope: String = "") {
        self.resource = resource
        self.scope = scope
    }
}

/// A log record. Times are nanoseconds since 1970, 0 where there is none.
package struct TelemetryLog: Hashable, Sendable {
    package var time: UInt64 = 0
    package var observed: UInt64 = 0
    package var eventName = ""
    /// Where it is a text; what else a body can be tells nothing of usage.
    package var body = ""
    package var attributes = TelemetryAttributes()

    package init() {}
}

/// A span. Times are nanoseconds since 1970, 0 where there is none.
package struct TelemetrySpan: Hashable, Sendable {
    /// Hexadecimal, in small letters.
    package var trace = ""
    package var id = ""
    package var name = ""
    package var start: UInt64 = 0
    package var end: UInt64 = 0
    package var attributes = TelemetryAttributes()
    /// Whether its status is an error, and the words of that.
    package var isError = false
    package var message = ""

    package init() {}
}

/// A data point of a sum, or of a histogram by its sum. Times are nanoseconds since 1970, 0 where there is none.
package struct TelemetryPoint: Hashable, Sendable {
    package enum Temporality: Sendable { case delta, cumulative }

    /// The metric's name.
    package var metric = ""
    /// nil where the metric says neither.
    package var temporality: Temporality?
    package var start: UInt64 = 0
    package var time: UInt64 = 0
    /// `.integer` or `.double`; nil where the point has no value, or says itself that it is none.
    package var value: TelemetryValue?
    package var attributes = TelemetryAttributes()

    package init() {}
}
