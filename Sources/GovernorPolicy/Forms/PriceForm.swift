import GovernorCore

/// One entry of `prices`, with its model not looked up yet.
struct PriceDraft {
    var model: Placed<String>?
    var provider: Placed<String>?
    var rates = RatesDraft()
    var tiers: [Placed<PriceTierDraft>]?
    var fast: PriceRow.Multiplier?
    var usGeography: PriceRow.Multiplier?
    var webSearch: Placed<TokenPrice>?
    var perRequest: Placed<TokenPrice>?
    var from: Placed<Moment>?
    var until: Placed<Moment>?

    /// The lowest level and those above it; nil when one could not be read, which is reported.
    var levels: [PriceRow.Level]? {
        let higher = (tiers ?? []).compactMap { tier in
            tier.value.over.map { PriceRow.Level(over: $0.value, listed: tier.value.rates.listed) }
        }
        guard rates.isWhole, higher.count == tiers?.count ?? 0, (tiers ?? []).allSatisfy({ $0.value.rates.isWhole })
        else { return nil }
        return [PriceRow.Level(over: 0, listed: rates.listed)] + higher
    }
}

/// What prompts above so many tokens cost.
struct PriceTierDraft {
    var over: Placed<Int64>?
    var rates = RatesDraft()
}

/// Prices of each class by how a call is bought.
struct RatesDraft {
    var listed = Offers<PriceList> { _ in PriceList() }

    var isWhole: Bool { listed.standard[.input] != nil && listed.standard[.output] != nil }

    static let required = ["input", "output"]

    /// The columns of `prices.csv`: `input`, `cache_write_1h`, `batch_output`; also `batch_cache_read` and the like.
    static var fields: [Field<RatesDraft>] {
        let offers: [Terms.Tier] = [.standard, .batch, .flex, .priority]
        return offers.flatMap { tier in
            TokenClass.allCases.map { kind in
                let key = tier == .standard ? kind.rawValue : "\(tier.rawValue)_\(kind.rawValue)"
                return Field(
                    key, \.listed[tier][kind], Reader<TokenPrice>.price,
                    "Dollars per million tokens of \(noun(of: kind))\(condition(of: tier)).")
            }
        }
    }

    private static func noun(of kind: TokenClass) -> String {
        switch kind {
        case .input: "input that does not touch the cache"
        case .output: "output"
        case .cacheRead: "input read from the cache"
        case .cacheWrite5m: "input written to the cache for 5 minutes"
        case .cacheWrite1h: "input written to the cache for an hour; twice the input if absent"
        case .cacheWrite12h: "input written to the cache for 12 hours"
        }
    }

    private static func condition(of tier: Terms.Tier) -> String {
        tier == .standard ? "" : ", in calls bought as \(tier.rawValue)"
    }
}

extension Form where Draft == PriceDraft {
    static var price: Form {
        Form(
            noun: "a price",
            fields: [
                Field("model", \.model, Reader<String>.model.placed, "The model, as calls name it."),
                Field(
                    "provider", \.provider, Reader<String>.labelValue.placed,
                    "Whose it is; of a model that is known, its provider if absent."),
            ]
                + RatesDraft.fields.map { $0.within(\.rates) } + [
                    Field(
                        "tier", \.tiers, Form<PriceTierDraft>.priceTier.reader(.init()).placed.oneOrMore,
                        "What a request costs whose prompt, cache included, is above a size; one or a list of them."),
                    Field("fast", \.fast, .multiplier, "How many times the price fast calls cost."),
                    Field(
                        "us_geo", \.usGeography, .multiplier, "How many times the price calls cost that stay in the US."
                    ),
                    Field(
                        "web_search_per_1k", \.webSearch, Reader<TokenPrice>.price.placed,
                        "Dollars per thousand web searches."),
                    Field(
                        "per_request", \.perRequest, Reader<TokenPrice>.price.placed,
                        "Dollars for a call of which only the model is known, as a plain litellm.log tells it."),
                    Field("from", \.from, Reader<Moment>.moment.placed, "When it begins to hold; always if absent."),
                    Field("until", \.until, Reader<Moment>.moment.placed, "When it no longer holds; never if absent."),
                ],
            required: ["model"] + RatesDraft.required)
    }
}

extension Form where Draft == PriceTierDraft {
    static var priceTier: Form {
        Form(
            noun: "a tier",
            fields: [
                Field(
                    "over", \.over, Reader<Int64>.count.placed,
                    "The size in tokens above which the whole request costs this.")
            ] + RatesDraft.fields.map { $0.within(\.rates) },
            required: ["over"] + RatesDraft.required)
    }
}

extension Reader where Value == TokenPrice {
    /// Dollars per million tokens, from nothing up to more than anybody asks.
    static var price: Reader {
        let shape = Shape.named("price", .decimal(above: 0, orEqual: true))
        let hint = "write dollars per million tokens in plain digits, such as 3 or 0.075"
        return .text("a price", shape) { text, place, reading in
            guard Digits.areDecimal(text, places: 9), let money = Money(dollars: text) else {
                reading.error("\(Quoting.quoted(text)) is not a price", at: place, hint: hint)
                return nil
            }
            if money <= PriceTable.dearest { return money.nanodollars }
            reading.error("\(Quoting.quoted(text)) is too much for a million tokens", at: place, hint: hint)
            return nil
        }
    }
}

extension Reader where Value == PriceRow.Multiplier {
    static var multiplier: Reader {
        let hint = "write how many times the price it is, such as 1.1 or 2"
        return .scalar("a multiplier above 0, up to 1000", .decimal(above: 0), hint: hint) { text in
            guard Digits.areDecimal(text, places: 9), let value = DecimalText.scaled(text.utf8, places: 9),
                (1...1_000_000_000_000).contains(value)
            else { return nil }
            return PriceRow.Multiplier(billionths: value)
        }
    }
}
