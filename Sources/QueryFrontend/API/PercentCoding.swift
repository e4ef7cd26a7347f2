/// Percent escapes of paths and queries, as Go's `net/url` reads and writes them.
enum PercentCoding {
    /// The decoded bytes; nil when an escape is cut off or not hexadecimal.
    static func decode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.underestimatedCount)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard
                    let first = iterator.next(), let high = nibble(first),
                    let second = iterator.next(), let low = nibble(second)
                else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                decoded.append(UInt8(ascii: " "))
            default:
                decoded.append(byte)
            }
        }
        return decoded
    }

    /// A query key or value: all but letters, digits and `-_.~` is escaped, a space is `+`.
    static func appendQueryEscaped(_ bytes: [UInt8], to text: inout [UInt8]) {
        for byte in bytes {
            if byte == UInt8(ascii: " ") {
                text.append(UInt8(ascii: "+"))
            } else {
                append(byte, keeping: isUnreserved, to: &text)
            }
        }
    }

    /// A whole path: slashes and the characters that need no escape in a path stay.
    static func pathEscaped(_ bytes: some Sequence<UInt8>) -> String {
        escaped(bytes) { isUnreserved($0) || "$&+,/:;=@".utf8.contains($0) }
    }

    /// One segment of a path: a slash in it is escaped, so that it stays one segment.
    static func segmentEscaped(_ bytes: some Sequence<UInt8>) -> String {
        escaped(bytes) { isUnreserved($0) || "$&+:=@".utf8.contains($0) }
    }

    static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): return byte - UInt8(ascii: "A") + 10
        default: return nil
        }
    }

    private static func escaped(_ bytes: some Sequence<UInt8>, keeping: (UInt8) -> Bool) -> String {
        var text: [UInt8] = []
        for byte in bytes { append(byte, keeping: keeping, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ byte: UInt8, keeping: (UInt8) -> Bool, to text: inout [UInt8]) {
        if keeping(byte) {
            text.append(byte)
        } else {
            text.append(UInt8(ascii: "%"))
            text.append(upperHex(byte >> 4))
            text.append(upperHex(byte & 0xF))
        }
    }

    private static func upperHex(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            return true
        default:
            return false
        }
    }
}
