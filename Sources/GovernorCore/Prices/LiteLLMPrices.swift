/// What LiteLLM's `model_prices_and_context_window.json` says of models that are paid by the token.
package struct LiteLLMPrices: Hashable, Sendable {
    /// Something about one entry that an operator may want to know.
    package struct Remark: Hashable, Sendable {
        package var model: String
        package var message: String

        package init(model: String, message: String) {
            self.model = model
            self.message = message
        }
    }

    /// A file that is none of LiteLLM's.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// From 1; 0 for the file as a whole.
        package var line: Int
        package var message: String
        package var description: String { line == 0 ? message : "line \(line): \(message)" }
    }

    /// One for each entry that could be read, in the order of the file; the provider is LiteLLM's word for it.
    package private(set) var rows: [PriceRow] = []
    /// Entries that were left out, and why.
    package private(set) var problems: [Remark] = []
    /// What was read otherwise than it is written.
    package private(set) var notes: [Remark] = []
    /// Entries of other kinds than chat, responses and completion: embeddings, pictures, sound.
    package private(set) var others = 0
    /// Prices of tokens under terms that no record carries, by the end of their key: `_ultrafast`.
    package private(set) var unread: [String: Int] = [:]

    /// Reads the file: an object with an entry for each model, prices in dollars per token.
    ///
    /// Prices are taken exactly, as nano-dollars per million tokens; what is finer is rounded, and noted.
    /// - Throws: when it is no JSON object at all. What is wrong with an entry is a problem of that entry.
    package init(_ bytes: [UInt8]) throws(Failure) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        let members: [JSONSpans.Member]
        do { members = try JSONSpans.members(of: bytes) } catch {
            let line = bytes.prefix(error.offset).count { $0 == 0x0A } + 1
            throw Failure(line: line, message: "this is no JSON object: \(error.message)")
        }
        guard members.contains(where: { bytes[$0.value.lowerBound] == UInt8(ascii: "{") }) || members.isEmpty else {
            throw Failure(line: 0, message: "this has no entries of models, so it is none of LiteLLM's price files")
        }
        // As Python reads it: of two entries with one name the last counts.
        let last = Dictionary(members.enumerated().map { ($1.key, $0) }) { _, later in later }
        for (place, member) in members.enumerated() {
            if last[member.key] != place {
                problems.append(Remark(model: member.key, message: "is there twice; the last is taken"))
                continue
            }
            do {
                take(try JSONReader.read(bytes[member.value]), as: member.key)
            } catch {
                problems.append(Remark(model: member.key, message: "can't be read: \(error.message)"))
            }
        }
    }

    private static let kinds: Set = ["chat", "responses", "completion"]

    private mutating func take(_ entry: JSON, as model: String) {
        guard entry.members != nil else {
            return problems.append(Remark(model: model, message: "is \(entry.shown), not an object"))
        }
        guard entry["mode"]?.string.map(Self.kinds.contains) ?? false else {
            others += 1
            return
        }
        var reading = LiteLLMEntry(entry)
        switch reading.row(named: model) {
        case .success(let row): rows.append(row)
        case .failure(let problem): problems.append(Remark(model: model, message: problem.message))
        }
        notes += reading.notes.map { Remark(model: model, message: $0) }
        for word in reading.unread { unread[word, default: 0] += 1 }
    }
}

/// One entry on its way to a row.
private struct LiteLLMEntry {
    struct Problem: Error { var message: String }

    private let entry: JSON
    private var levels: [Int64: Offers<PriceList>] = [:]
    private var reasoning: [LiteLLMKey: TokenPrice] = [:]
    private(set) var notes: [String] = []
    private(set) var unread: Set<String> = []

    init(_ entry: JSON) { self.entry = entry }

