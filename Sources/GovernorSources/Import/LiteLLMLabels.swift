import GovernorCore

/// Who a call through LiteLLM was for.
enum LiteLLMLabels {
    /// Tags that a call's own may become.
    private static let tagLimit = 16

    static func read(_ row: ImportRow) -> Labels {
        var labels = Labels()
        labels.source = SourceKind.litellm.rawValue
        labels.model = row.text(LiteLLMNames.model).map { String($0.trimmedSpace) }
        labels.provider = RowValues.label(row.text(LiteLLMNames.provider)).map { ExportDialect.label($0) }
        for (label, names) in LiteLLMNames.labels { labels[label] = RowValues.label(row.text(names)) }
        let endUser = row.text(LiteLLMNames.endUser).map { String($0.trimmedSpace) }
        if let endUser, !endUser.isEmpty {
            labels.session = labels.session ?? claudeSession(endUser)
            labels.user = labels.user ?? RowValues.label(endUser)
            labels.tags["end_user"] = RowValues.label(endUser)
        }
        if let group = RowValues.label(row.text(LiteLLMNames.group)), group != labels.model {
            labels.tags["model_group"] = group
        }
        if let type = RowValues.label(row.text(LiteLLMNames.callType)) { labels.tags["call_type"] = type }
        if row.text(LiteLLMNames.cacheHit)?.lowercased() == "true" { labels.tags["cache_hit"] = "true" }
        for tag in requestTags(row).prefix(tagLimit) { add(tag, to: &labels) }
        return labels
    }

    /// Claude Code names its session at the end of the user it tells the provider of: `user_…_account_…_session_<uuid>`,
    /// by which a call told of here and in a transcript belongs to one session.
    private static func claudeSession(_ user: String) -> String? {
        guard user.hasPrefix("user_"), let mark = user.utf8.lastIndex(of: UInt8(ascii: "_")) else { return nil }
        let session = user[user.index(after: mark)...]
        guard session.utf8.count == 36, user[..<mark].hasSuffix("_session") else { return nil }
        return String(session)
    }

    /// A list of texts, the same as JSON text, or as PostgreSQL writes it (`{a,b}`).
    private static func requestTags(_ row: ImportRow) -> [String] {
        switch row.first(LiteLLMNames.tags)?.value {
        case .array(let elements): return elements.compactMap(\.string)
        case .string(let text):
            do throws(JSONReader.Failure) {
                if let elements = try JSONReader.read(text.utf8).array { return elements.compactMap(\.string) }
            } catch {
                // No JSON: as PostgreSQL writes it, or one tag alone.
            }
            guard text.hasPrefix("{"), text.hasSuffix("}") else { return [text] }
            return text.dropFirst().dropLast().split(separator: ",").map { String($0.filter { $0 != "\"" }) }
        default: return []
        }
    }

    /// `key:value` and `key=value` are a tag of that value, any other text one that is `true`. A tag by the name of a label
    /// fills it in, where nothing else did.
    private static func add(_ tag: String, to labels: inout Labels) {
        let parts = tag.split(maxSplits: 1) { $0 == ":" || $0 == "=" }.map { String($0.trimmedSpace) }
        guard let key = parts.first, !key.isEmpty, key.utf8.count <= 64 else { return }
        let value = parts.count > 1 ? RowValues.label(parts[1]) ?? "true" : "true"
        let fillable: [LabelName] = [.worker, .session, .task, .project, .user, .team]
        if parts.count > 1, let label = LabelName(rawValue: key), fillable.contains(label), labels[label] == nil {
            labels[label] = value
        } else {
            labels.tags[key] = value
        }
    }
}
