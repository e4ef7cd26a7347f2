/// One key of a block: how to read it, and how to show it. A block is a table of these, so that what is accepted, what
/// `/status/config` shows and what the hint for a misspelled key knows cannot drift apart.
struct ConfigurationField<Block> {
    let key: String
    /// Not offered as a hint: refused or deprecated.
    var isHidden = false
    /// Set when the key is always an error.
    var refusal: String?
    let decode: (YAMLMark, YAMLNode, inout Block, inout ConfigurationDecoder) -> Void
    /// Nil when there is nothing to show.
    let render: (Block) -> YAMLOutput?
}

extension ConfigurationField {
    private static func scalar<Value>(
        _ key: String, _ path: WritableKeyPath<Block, Value>,
        read: @escaping (inout ConfigurationDecoder, YAMLNode) -> Value?, show: @escaping (Value) -> YAMLOutput
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                if let value = read(&decoder, node) { block[keyPath: path] = value }
            }, render: { show($0[keyPath: path]) })
    }

    static func bool(_ key: String, _ path: WritableKeyPath<Block, Bool>) -> ConfigurationField {
        scalar(key, path, read: { $0.bool($1) }, show: { .bare($0 ? "true" : "false") })
    }

    static func int(_ key: String, _ path: WritableKeyPath<Block, Int>) -> ConfigurationField {
        scalar(key, path, read: { $0.int($1) }, show: { .bare("\($0)") })
    }

    /// A number of bytes, which may be written with a unit: `512MiB`.
    static func bytes(_ key: String, _ path: WritableKeyPath<Block, Int>) -> ConfigurationField {
        scalar(key, path, read: { $0.byteCount($1) }, show: { .bare("\($0)") })
    }

    static func float(_ key: String, _ path: WritableKeyPath<Block, Double>) -> ConfigurationField {
        scalar(key, path, read: { $0.float($1) }, show: { .bare(ExpositionWriter.number($0)) })
    }

    static func string(_ key: String, _ path: WritableKeyPath<Block, String>) -> ConfigurationField {
        scalar(key, path, read: { $0.string($1) }, show: { .text($0) })
    }

    static func secret(_ key: String, _ path: WritableKeyPath<Block, Secret>) -> ConfigurationField {
        scalar(
            key, path,
            read: { decoder, node in
                var value: Secret?
                decoder.hidingValues { value = $0.string(node).map { Secret($0) } }
                return value
            }, show: { .text($0.description) })
    }

    static func duration(_ key: String, _ path: WritableKeyPath<Block, Duration>) -> ConfigurationField {
        scalar(key, path, read: { $0.duration($1) }, show: { .bare(GoDuration.format($0)) })
    }

    static func prometheusDuration(_ key: String, _ path: WritableKeyPath<Block, Duration>) -> ConfigurationField {
        scalar(key, path, read: { $0.prometheusDuration($1) }, show: { .bare(PrometheusDuration.format($0)) })
    }

    static func strings(_ key: String, _ path: WritableKeyPath<Block, [String]>) -> ConfigurationField {
        scalar(key, path, read: { $0.strings($1) }, show: { .sequence($0.map { .text($0) }) })
    }

    /// A text of words between commas.
    static func commaList(_ key: String, _ path: WritableKeyPath<Block, [String]>) -> ConfigurationField {
        scalar(
            key, path,
            read: { decoder, node in
                decoder.string(node).map { text in
                    text.split(separator: ",").map { word in
                        String(decoding: word.utf8.trimmingBlanks(), as: UTF8.self)
                    }.filter { !$0.isEmpty }
                }
            }, show: { .text($0.joined(separator: ",")) })
    }

    /// A mapping that is a struct of its own.
    static func block<Inner>(
        _ key: String, _ path: WritableKeyPath<Block, Inner>, _ typeName: String,
        _ fields: @escaping @autoclosure () -> [ConfigurationField<Inner>]
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                decoder.decode(node, into: &block[keyPath: path], fields: fields(), typeName: typeName)
            }, render: { block in fields().rendered(block[keyPath: path]) })
    }

    /// A mapping whose keys are kept in the struct around it.
    static func section(
        _ key: String, _ typeName: String, _ fields: @escaping @autoclosure () -> [ConfigurationField<Block>]
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                decoder.decode(node, into: &block, fields: fields(), typeName: typeName)
            }, render: { block in fields().rendered(block) })
    }

    /// The same for a mapping that other programs read too: keys that are not in the table are noted.
    static func sharedSection(
        _ key: String, path: String, _ typeName: String,
        _ fields: @escaping @autoclosure () -> [ConfigurationField<Block>]
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                decoder.decodeShared(node, into: &block, fields: fields(), typeName: typeName, path: path)
            }, render: { block in fields().rendered(block) })
    }

    /// A key of Tempo that says nothing to a query frontend: accepted as it stands.
    static func unused(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key: key, decode: { _, node, _, decoder in decoder.checkDuplicates(node) }, render: { _ in nil })
    }

    /// The same inside a block that is read otherwise: a notice names it.
    static func noted(_ key: String, in block: String) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, _, decoder in
                decoder.checkDuplicates(node)
                decoder.ignoredKeys.append(block + "." + key)
            }, render: { _ in nil })
    }

    /// A key that Tempo has and this program does not: an error unless it is switched off or empty.
    static func unsupported(_ key: String, _ reason: String) -> ConfigurationField {
        ConfigurationField(
            key: key, isHidden: true,
            decode: { mark, node, _, decoder in
                if isSwitchedOff(node) { return }
                decoder.problem("\(key) is not supported", at: mark, hint: reason)
            }, render: { _ in nil })
    }

    /// False, empty, or a collection of nothing else: what a dump of Tempo's own defaults holds.
    static func isSwitchedOff(_ node: YAMLNode) -> Bool {
        switch node.content {
        case .sequence(let items): items.allSatisfy { isSwitchedOff($0) }
        case .mapping(let mapping): mapping.entries.allSatisfy { isSwitchedOff($0.value) }
        case .scalar(let text, let style, let tag):
            switch YAMLScalar(text, style: style, tag: tag) {
            case .null?, .bool(false)?, .string("")?: true
            default: false
            }
        }
    }

    /// A key that Tempo once had: an error that says since when, and what came instead.
    static func dropped(_ key: String, in typeName: String, _ reason: String) -> ConfigurationField {
        ConfigurationField(
            key: key, isHidden: true, refusal: reason,
            decode: { mark, _, _, decoder in
                decoder.problem("field \(key) not found in type \(typeName)", at: mark, hint: reason)
            }, render: { _ in nil })
    }
}

extension Array {
    /// The mapping that these fields make of a block.
    func rendered<Block>(_ block: Block) -> YAMLOutput where Element == ConfigurationField<Block> {
        .mapping(
            compactMap { field in
                guard !field.isHidden, let value = field.render(block) else { return nil }
                return YAMLOutput.Entry(key: field.key, value: value)
            })
    }
}

extension String.UTF8View {
    /// The bytes without blanks and tabs at both ends.
    func trimmingBlanks() -> [UInt8] {
        Array(self)[...].trimmingBlanks()
    }
}

extension Substring.UTF8View {
    /// The bytes without blanks and tabs at both ends.
    func trimmingBlanks() -> [UInt8] {
        Array(self)[...].trimmingBlanks()
    }
}

extension ArraySlice<UInt8> {
    fileprivate func trimmingBlanks() -> [UInt8] {
        var rest = self
        while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
        return Array(rest)
    }
}
