/// Makes small traces at random, with few names and values, so that random queries (`QueryTextGenerator`) often match.
///
/// The same seed gives the same traces.
public struct TraceGenerator: Sendable {
    /// What may be odd about a trace.
    public struct Oddities: OptionSet, Sendable {
        /// One bit an oddity.
        public let rawValue: Int
        /// A set by its bits.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Several spans may have one id: a client and its server, or three and more.
        public static let sharedIDs = Oddities(rawValue: 1)
        /// Missing parents, no root, two roots, circles.
        public static let brokenTrees = Oddities(rawValue: 2)
        /// Attributes of one key and several types; lists; values that the language does not know.
        public static let mixedValues = Oddities(rawValue: 4)
        /// Ends before starts.
        public static let backwardTimes = Oddities(rawValue: 8)

        /// All of them.
        public static let all: Oddities = [.sharedIDs, .brokenTrees, .mixedValues, .backwardTimes]
    }

    /// The source of chance.
    public var random: SplitMix
    private let oddities: Oddities
    private let baseUnixNano: UInt64
    private var traceCount: UInt64 = 0

    /// A generator.
    /// - Parameter baseUnixNano: traces start up to a minute after it.
    public init(seed: UInt64, oddities: Oddities = .all, baseUnixNano: UInt64 = 1_700_000_000_000_000_000) {
        random = SplitMix(seed)
        self.oddities = oddities
        self.baseUnixNano = baseUnixNano
    }

    /// A trace of some spans; ids of traces differ.
    public mutating func trace(spans: ClosedRange<Int> = 1...12) -> TraceModel {
        traceCount += 1
        var id = Self.bytes(random.next()) + Self.bytes(traceCount)
        // Some ids begin with zeros, which stores leave out.
        if random.chance(30) { id.replaceSubrange(0..<random.count(1...8), with: [UInt8](repeating: 0, count: 0)) }
        id = [UInt8](repeating: 0, count: 16 - id.count) + id
        let resources = (0..<random.count(1...4)).map { _ in resource() }
        let scopes = (0..<random.count(1...3)).map { _ in scope() }
        let start = baseUnixNano + UInt64(random.count(0...60_000)) * 1_000_000
        var result: [SpanModel] = []
        for index in 0..<random.count(spans) {
            var span = SpanModel()
            span.id = Self.bytes(random.next() | 1 << 60 | UInt64(index))
            if random.chance(20) { span.id[0] = 0 }
            if index > 0 { span.parentID = result[random.count(0...(index - 1))].id }
            span.name = random.pick(Self.names)
            span.kind = random.count(0...5)
            span.status = random.chance(60) ? 0 : random.count(1...2)
            if random.chance(20) { span.statusMessage = random.pick(Self.strings) }
            span.startUnixNano = start + UInt64(random.count(0...40)) * 5_000_000
            span.durationNanos = random.pick(Self.durations)
            span.resource = random.pick(resources)
            span.scope = random.pick(scopes)
            span.attributes = attributes(Self.keys, 4)
            if random.chance(30) {
                span.events = (0..<random.count(1...3)).map { _ in event(span.startUnixNano) }
            }
            if random.chance(20) { span.links = (0..<random.count(1...2)).map { _ in link(result, trace: id) } }
            result.append(span)
        }
        disturb(&result)
        // Order of arrival has nothing to do with the tree.
        if random.chance(40) { result.shuffle(using: &random) }
        return TraceModel(id: id, spans: result)
    }

    /// The part of each of some tenants; every span is held by one of them. Either span by span or service by service.
    public mutating func split(_ trace: TraceModel, into tenants: Int) -> [Int: TraceModel] {
        guard random.chance(50) else {
            var owners: [String: Int] = [:]
            for service in Set(trace.spans.map(\.serviceName)).sorted() {
                owners[service] = random.count(0...(tenants - 1))
            }
            return trace.split(into: tenants) { owners[$0.serviceName] ?? 0 }
        }
        var next = random
        let parts = trace.split(into: tenants) { _ in next.count(0...(tenants - 1)) }
        random = next
        return parts
    }

    // MARK: - Words; the query generator uses the same

    static let names = ["a", "b", "emit", "root", ""]
    static let services = ["web", "db", "pay"]
    static let strings = ["x", "y", "xy", "1", "nil", "", "日本"]
    static let keys = ["x", "y", "code", "tags", "region", "s"]
    static let durations: [UInt64] = [0, 1, 1_000_000, 10_000_000, 20_000_000, 150_000_000, 1_000_000_000]

