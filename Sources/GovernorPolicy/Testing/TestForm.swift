import GovernorCore

/// A test's file before its policy is looked at.
struct TestDraft {
    var policy: Placed<String>?
    var start: Placed<Moment>?
    var records: [Placed<TestRecordDraft>]?
    var expect: [Placed<ExpectationDraft>]?
}

extension Form where Draft == TestDraft {
    /// - Parameter needsPolicy: false when the caller brings the policy itself.
    static func test(needsPolicy: Bool) -> Form {
        Form(
            noun: "a test",
            fields: [
                Field(
                    "policy", \.policy, Reader<String>.path.placed, "The policy's folder or file, seen from this file."),
                Field("start", \.start, Reader<Moment>.moment.placed, "When the test begins."),
                Field("records", \.records, Reader<TestRecordDraft>.testRecord.placed.list, "The calls that are made."),
                Field(
                    "expect", \.expect, Reader<ExpectationDraft>.expectation.placed.list, "What is asked and expected."),
            ],
            required: needsPolicy ? ["policy", "start", "expect"] : ["start", "expect"])
    }
}

extension Field {
    /// A key that sets something that is always there.
    init<Value>(
        _ key: String, _ reader: Reader<Value>, _ doc: String, _ set: @escaping (inout Draft, Value) -> Void
    ) {
        self.key = key
        self.doc = doc
        shape = reader.shape
        read = { node, draft, reading in
            if let value = reader.read(node, &reading) { set(&draft, value) }
        }
    }
}

extension Reader where Value == String {
    static var path: Reader {
        .scalar("a path", .scalar(pattern: ""), hint: "write \".\" for the folder this file is in") { text in
            text.isEmpty || text.contains("\0") ? nil : text
        }
    }
}
