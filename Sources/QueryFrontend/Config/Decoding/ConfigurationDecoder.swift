/// Fills typed blocks from a YAML tree and collects every problem on the way, so that all are reported at once.
struct ConfigurationDecoder {
    /// One thing that is wrong, with its place.
    struct Problem: Sendable, Equatable {
        var mark: YAMLMark
        var message: String
        var hint: String?

        /// `line 2: field x not found in type y (column 3; did you mean z?)`: up to the bracket as Tempo writes it.
        var text: String {
            "line \(mark.line): \(message) (column \(mark.column)\(hint.map { "; " + $0 } ?? ""))"
        }
    }

    private(set) var problems: [Problem] = []
    var warnings: [ConfigurationWarning] = []
    /// Root blocks that belong to other targets.
    var ignoredBlocks: [String] = []
    /// Keys of blocks that are read which say nothing to this program.
    var ignoredKeys: [String] = []
    /// More lines for the log of a start.
    var notices: [String] = []
    /// The embedded store is used, so that the blocks which speak of it are read.
    var usesStore = false
    /// Set when the file lists its targets in the flat form of tempo-federated-querier.
    var federatedQuerier: FederatedQuerierFile?
    /// Set when the file lists its targets under `federated_frontend`.
    var federatedFrontend: FederatedFrontendBlock?
    /// Flat keys of old overrides files are read.
    var acceptsLegacyOverrides = false
    /// Such a key was met.
    var hasLegacyOverrides = false
    /// Above 0 inside blocks whose values may be credentials: problems do not show values there.
    private var secretDepth = 0

    mutating func problem(_ message: String, at mark: YAMLMark, hint: String? = nil) {
        problems.append(Problem(mark: mark, message: message, hint: hint))
    }

    /// Runs `body` with values hidden in problems.
    mutating func hidingValues(_ body: (inout ConfigurationDecoder) -> Void) {
        secretDepth += 1
        body(&self)
        secretDepth -= 1
    }

    /// Decodes the entries of a mapping by a table of fields. An empty value leaves the default.
    mutating func decode<Block>(
        _ node: YAMLNode, into block: inout Block, fields: [ConfigurationField<Block>], typeName: String
    ) {
        guard !isNull(node) else { return }
        guard case .mapping(let mapping) = node.content else { return cannotUnmarshal(node, into: typeName) }
        for entry in mapping.entries {
            guard let field = fields.first(where: { $0.key == entry.key.text }) else {
                unknownField(entry.key, typeName: typeName, keys: fields.filter { !$0.isHidden }.map(\.key))
                continue
            }
            if field.refusal != nil || !isNull(entry.value) {
                field.decode(entry.key.mark, entry.value, &block, &self)
            }
        }
        for key in mapping.duplicates {
            problem("field \(shown(key.text)) already set in type \(typeName)", at: key.mark)
        }
    }

    /// Decodes a block that is meant for other programs too: a key that is not in the table is noted, unless it looks like a
    /// slip of one that is.
    mutating func decodeShared<Block>(
        _ node: YAMLNode, into block: inout Block, fields: [ConfigurationField<Block>], typeName: String, path: String
    ) {
        eachEntry(node, typeName) { key, value, decoder in
            if let field = fields.first(where: { $0.key == key.text }) {
                if !decoder.isNull(value) { field.decode(key.mark, value, &block, &decoder) }
            } else if let nearest = NearestWord.find(key.text, in: fields.map(\.key)) {
                decoder.problem(
                    "field \(decoder.shown(key.text)) not found in type \(typeName)", at: key.mark,
                    hint: "did you mean \(nearest)?")
            } else {
                decoder.checkDuplicates(value)
                decoder.ignoredKeys.append(path + "." + decoder.shown(key.text))
            }
        }
    }

    /// Calls `body` with each key and value of a mapping; anything else, but null, is a problem, and so are repeated keys.
    mutating func eachEntry(
        _ node: YAMLNode, _ typeName: String, _ body: (YAMLNode, YAMLNode, inout ConfigurationDecoder) -> Void
    ) {
        guard !isNull(node) else { return }
        guard case .mapping(let mapping) = node.content else { return cannotUnmarshal(node, into: typeName) }
        for key in mapping.duplicates {
            problem("field \(shown(key.text)) already set in type \(typeName)", at: key.mark)
        }
        for entry in mapping.entries { body(entry.key, entry.value, &self) }
    }

