/// What makes two series the same: their labels in order, the function's name left out.
public struct SeriesIdentity: Sendable, Hashable {
    /// The labels without `__name__`.
    public let labels: [MetricsLabel]

    /// The identity of a series with these labels.
    public init(_ labels: [MetricsLabel]) {
        if labels.contains(where: { $0.name == MetricsLabel.Name.function }) {
            self.labels = labels.filter { $0.name != MetricsLabel.Name.function }
        } else {
            self.labels = labels
        }
    }

    /// Whether there is no label.
    public var isEmpty: Bool { labels.isEmpty }
}

/// The order of series in an answer: fewer labels first, then label by label the name and the value as protobuf text.
struct SeriesOrderKey: Comparable {
    private let labels: [(name: String, value: [UInt8])]

    init(_ labels: [MetricsLabel]) {
        self.labels = labels.map { ($0.name, $0.value.protobufText) }
    }

    static func == (lhs: SeriesOrderKey, rhs: SeriesOrderKey) -> Bool {
        lhs.labels.elementsEqual(rhs.labels) { UTF8Text.areEqual($0.name, $1.name) && $0.value == $1.value }
    }

    static func < (lhs: SeriesOrderKey, rhs: SeriesOrderKey) -> Bool {
        if lhs.labels.count != rhs.labels.count { return lhs.labels.count < rhs.labels.count }
        for (left, right) in zip(lhs.labels, rhs.labels) {
            if !UTF8Text.areEqual(left.name, right.name) { return UTF8Text.precedes(left.name, right.name) }
            if left.value != right.value { return left.value.lexicographicallyPrecedes(right.value) }
        }
        return false
    }
}

extension MetricsLabelValue {
    /// The value as the text format of protocol buffers writes it, which is what series are ordered by.
    var protobufText: [UInt8] {
        switch self {
        case .string(let text): Array("string_value:\"".utf8) + Self.escaped(text) + [UInt8(ascii: "\"")]
        case .int(let number): Array("int_value:\(number)".utf8)
        case .float(let number): Array("double_value:\(NumberText.shortest(number))".utf8)
        case .boolean(let flag): Array("bool_value:\(flag)".utf8)
        case .array(let values):
            Array("array_value:<".utf8) + values.flatMap { Array("values:<".utf8) + $0.protobufText + Array("> ".utf8) }
                + [UInt8(ascii: ">")]
        }
    }

    private static func escaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += Array("\\n".utf8)
            case 0x0D: bytes += Array("\\r".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case 0x20..<0x7F: bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "\\"), 0x30 + byte >> 6, 0x30 + byte >> 3 & 7, 0x30 + byte & 7]
            }
        }
        return bytes
    }
}
