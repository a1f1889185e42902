package import GovernorCore

/// A letter as JSON for machines. A later version may add members; what there is keeps its meaning.
///
/// ```
/// {"version":1,"event":"budget.threshold","id":"nt_…","timestamp":"2026-11-21T14:48:00+01:00","severity":"warning",
///  "title":"Warning: …","text":"…","alerts":[{"event":"budget.threshold","id":"al_…",…}],"more":2,
///  "sections":[{"title":"Spend","rows":[{"label":"w-1","value":"$20.10"}]}],"forecast":"…","dashboard_url":"…"}
/// ```
package struct WebhookPayload {
    /// Alerts that are written out; further ones are counted.
    package static let listed = 100
    private let letter: Letter

    package init(_ letter: Letter) { self.letter = letter }

    /// UTF-8. Another attempt has the same id and alerts; what its text says of the time that is left may differ.
    package var json: [UInt8] {
        let message = letter.message
        let zone = Zone(identifier: message.zone) ?? .utc
        var json = JSONWriter()
        json.object { json in
            json.field("version", 1)
            json.field("event", event)
            json.field("id", letter.id)
            json.field("timestamp", RFC3339.text(letter.createdAt, in: zone))
            json.field("severity", message.severity.rawValue)
            json.field("title", message.title)
            json.field("text", message.text)
            json.field("alerts", array: letter.items.prefix(Self.listed)) { json, item in
                json.object { json in
                    json.field("event", Self.event(item))
                    if item.isRepeat { json.field("repeat", true) }
                    json.fields(of: item.alert, zone: zone)
                }
            }
            if letter.items.count > Self.listed { json.field("more", Int64(letter.items.count - Self.listed)) }
            if !message.sections.isEmpty { json.field("sections", array: message.sections, Self.section) }
            json.field("forecast", ifPresent: message.forecast)
            json.field("dashboard_url", ifPresent: message.dashboardURL)
        }
        return json.bytes
    }

    /// Of a message with several alerts that of the first, which is the worst.
    private var event: String {
        if !letter.message.sections.isEmpty { return "report" }
        return letter.items.first.map(Self.event) ?? "test"
    }

    private static func event(_ item: Notification.Item) -> String {
        if item.event == .resolved { return "alert.resolved" }
        return switch item.alert.kind {
        case .threshold: "budget.threshold"
        case .forecast: "budget.forecast"
        case .rule: "rule.firing"
        case .policy: "policy.error"
        case .delivery: "delivery.dead"
        case .source: "source.failing"
        }
    }

    private static func section(_ json: inout JSONWriter, _ section: Message.Section) {
        json.object { json in
            json.field("title", section.title)
            json.field("rows", array: section.rows) { json, row in
                json.object { json in
                    json.field("label", row.label)
                    json.field("value", row.value)
                }
            }
        }
    }
}