    /// Reports keys that come twice in a part of the file that is not read.
    mutating func checkDuplicates(_ node: YAMLNode) {
        switch node.content {
        case .scalar: break
        case .sequence(let items): for item in items { checkDuplicates(item) }
        case .mapping(let mapping):
            for key in mapping.duplicates { problem("key \"\(shown(key.text))\" already set in map", at: key.mark) }
            for entry in mapping.entries { checkDuplicates(entry.value) }
        }
    }

    func isNull(_ node: YAMLNode) -> Bool {
        if case .scalar(let text, let style, let tag) = node.content {
            return YAMLScalar(text, style: style, tag: tag) == .null
        }
        return false
    }

    private mutating func unknownField(_ key: YAMLNode, typeName: String, keys: [String]) {
        let nearest = NearestWord.find(key.text, in: keys)
        problem(
            "field \(shown(key.text)) not found in type \(typeName)", at: key.mark,
            hint: nearest.map { "did you mean \($0)?" })
    }

    /// A key as problems show it: bounded, one line, and without what may be a credential that slipped into it.
    private func shown(_ key: String) -> String {
        var text = ""
        for scalar in key.unicodeScalars.prefix(64) {
            if secretDepth > 0, scalar == ":" || scalar == "=" || scalar == " " {
                text += "..."
                break
            }
            text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
        }
        return text
    }

    // MARK: Scalars

    /// ``cannot unmarshal !!str `abc` into int``; long values are cut, secret ones masked.
    mutating func cannotUnmarshal(_ node: YAMLNode, into type: String) {
        let what: String
        switch node.content {
        case .mapping: what = "!!map"
        case .sequence: what = "!!seq"
        case .scalar(let text, let style, let tag):
            let resolved = YAMLScalar(text, style: style, tag: tag)?.tag ?? tag ?? .str
            let isLong = text.unicodeScalars.count > 10
            let value = isLong ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(7))) + "..." : text
            let line = value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }.joined()
            what = "\(resolved.rawValue) `\(secretDepth > 0 ? Secret.mask : line)`"
        }
        problem("cannot unmarshal \(what) into \(type)", at: node.mark)
    }

    private func resolve(_ node: YAMLNode) -> YAMLScalar? {
        guard case .scalar(let text, let style, let tag) = node.content else { return nil }
        return YAMLScalar(text, style: style, tag: tag)
    }

    mutating func bool(_ node: YAMLNode) -> Bool? {
        if case .bool(let value)? = resolve(node) { return value }
        cannotUnmarshal(node, into: "bool")
        return nil
    }

    mutating func int(_ node: YAMLNode) -> Int? {
        switch resolve(node) {
        case .int(let value)?: return value
        case .float(let value)? where value == value.rounded() && value.magnitude < 9e15: return Int(value)
        default:
            cannotUnmarshal(node, into: "int")
            return nil
        }
    }

    /// A number of bytes, or a size with its unit.
    mutating func byteCount(_ node: YAMLNode) -> Int? {
        if case .string(let text)? = resolve(node), let bytes = ByteCount.parse(text) { return bytes }
        return int(node)
    }

    mutating func float(_ node: YAMLNode) -> Double? {
        switch resolve(node) {
        case .int(let value)?: return Double(value)
        case .float(let value)? where value.isFinite: return value
        default:
            cannotUnmarshal(node, into: "float64")
            return nil
        }
    }

    /// Any scalar but null, as it was written.
    mutating func string(_ node: YAMLNode) -> String? {
        if case .scalar(let text, _, _) = node.content, let resolved = resolve(node) {
            return resolved == .null ? "" : text
        }
        cannotUnmarshal(node, into: "string")
        return nil
    }

    /// The Go form; a bare integer is nanoseconds.
    mutating func duration(_ node: YAMLNode) -> Duration? {
        switch resolve(node) {
        case .int(let value)?: return .nanoseconds(Int64(value))
        case .string(let text)?:
            if let duration = GoDuration.parse(text) { return duration }
        default: break
        }
        cannotUnmarshal(node, into: "time.Duration")
        return nil
    }

    /// The Prometheus form.
    mutating func prometheusDuration(_ node: YAMLNode) -> Duration? {
        guard let text = string(node) else { return nil }
        if let duration = PrometheusDuration.parse(text) { return duration }
        let shownText = shown(text)
        problem(
            text.isEmpty ? "empty duration string" : "not a valid duration string: \"\(shownText)\"", at: node.mark)
        return nil
    }

    mutating func strings(_ node: YAMLNode) -> [String]? {
        guard case .sequence(let items) = node.content else {
            cannotUnmarshal(node, into: "[]string")
            return nil
        }
        return items.compactMap { string($0) }
    }
}
