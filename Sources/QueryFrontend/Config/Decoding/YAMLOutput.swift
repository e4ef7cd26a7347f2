/// A tree to be written as YAML, for `/status/config`.
enum YAMLOutput: Sendable, Equatable {
    /// A number, a truth value or a duration: never needs quotes.
    case bare(String)
    /// A text: quoted when it could be read as something else.
    case text(String)
    case sequence([YAMLOutput])
    case mapping([Entry])

    struct Entry: Sendable, Equatable {
        var key: String
        var value: YAMLOutput
    }

    /// What differs from `base`; nil when nothing does. Sequences are compared whole.
    func difference(from base: YAMLOutput) -> YAMLOutput? {
        guard case .mapping(let entries) = self, case .mapping(let baseEntries) = base else {
            return self == base ? nil : self
        }
        let changed = entries.compactMap { entry -> Entry? in
            guard let other = baseEntries.first(where: { $0.key == entry.key }) else { return entry }
            return entry.value.difference(from: other.value).map { Entry(key: entry.key, value: $0) }
        }
        return changed.isEmpty ? nil : .mapping(changed)
    }

    /// The document, ending with a newline; `{}` for an empty mapping.
    var document: String {
        var lines: [String] = []
        write(to: &lines, indent: "", lead: "")
        return lines.map { $0 + "\n" }.joined()
    }

    /// Appends lines; `lead` is what stands before the first of them in place of the indentation.
    private func write(to lines: inout [String], indent: String, lead: String) {
        switch self {
        case .bare, .text:
            lines.append(lead + inline)
        case .sequence(let items):
            guard !items.isEmpty else { return lines.append(lead + "[]") }
            for item in items {
                item.write(to: &lines, indent: indent + "  ", lead: indent + "- ")
            }
        case .mapping(let entries):
            guard !entries.isEmpty else { return lines.append(lead + "{}") }
            for (index, entry) in entries.enumerated() {
                let start = (index == 0 ? lead : indent) + YAMLOutput.quoted(entry.key) + ":"
                if entry.value.isInline {
                    lines.append(start + " " + entry.value.inline)
                } else {
                    lines.append(start)
                    entry.value.write(to: &lines, indent: indent + "  ", lead: indent + "  ")
                }
            }
        }
    }

    private var isInline: Bool {
        switch self {
        case .bare, .text: true
        case .sequence(let items): items.isEmpty
        case .mapping(let entries): entries.isEmpty
        }
    }

    private var inline: String {
        switch self {
        case .bare(let text): text
        case .text(let text): YAMLOutput.quoted(text)
        case .sequence: "[]"
        case .mapping: "{}"
        }
    }

    /// The text as a scalar that reads back as the same text.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.count < 256
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "/"):
                    true
                default: false
                }
            } && text.utf8.first != UInt8(ascii: "-")
        if isPlain, YAMLScalar(text, style: .plain, tag: nil) == .string(text) { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
                } else if scalar.value == 0xFEFF || scalar.value == 0x2028 || scalar.value == 0x2029
                    || scalar.value & 0xFFFE == 0xFFFE
                {
                    let hex = String(scalar.value, radix: 16)
                    result += "\\U" + String(repeating: "0", count: 8 - hex.utf8.count) + hex
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
