/// The parameters of a query string, read by the rules of Go's `net/url` and in the order of the client. Values are bytes,
/// since an escape may stand for anything.
struct QueryItems: Sendable, Equatable {
    struct Item: Sendable, Equatable {
        var name: [UInt8]
        var value: [UInt8]
    }

    /// More pairs than this are refused; Grafana sends fewer than twenty.
    static let maxCount = 1000

    private(set) var items: [Item] = []

    init() {}

    init(_ pairs: [(String, String)]) {
        items = pairs.map { Item(name: Array($0.0.utf8), value: Array($0.1.utf8)) }
    }

    /// Reads what follows the `?`. A pair with a raw `;` or a bad escape is dropped, as is one without name and value.
    init(parsing rawQuery: String) throws(APIError) {
        for pair in Array(rawQuery.utf8).split(separator: UInt8(ascii: "&")) {
            guard !pair.contains(UInt8(ascii: ";")) else { continue }
            let nameEnd = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard
                let name = PercentCoding.decode(pair[..<nameEnd], plusIsSpace: true),
                let value = PercentCoding.decode(pair[nameEnd...].dropFirst(), plusIsSpace: true)
            else { continue }
            guard items.count < Self.maxCount else {
                throw .badRequest("too many query parameters: at most \(Self.maxCount) are accepted")
            }
            items.append(Item(name: name, value: value))
        }
    }

    /// The first value of the parameter; nil when it is absent or when that value is empty, which counts as absent.
    func value(_ name: String) -> [UInt8]? {
        guard let item = items.first(where: { $0.name.elementsEqual(name.utf8) }), !item.value.isEmpty else {
            return nil
        }
        return item.value
    }

    /// As `value`, as text; bytes that are no UTF-8 become U+FFFD.
    func text(_ name: String) -> String? {
        value(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Every value of the parameter, in order, empty ones included.
    func all(_ name: String) -> [[UInt8]] {
        items.filter { $0.name.elementsEqual(name.utf8) }.map(\.value)
    }

    /// Whether the name occurs at all, even without value.
    func contains(_ name: String) -> Bool {
        items.contains { $0.name.elementsEqual(name.utf8) }
    }

    /// Whether there is a TraceQL text (`q` or `query`).
    var hasQuery: Bool {
        value("q") != nil || value("query") != nil
    }

    mutating func append(_ name: String, _ value: String) {
        items.append(Item(name: Array(name.utf8), value: Array(value.utf8)))
    }

    /// Makes `value` the only value of the parameter.
    mutating func set(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    mutating func remove(_ name: String) {
        items.removeAll { $0.name.elementsEqual(name.utf8) }
    }

    /// The query string with the names sorted by bytes and the values of one name in their order.
    var encoded: String {
        let ordered = items.enumerated().sorted { one, other in
            if one.element.name == other.element.name { return one.offset < other.offset }
            return one.element.name.lexicographicallyPrecedes(other.element.name)
        }
        var text: [UInt8] = []
        for (_, item) in ordered {
            if !text.isEmpty { text.append(UInt8(ascii: "&")) }
            PercentCoding.appendQueryEscaped(item.name, to: &text)
            text.append(UInt8(ascii: "="))
            PercentCoding.appendQueryEscaped(item.value, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
