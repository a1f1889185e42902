import GovernorCore

/// One line of a model map.
struct ModelMapEntry {
    var glob: Glob
    var model: Placed<String>
}

extension Reader where Value == [ModelMapEntry] {
    /// A map from patterns to models; not empty.
    static var modelMap: Reader {
        let noun = "a map from patterns to models"
        let glob = Reader<Glob>.glob
        let model = Reader<String>.model.placed
        let shape = Shape.map(keys: Pattern.glob, of: model.shape, atLeast: 1)
        return Reader(noun: noun, shape: shape) { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: noun, hint: "such as { \"claude-opus-*\": claude-sonnet-5 }")
                return nil
            }
            if entries.isEmpty {
                reading.error(
                    "this model map is empty", at: node.place,
                    hint: "say which model to use instead of which, such as { \"claude-opus-*\": claude-sonnet-5 }")
            }
            return entries.compactMap { entry in
                let key = YAMLNode(content: .scalar(entry.key, isPlain: false), place: entry.keyPlace)
                let glob = glob.read(key, &reading)
                let model = model.read(entry.value, &reading)
                guard let glob, let model else { return nil }
                return ModelMapEntry(glob: glob, model: model)
            }
        }
    }
}

/// Hours of the week, without their name.
struct ScheduleDraft {
    var days: [Placed<Int64>]?
    var from: Span?
    var to: Span?

    /// nil when it could not be read, which is reported.
    func schedule(_ name: String) -> Schedule? {
        guard let from, let to else { return nil }
        return Schedule(name: name, days: Set(days.map { $0.map(\.value) } ?? []), from: from, to: to)
    }
}

extension Reader where Value == ScheduleDraft {
    static var schedule: Reader {
        Form<ScheduleDraft>(
            noun: "a schedule",
            fields: [
                Field(
                    "days", \.days, DayOfWeek.reader.placed.oneOrMore,
                    "The days of the week on which it begins; every day if absent."),
                Field("from", \.from, .timeOfDay, "The time of day it begins at."),
                Field("to", \.to, .endOfDay, "The time it ends at; on the next day unless that is later than from."),
            ],
            required: ["from", "to"]
        )
        .reader(.init()) { draft, _, reading in
            var seen: Set<Int64> = []
            for day in draft.days ?? [] where !seen.insert(day.value).inserted {
                reading.error("\(Weekday.name(of: day.value)) is in the list twice", at: day.place)
            }
        }
    }
}