    mutating func row(named model: String) -> Result<PriceRow, Problem> {
        guard (1...Labels.valueLimit).contains(model.utf8.count),
            model.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }),
            !model.contains("*"), !model.contains("?")
        else { return .failure(Problem(message: "is no name of one model")) }
        do throws(Problem) {
            try readPrices()
            guard let base = levels[0]?.standard, base[.input] != nil, base[.output] != nil else {
                let has = levels[0]?.standard[.input] != nil
                throw Problem(message: "has no \(has ? "output_cost_per_token" : "input_cost_per_token")")
            }
            if base[.input] == 0, base[.output] == 0 {
                throw Problem(message: "costs nothing; what is free on purpose is named under \"free\" in the policy")
            }
            var row = PriceRow(
                provider: entry["litellm_provider"]?.string ?? "", model: model,
                levels: levels.map { PriceRow.Level(over: $0.key, listed: $0.value) })
            row.fast = try multiplier("fast")
            row.usGeography = try multiplier("us")
            row.webSearch = try search()
            row.deprecation = entry["deprecation_date"]?.string
            if entry["off_peak_pricing"]?.members != nil { notes.append("has cheaper hours, which are not taken") }
            return .success(row)
        } catch { return .failure(error) }
    }

    // MARK: Prices

    private mutating func readPrices() throws(Problem) {
        for member in entry.members ?? [] {
            switch LiteLLMKey.read(member.key) {
            case .price(let key): try set(key, member.value, member.key, over: key.over)
            case .unread(let word): unread.insert(word)
            case .other: break
            }
        }
        for tier in entry["tiered_pricing"]?.array ?? [] {
            guard let over = tier["range"]?.array?.first?.integer, over >= 0 else {
                throw Problem(message: "has a tier without a range of tokens")
            }
            for member in tier.members ?? [] {
                guard case .price(let key) = LiteLLMKey.read(member.key) else { continue }
                try set(key, member.value, member.key, over: over)
            }
        }
        for (key, price) in reasoning.sorted(by: { $0.key.over < $1.key.over }) {
            guard let output = levels[key.over]?[key.tier][.output], output != price else { continue }
            // A record's output holds what was thought: the dearer of the two is never too little.
            levels[key.over]?[key.tier][.output] = max(output, price)
            notes.append(
                "charges $\(Money(nanodollars: price).text) for thinking and $\(Money(nanodollars: output).text) for other "
                    + "output; all output is taken at the dearer")
        }
    }

    private mutating func set(
        _ key: LiteLLMKey, _ value: JSON, _ name: String, over: Int64
    ) throws(Problem) {
        guard let price = try price(value, name) else { return }
        guard let kind = key.kind else {
            reasoning[LiteLLMKey(kind: nil, over: over, tier: key.tier)] = price
            return
        }
        levels[over, default: Offers { _ in PriceList() }][key.tier][kind] = price
    }

    /// Dollars per token as nano-dollars per million; nil for null.
    private mutating func price(_ value: JSON, _ name: String) throws(Problem) -> TokenPrice? {
        let digits: String
        switch value {
        case .null: return nil
        case .number(let text), .string(let text): digits = text
        default: throw Problem(message: "has no number as \(name): \(value.shown)")
        }
        if let exact = DecimalText.scaled(digits.utf8, places: 15, exactly: true) { return try checked(exact, name) }
        guard let rounded = DecimalText.scaled(digits.utf8, places: 15) else {
            throw Problem(message: "has no price as \(name): \(value.shown)")
        }
        notes.append(
            "has \(name) \(digits.prefix(40)), finer than a billionth of a dollar per million tokens; taken as "
                + "$\(Money(nanodollars: rounded).text) per million")
        return try checked(rounded, name)
    }

    private func checked(_ price: TokenPrice, _ name: String) throws(Problem) -> TokenPrice {
        guard price >= 0, Money(nanodollars: price) <= PriceTable.dearest else {
            throw Problem(message: "has an absurd \(name): $\(Money(nanodollars: price).text) per million tokens")
        }
        return price
    }

    /// `provider_specific_entry`: `{"fast": 2.0, "us": 1.1}`.
    private func multiplier(_ name: String) throws(Problem) -> PriceRow.Multiplier? {
        guard case .number(let digits)? = entry["provider_specific_entry"]?[name] else { return nil }
        guard let value = DecimalText.scaled(digits.utf8, places: 9), (1...1_000_000_000_000).contains(value) else {
            throw Problem(message: "has an absurd multiplier \(name): \(digits.prefix(40))")
        }
        return PriceRow.Multiplier(billionths: value)
    }

    /// `search_context_cost_per_query`, dollars a search by how much is read; the medium one, which is what nobody asks
    /// for otherwise.
    private mutating func search() throws(Problem) -> Int64? {
        let sizes = ["medium", "low", "high"].compactMap { size -> String? in
            guard case .number(let digits)? = entry["search_context_cost_per_query"]?["search_context_size_\(size)"]
            else { return nil }
            return digits
        }
        let prices = sizes.compactMap { DecimalText.scaled($0.utf8, places: 12) }
        guard let price = prices.first else { return nil }
        guard prices.count == sizes.count, prices.allSatisfy({ $0 >= 0 && $0 <= 1_000_000_000_000_000 }) else {
            throw Problem(message: "has an absurd search_context_cost_per_query: \(sizes.joined(separator: ", "))")
        }
        if Set(prices).count > 1 {
            notes.append("charges searches by how much they read; all are taken at the medium price")
        }
        return price == 0 ? nil : price
    }
}
