import TempoAPI

/// Fills messages with random values by posing as what they are read from.
struct RandomSource: FieldSource {
    var generator: SeededGenerator
    private var depth = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func message<M: WireMessage>(of type: M.Type = M.self) -> M {
        var message = M()
        depth += 1
        for field in M.fieldNames where chance(depth < 7 ? 60 : 25) {
            // A random source has a value for everything and never fails.
            _ = try? message.readField(field.number, from: &self)
        }
        depth -= 1
        return message
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func count() -> Int { depth > 9 ? 0 : Int.random(in: 0...3, using: &generator) }

    static let words = [
        "", "a", "service.name", "GET /cart", "<root span not yet received>", "a&b", "tab\there", "quote\"d\\",
        "\u{1}\u{7f}",
        "Grüße, 世界 🌍", "line\u{2028}sep\u{2029}", "\u{fffd}", "0123456789abcdef0123456789abcdef<", "null", "/a/b",
        "e\u{301}", "\u{e9}",
    ]

    mutating func text() -> String { Self.words.randomElement(using: &generator) ?? "" }

    mutating func number<N: FixedWidthInteger>(_ type: N.Type = N.self) -> N {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: 0
        case 1: N.max
        case 2: N.min
        case 3: N(truncatingIfNeeded: generator.next())
        case 4: N(truncatingIfNeeded: generator.next() & 0xff)
        default: N(truncatingIfNeeded: Int.random(in: -3...300, using: &generator))
        }
    }

    mutating func string(_ value: inout String) { value = text() }
    mutating func bytes(_ value: inout [UInt8]) {
        value = (0..<Int.random(in: 0...17, using: &generator)).map { _ in number() }
    }
    mutating func bool(_ value: inout Bool) { value = chance(50) }
    mutating func int32(_ value: inout Int32) { value = number() }
    mutating func uint32(_ value: inout UInt32) { value = number() }
    mutating func int64(_ value: inout Int64) { value = number() }
    mutating func uint64(_ value: inout UInt64) { value = number() }
    mutating func fixed32(_ value: inout UInt32) { value = number() }
    mutating func fixed64(_ value: inout UInt64) { value = number() }
    mutating func double(_ value: inout Double) {
        let choices = [
            0, 1, -1, 0.1, 1e21, 1e-7, 123456789.25, .infinity, -.infinity, .pi, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude,
        ]
        // NaN is left to the tables: it equals nothing, itself included.
        let random = Double(bitPattern: generator.next())
        value = chance(50) && !random.isNaN ? random : choices.randomElement(using: &generator) ?? 0
    }
    mutating func enumeration<E: WireEnum>(_ value: inout E) {
        value = E(rawValue: chance(80) ? Int32(count()) : number())
    }
    mutating func message<M: WireMessage>(_ value: inout M?) { value = message() }
    mutating func messages<M: WireMessage>(_ value: inout [M]) { value = (0..<count()).map { _ in message() } }
    mutating func strings(_ value: inout [String]) { value = (0..<count()).map { _ in text() } }
    mutating func map(_ value: inout [String: String]) {
        for _ in 0..<count() { value[text()] = text() }
    }
    mutating func map(_ value: inout [String: Int64]) {
        for _ in 0..<count() { value[text()] = number() }
    }
    mutating func map<M: WireMessage>(_ value: inout TextMap<M>) {
        for _ in 0..<count() { value[text()] = message() }
    }
    mutating func timestamp(_ value: inout WireTimestamp?) {
        value = WireTimestamp(
            seconds: Int64.random(in: -62_000_000_000...253_402_300_799, using: &generator),
            nanos: Int32.random(in: 0..<1_000_000_000, using: &generator))
    }
    mutating func skipNull() -> Bool { false }
}

/// Rewrites the protobuf of a message into another encoding of a message of the same type: fields out of order, repeated, split,
/// unknown ones in between.
struct Scrambler {
    var generator: SeededGenerator

    enum Shape {
        case trace, batch, scopeSpans, resource, scope, span, event, link, status, entity, keyValue, value, array, list
    }

    static let inner: [Shape: [Int: Shape]] = [
        .trace: [1: .batch], .batch: [1: .resource, 2: .scopeSpans], .scopeSpans: [1: .scope, 2: .span],
        .resource: [1: .keyValue, 3: .entity], .scope: [3: .keyValue],
        .span: [9: .keyValue, 11: .event, 13: .link, 15: .status], .event: [3: .keyValue], .link: [4: .keyValue],
        .keyValue: [2: .value], .value: [5: .array, 6: .list], .array: [1: .value], .list: [1: .keyValue],
    ]

    mutating func scramble(_ bytes: [UInt8], _ shape: Shape) throws -> [UInt8] {
        var fields: [[UInt8]] = []
        let inner = Self.inner[shape] ?? [:]
        var parts: [(number: Int, raw: [UInt8], content: [UInt8]?)] = []
        try bytes.withUnsafeBytes { buffer in
            var reader = ProtobufReader(buffer)
            while let field = try reader.next() {
                let content = inner[field.number] != nil ? Array(buffer[field.payload]) : nil
                parts.append((field.number, Array(buffer[field.range]), content))
            }
        }
        for part in parts {
            guard let content = part.content, let next = inner[part.number] else {
                fields.append(part.raw)
                if chance(10) { fields.append(part.raw) }
                continue
            }
            let changed = try scramble(content, next)
            let isList = shape == .trace || !(part.number == 1 && (shape == .batch || shape == .scopeSpans))
            let splits = (shape == .keyValue || (shape == .span && part.number == 15) || !isList) && chance(30)
            if splits {
                for piece in try split(changed) { fields.append(encode(part.number, piece)) }
            } else {
                fields.append(encode(part.number, changed))
                if chance(5) { fields.append(encode(part.number, changed)) }
            }
        }
        if chance(30) {
            var writer = ProtobufWriter()
            writer.field(900, varint: 7)
            writer.field(901, string: "unknown")
            writer.field(902, fixed32: 1)
            writer.field(903, fixed64: 1)
            fields.append(writer.bytes)
        }
        if chance(40) { fields.shuffle(using: &generator) }
        return fields.flatMap { $0 }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    private func encode(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.field(number, bytes: content)
        return writer.bytes
    }

    private mutating func split(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var pieces: [[UInt8]] = [[], []]
        try bytes.withUnsafeBytes { buffer in
            var reader = ProtobufReader(buffer)
            while let field = try reader.next() {
                pieces[Int.random(in: 0...1, using: &generator)].append(contentsOf: buffer[field.range])
            }
        }
        return pieces
    }
}