    // MARK: - Parts

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }

    private mutating func disturb(_ spans: inout [SpanModel]) {
        if oddities.contains(.brokenTrees), random.chance(35) {
            for _ in 0..<random.count(1...2) {
                let index = random.count(0...(spans.count - 1))
                switch random.count(0...3) {
                case 0: spans[index].parentID = Self.bytes(random.next())
                case 1: spans[index].parentID = []
                case 2: spans[index].parentID = spans[random.count(0...(spans.count - 1))].id
                default: spans[0].parentID = Self.bytes(random.next())
                }
            }
        }
        if oddities.contains(.sharedIDs), random.chance(15), spans.count > 1 {
            for _ in 0..<random.count(1...2) {
                let index = random.count(0...(spans.count - 1))
                let other = random.count(0...(spans.count - 1))
                guard index != other else { continue }
                spans[index].id = spans[other].id
                // Client and server of one call; two spans of equal id and kind would be one span.
                spans[index].kind = 3
                spans[other].kind = 2
            }
            var seen: Set<[UInt8]> = []
            spans.removeAll { !seen.insert($0.id + [UInt8($0.kind)]).inserted }
        }
        if oddities.contains(.backwardTimes), random.chance(5) {
            spans[random.count(0...(spans.count - 1))].durationNanos = 0 &- 5_000_000
        }
    }

    private mutating func resource() -> [AttributeModel] {
        var result: [AttributeModel] = []
        if random.chance(90) { result.append(AttributeModel("service.name", .string(random.pick(Self.services)))) }
        return result + attributes(["region", "host", "x", "tags"], 2)
    }

    private mutating func scope() -> ScopeModel? {
        guard random.chance(70) else { return nil }
        var scope = ScopeModel()
        scope.name = random.pick(["lib", "other", ""])
        scope.version = random.pick(["1", "2", ""])
        scope.attributes = attributes(["lang", "x"], 1)
        return scope
    }

    private mutating func event(_ start: UInt64) -> EventModel {
        var event = EventModel()
        event.name = random.pick(["retry", "exception", ""])
        event.timeUnixNano = start + random.pick([0, 1_000_000, 20_000_000])
        event.attributes = attributes(["level", "x"], 2)
        return event
    }

    private mutating func link(_ spans: [SpanModel], trace: [UInt8]) -> LinkModel {
        var link = LinkModel()
        link.traceID = random.chance(50) ? trace : Self.bytes(0) + Self.bytes(random.next())
        link.spanID = spans.isEmpty || random.chance(50) ? Self.bytes(random.next()) : random.pick(spans).id
        link.attributes = attributes(["rel", "x"], 1)
        return link
    }

    private mutating func attributes(_ keys: [String], _ most: Int) -> [AttributeModel] {
        var left = keys
        var result: [AttributeModel] = []
        for _ in 0..<random.count(0...most) where !left.isEmpty {
            let key = left.remove(at: random.count(0...(left.count - 1)))
            result.append(AttributeModel(key, value(key)))
        }
        return result
    }

    private mutating func value(_ key: String) -> ValueModel {
        if oddities.contains(.mixedValues), random.chance(25) {
            switch random.count(0...9) {
            case 0: return .bytes([1, 2])
            case 1: return .keyValues([AttributeModel("q", .int(1))])
            case 2: return .empty
            case 3: return .array([])
            case 4: return .array([.int(1), .string("x")])
            case 5: return .array([scalar("s")])
            case 6: return .array([.int(Int64(random.count(0...3))), .int(Int64(random.count(0...3)))])
            case 7: return .double(random.pick([.nan, .infinity, -0.0, 1, 2.5]))
            default: return scalar(random.pick(Self.keys))
            }
        }
        return scalar(key)
    }

    private mutating func scalar(_ key: String) -> ValueModel {
        switch key {
        case "code": return .int(random.pick([200, 404, 500, 1, 2]))
        case "x", "rel": return .int(Int64(random.count(-2...3)))
        case "y", "lang": return .double(random.pick([-1, 0, 1, 2, 2.5]))
        case "level": return .bool(random.chance(50))
        case "tags":
            return .array((0..<random.count(2...3)).map { _ in .string(random.pick(Self.strings)) })
        default: return .string(random.pick(Self.strings))
        }
    }
}
