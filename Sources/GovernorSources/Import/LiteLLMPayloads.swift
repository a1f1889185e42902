package import GovernorCore

/// What LiteLLM's `generic_api` callback posts: one `StandardLoggingPayload`, a list of them, or one a line.
package enum LiteLLMPayloads {
    /// What one body held. An element that can't be booked costs no other.
    package struct Reading: Sendable {
        package var records: [UsageRecord] = []
        /// By the element's number, from 1.
        package var rejected: [RejectedRow] = []
    }

    /// Reads one body of `POST /v1/litellm`.
    ///
    /// - Parameter zone: of times that name none; LiteLLM's own are Unix times.
    /// - Returns: the calls in the body's order. A body that is no JSON at all has nothing but rejected elements.
    package static func read(_ bytes: UnsafeRawBufferPointer, zone: Zone) -> Reading {
        var reading = Reading()
        let call = LiteLLMCall(zone: zone)
        let known = KnownRows()
        func take(_ cut: ImportCut) {
            do throws(LineProblem) {
                if let problem = cut.problem { throw LineProblem(problem) }
                reading.records.append(try call.record(try ImportRow(object: cut.bytes, known: known)))
            } catch {
                reading.rejected.append(RejectedRow(place: cut.place, reason: error.reason))
            }
        }
        var splitter = JSONSplitter(limit: max(1, bytes.count))
        splitter.take(bytes, take)
        splitter.finish(take)
        return reading
    }
}
