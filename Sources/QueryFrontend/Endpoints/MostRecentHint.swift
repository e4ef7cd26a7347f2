/// The hint `most_recent` of a TraceQL text, found without parsing the rest of it.
///
/// Texts in quotes and backquotes are skipped. A text that is not valid TraceQL is the target's to refuse.
struct MostRecentHint {
    /// The hint's value; nil when the query does not name it.
    private(set) var isSet: Bool?
    /// The query with `most_recent=true` added to its hints.
    private(set) var added: String

    init(_ query: String) {
        let bytes = Array(query.utf8)
        var hintsOpen: Int?
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "`"):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "`") { index += 1 }
            case let byte where Self.isWord(byte):
                let start = index
                while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
                let word = bytes[start..<index]
                let next = Self.skippingBlanks(bytes, from: index)
                if word.elementsEqual("with".utf8), next < bytes.count, bytes[next] == UInt8(ascii: "(") {
                    hintsOpen = next
                } else if hintsOpen != nil, word.elementsEqual("most_recent".utf8), next < bytes.count,
                    bytes[next] == UInt8(ascii: "=")
                {
                    let value = bytes[Self.skippingBlanks(bytes, from: next + 1)...].prefix(while: Self.isWord)
                    isSet = value.elementsEqual("true".utf8)
                }
                continue
            default: break
            }
            index += 1
        }
        if let hintsOpen {
            added =
                String(decoding: bytes[...hintsOpen], as: UTF8.self) + "most_recent=true, "
                + String(decoding: bytes[(hintsOpen + 1)...], as: UTF8.self)
        } else {
            added = query + " with(most_recent=true)"
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }

    private static func skippingBlanks(_ bytes: [UInt8], from start: Int) -> Int {
        var index = min(start, bytes.count)
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index
    }
}
