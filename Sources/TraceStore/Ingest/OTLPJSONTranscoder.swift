internal import TempoAPI

/// Turns the JSON of an OTLP export request into its protobuf.
///
/// As the OTLP specification maps it: ids in hexadecimal, other bytes in base64, 64-bit numbers as strings or numbers, enumerations as
/// numbers or names, members in lowerCamelCase or as the schema names them; unknown members and `null` are passed over.
struct OTLPJSONTranscoder {
    private var output: [UInt8] = []
    private var text: [UInt8] = []
    private let maxDepth: Int

    /// - Throws: ``PushError/malformed(_:)`` when the text is no JSON or a value does not fit its field.
    static func protobuf(_ bytes: UnsafeRawBufferPointer, limits: IngestLimits) throws(PushError) -> [UInt8] {
        guard bytes.count <= limits.maxRequestBytes else {
            throw .tooLarge(
                "request of \(bytes.count) bytes is larger than the limit of \(limits.maxRequestBytes) bytes")
        }
        // An attribute's value starts seven messages deep, and each list in it is two or three messages more.
        var transcoder = OTLPJSONTranscoder(
            maxDepth: 10 + 3 * min(limits.maxValueDepth, IngestLimits.greatestValueDepth))
        transcoder.output.reserveCapacity(bytes.count / 2)
        var scanner = JSONScanner(bytes)
        do throws(JSONScanner.Failure) {
            try transcoder.message(.export, &scanner, depth: 0)
            guard scanner.isAtEnd() else { throw scanner.failure("text after the request") }
        } catch {
            throw .malformed(error.description)
        }
        return transcoder.output
    }

    private init(maxDepth: Int) { self.maxDepth = maxDepth }

    private typealias Failure = JSONScanner.Failure

    private mutating func message(
        _ message: OTLPMessage, _ scanner: inout JSONScanner, depth: Int
    ) throws(Failure) {
        guard depth < maxDepth else { throw scanner.failure("nested too deep") }
        let fields = message.fields
        try scanner.object { name, scanner throws(JSONScanner.Failure) in
            guard !(try scanner.acceptNull()) else { return }
            guard let field = fields.first(where: { Self.equal(name, $0.name) || Self.equal(name, $0.original) }) else {
                return try scanner.skipValue()
            }
            try value(of: field, &scanner, depth: depth)
        }
    }

    private static func equal(_ text: [UInt8], _ name: StaticString) -> Bool {
        guard text.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] != name.utf8Start[index] { return false }
        return true
    }

    private mutating func value(
        of field: OTLPMessage.Field, _ scanner: inout JSONScanner, depth: Int
    ) throws(Failure) {
        let number = field.number
        switch field.kind {
        case .message(let inner): try nested(number, inner, &scanner, depth: depth)
        case .messages(let inner):
            try scanner.array { scanner throws(JSONScanner.Failure) in
                if try scanner.acceptNull() { return }
                try nested(number, inner, &scanner, depth: depth)
            }
        case .string: try string(number, &scanner)
        case .strings:
            try scanner.array { scanner throws(JSONScanner.Failure) in
                if try scanner.acceptNull() { return }
                try string(number, &scanner)
            }
        case .hexadecimal:
            try readText(&scanner)
            guard let decoded = Self.hexadecimal(text) else {
                throw scanner.failure("\(field.name) is not hexadecimal")
            }
            write { $0.field(number, bytes: decoded) }
        case .base64:
            try readText(&scanner)
            guard let decoded = Self.base64(text) else { throw scanner.failure("\(field.name) is not base64") }
            write { $0.field(number, bytes: decoded) }
        case .bool:
            let value = try scanner.bool()
            write { $0.field(number, varint: value ? 1 : 0) }
        case .int64:
            let value: Int64 = try integer(field, &scanner)
            write { $0.field(number, varint: UInt64(bitPattern: value)) }
        case .uint32:
            let value: UInt32 = try integer(field, &scanner)
            write { $0.field(number, varint: UInt64(value)) }
        case .fixed32:
            let value: UInt32 = try integer(field, &scanner)
            write { $0.field(number, fixed32: value) }
        case .fixed64:
            let value: UInt64 = try integer(field, &scanner)
            write { $0.field(number, fixed64: value) }
        case .double:
            let value = try double(field, &scanner)
            write { $0.field(number, fixed64: value.bitPattern) }
        case .spanKind: try enumeration(field, SpanKind.names, &scanner)
        case .statusCode: try enumeration(field, SpanStatusCode.names, &scanner)
        }
    }

    private mutating func write(_ body: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter(output)
        output = []
        body(&writer)
        output = writer.bytes
    }

    /// Writes a message and then, in front of it, how long it came to be.
    private mutating func nested(
        _ number: Int, _ inner: OTLPMessage, _ scanner: inout JSONScanner, depth: Int
    ) throws(Failure) {
        write { $0.tag(number, .lengthDelimited) }
        let start = output.count
        try message(inner, &scanner, depth: depth + 1)
        var length = ProtobufWriter()
        length.varint(UInt64(output.count - start))
        output.insert(contentsOf: length.bytes, at: start)
    }

    private mutating func readText(_ scanner: inout JSONScanner) throws(Failure) {
        text.removeAll(keepingCapacity: true)
        try scanner.string(into: &text)
    }

    private mutating func string(_ number: Int, _ scanner: inout JSONScanner) throws(Failure) {
        try readText(&scanner)
        let text = text
        write { $0.field(number, bytes: text) }
    }

    private func integer<Number: FixedWidthInteger>(
        _ field: OTLPMessage.Field, _ scanner: inout JSONScanner
    ) throws(Failure) -> Number {
        let text = String(decoding: try scanner.numberText(), as: UTF8.self)
        if let number = Number(text) { return number }
        // 1e3 and 5.0 are whole numbers too.
        if let number = Double(text), let exact = Number(exactly: number) { return exact }
        throw scanner.failure("\(field.name) is no whole number in range")
    }

    private func double(_ field: OTLPMessage.Field, _ scanner: inout JSONScanner) throws(Failure) -> Double {
        let text = String(decoding: try scanner.numberText(), as: UTF8.self)
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default:
            guard let number = Double(text) else { throw scanner.failure("\(field.name) is no number") }
            return number
        }
    }

    private mutating func enumeration(
        _ field: OTLPMessage.Field, _ names: [(value: Int32, name: StaticString)], _ scanner: inout JSONScanner
    ) throws(Failure) {
        let text = try scanner.numberText()
        let number: Int32
        if let known = names.first(where: { Self.equal(text, $0.name) }) {
            number = known.value
        } else if let other = Int32(String(decoding: text, as: UTF8.self)) {
            number = other
        } else {
            throw scanner.failure("unknown value of \(field.name)")
        }
        write { $0.field(field.number, varint: UInt64(bitPattern: Int64(number))) }
    }

    static func hexadecimal(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 2)
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = JSONScanner.hexadecimal(text[index]), let low = JSONScanner.hexadecimal(text[index + 1])
            else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    /// Either alphabet, with or without padding.
    static func base64(_ text: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var have = 0
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == 0x3d { end -= 1 }
        for byte in text[..<end] {
            let digit: UInt8
            switch byte {
            case 0x41...0x5a: digit = byte - 0x41
            case 0x61...0x7a: digit = byte - 0x61 + 26
            case 0x30...0x39: digit = byte - 0x30 + 52
            case 0x2b, 0x2d: digit = 62
            case 0x2f, 0x5f: digit = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(digit)
            have += 6
            if have >= 8 {
                have -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(have)))
            }
        }
        // One digit alone is no byte.
        return have == 6 ? nil : result
    }
}
