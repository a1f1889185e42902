import GovernorCore

extension Reader where Value == DigestSchedule {
    /// `08:00` for every day, `mon 08:00` or `monday 08:00` for every week.
    static var digest: Reader {
        let days = DayOfWeek.words.joined(separator: "|")
        let time = Pattern.timeOfDay.dropFirst()
        let shape = Shape.text(pattern: "^ *(?:(?:\(days)) +)?\(time.dropLast()) *$", example: "08:00")
        return .text("the time of a digest", shape) { text, place, reading in
            let words = text.split(separator: " ").map(String.init)
            let isTurned = words.count == 2 && DayOfWeek.words.contains(words[1])
            guard let last = words.last, words.count <= 2, !isTurned else {
                reading.error(
                    "\(Quoting.quoted(text)) is not the time of a digest", at: place,
                    hint: isTurned
                        ? "did you mean \(Quoting.quoted("\(words[1]) \(words[0])"))?"
                        : "write \"08:00\" for every day, or \"mon 08:00\" for every week")
                return nil
            }
            func read<Part>(_ reader: Reader<Part>, _ word: String) -> Part? {
                reader.read(YAMLNode(content: .scalar(word, isPlain: true), place: place), &reading)
            }
            guard words.count == 2 else { return read(.timeOfDay, last).map { DigestSchedule(at: $0) } }
            let (day, time) = (read(DayOfWeek.reader, words[0]), read(.timeOfDay, last))
            guard let day, let time else { return nil }
            return DigestSchedule(weekday: day, at: time)
        }
    }
}
