/// What a value looks like in a file. Readers and forms say it of themselves, and `policy.schema.json` is made of it.
///
/// It is at most as strict as the reader: an editor must not mark what the loader takes.
indirect enum Shape {
    /// A text; without quotes it may as well look like a number or a flag to other readers of YAML.
    case scalar(pattern: String)
    /// A text that is a text to every reader of YAML.
    case text(pattern: String, example: String)
    case words([String])
    case flag
    /// Quoted or not, also as `5_000`.
    case whole(atLeast: Int64, atMost: Int64?)
    /// Quoted or not.
    case decimal(above: Int64, orEqual: Bool = false)
    /// Nothing behind the colon.
    case nothing
    case list(of: Shape, atLeast: Int, atMost: Int? = nil)
    /// - `keys`: a pattern.
    case map(keys: String, of: Shape, atLeast: Int)
    case object(ObjectShape)
    case either([Shape])
    /// A map whose keys depend on the word behind one of them.
    case tagged(key: String, doc: String, cases: [(word: String, doc: String, shape: ObjectShape)])
    /// Written once, under that name.
    case named(String, Shape)
}

/// A map with known keys.
struct ObjectShape {
    struct Key {
        var key: String
        var doc: String
        var shape: Shape
    }

    var keys: [Key]
    var required: [String] = []
    /// One of these has to be there.
    var choice: [String] = []
    /// Whether more than one of them may be.
    var allowsSeveral = false
}

/// Patterns that are in several shapes; JSON Schema's, so a dialect that ECMAScript and ICU share.
enum Pattern {
    static let name = "^[A-Za-z0-9._-]{1,64}$"
    static let duration = "^(?=.*[1-9])\(durationParts)$"
    static let durationOrZero = "^(?=[0-9])\(durationParts)$"
    /// The same within a longer text.
    static let durationParts =
        "(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?"
    static let percent = "[0-9]+(?:\\.[0-9]{1,4})?%"
    static let timeOfDay = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
    static let endOfDay = "^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    static let date =
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2}))?$"
    static let glob = "^[^\\u0000-\\u001F\\u007F-\\u009F]{1,256}$"
    /// The same without stars and question marks.
    static let model = "^[^*?\\u0000-\\u001F\\u007F-\\u009F]{1,256}$"
    static let visible = "\\S"
    static let address = "^(?:[Hh][Tt][Tt][Pp][Ss]?://.+)$"
    /// An address to send to: without a user.
    static let receiver = "^[Hh][Tt][Tt][Pp][Ss]?://[^@/?#]+(?:[/?#].*)?$"
    static let topic = "^[Hh][Tt][Tt][Pp][Ss]?://[^@/?#]+/[A-Za-z0-9_-]{1,64}$"
    static let mailServer = "^[Ss][Mm][Tt][Pp][Ss]?://[^@/?#]+/?$"
    static let mailAddress = "^[^@\\s<>()\\[\\],;:\\\\\"]+@[^@\\s<>()\\[\\],;:\\\\\"]+$"
}
