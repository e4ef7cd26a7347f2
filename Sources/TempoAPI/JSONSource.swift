/// Reads messages from JSON whose syntax ``JSONSyntax`` has checked. Repeated members replace earlier ones.
struct JSONSource {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private let maxDepth: Int
    private var position = 0
    private var depth = 0
    private var budget: ElementBudget

    /// - Parameter bytes: memory that outlives the source.
    init(_ bytes: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) {
        // A list is a level of its own in JSON, but not among messages.
        var syntax = JSONSyntax(bytes, maxDepth: limits.maxDepth.multipliedReportingOverflow(by: 2).partialValue)
        try syntax.skipValue()
        self.bytes = bytes
        end = syntax.position
        maxDepth = limits.maxDepth
        budget = ElementBudget(limits, inputSize: end)
    }

    mutating func read<M: WireMessage>(_ message: inout M) throws(WireError) {
        if skipNull() { return }
        guard depth < maxDepth else { throw WireLimits.tooDeep() }
        depth += 1
        let names = M.fieldNames
        // Bit n: field n was read under its JSON name, which wins over the name in the schema.
        var preferred: UInt64 = 0
        try openObject()
        while try nextMember() {
            let name = try memberName()
            if let field = names.first(where: { name.equals($0.json) }) {
                preferred |= 1 << UInt64(field.number & 63)
                _ = try message.readField(field.number, from: &self)
            } else if let field = names.first(where: { name.equals($0.original) }) {
                if preferred & 1 << UInt64(field.number & 63) != 0 {
                    try skipValue()
                } else {
                    _ = try message.readField(field.number, from: &self)
                }
            } else {
                throw WireError(.unknownField, "unknown field \(JSONText.quoted(name.text)) in \(M.wireName)")
            }
        }
        depth -= 1
    }

    /// The content of a string: a piece of the input, or a copy when it holds escapes.
    private struct Characters {
        /// Within the input, which outlives the source.
        let raw: UnsafeRawBufferPointer
        let unescaped: [UInt8]?

        @inline(__always)
        func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
            guard let unescaped else { return body(raw) }
            return unescaped.withUnsafeBytes(body)
        }

        var text: String { withBytes { Text.decode($0) } }

        @inline(__always)
        func equals(_ name: StaticString) -> Bool {
            withBytes { bytes in
                let count = name.utf8CodeUnitCount
                guard bytes.count == count else { return false }
                for index in 0..<count where bytes[index] != name.utf8Start[index] { return false }
                return true
            }
        }
    }

    // MARK: Tokens

    /// The first byte of the next token.
    private mutating func peek() throws(WireError) -> UInt8 {
        while position < end, bytes[position] <= 0x20 { position += 1 }
        guard position < end else { throw .truncated() }
        return bytes[position]
    }

    private mutating func openObject() throws(WireError) {
        guard try peek() == 0x7b else { throw try mismatch("map[string]json.RawMessage") }
        position += 1
    }

    private mutating func openList() throws(WireError) {
        guard try peek() == 0x5b else { throw try mismatch("[]json.RawMessage") }
        position += 1
    }

    /// Steps to the next member or element, or past the closing bracket.
    private mutating func nextMember() throws(WireError) -> Bool {
        var byte = try peek()
        if byte == 0x2c {
            position += 1
            byte = try peek()
        }
        if byte == 0x7d || byte == 0x5d {
            position += 1
            return false
        }
        try budget.count()
        return true
    }

    private mutating func memberName() throws(WireError) -> Characters {
        _ = try peek()
        let name = try characters()
        guard try peek() == 0x3a else { throw .truncated() }
        position += 1
        return name
    }

    private mutating func skipValue() throws(WireError) {
        _ = try peek()
        var syntax = JSONSyntax(
            UnsafeRawBufferPointer(rebasing: bytes[position..<end]),
            maxDepth: maxDepth.multipliedReportingOverflow(by: 2).partialValue)
        try syntax.skipValue()
        position += syntax.position
    }

    /// The range between the quotes of the string at the position, which moves behind it.
    private mutating func stringRange() throws(WireError) -> (range: Range<Int>, hasEscapes: Bool) {
        var cursor = position + 1
        var hasEscapes = false
        while cursor < end, bytes[cursor] != 0x22 {
            if bytes[cursor] == 0x5c {
                hasEscapes = true
                cursor += 1
            }
            cursor += 1
        }
        guard cursor < end else { throw .truncated() }
        let range = position + 1..<cursor
        position = cursor + 1
        return (range, hasEscapes)
    }

    private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    /// The string at the position, which moves behind it.
    private mutating func characters() throws(WireError) -> Characters {
        let (range, hasEscapes) = try stringRange()
        return Characters(raw: slice(range), unescaped: hasEscapes ? unescape(range) : nil)
    }

    private func unescape(_ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var cursor = range.lowerBound
        while cursor < range.upperBound {
            let byte = bytes[cursor]
            cursor += 1
            guard byte == 0x5c, cursor < range.upperBound else {
                result.append(byte)
                continue
            }
            let escape = bytes[cursor]
            cursor += 1
            switch escape {
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0c)
            case 0x6e: result.append(0x0a)
            case 0x72: result.append(0x0d)
            case 0x74: result.append(0x09)
            case 0x75: result.append(contentsOf: String(unescapeUnicode(&cursor, range.upperBound)).utf8)
            default: result.append(escape)
            }
        }
        return result
    }

    /// Four hexadecimal digits at the cursor, or a surrogate pair; half of a pair becomes U+FFFD.
    private func unescapeUnicode(_ cursor: inout Int, _ limit: Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{fffd}"
        guard let first = codeUnit(at: cursor, limit) else {
            cursor = limit
            return replacement
        }
        cursor += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard 0xd800..<0xdc00 ~= first, cursor + 1 < limit, bytes[cursor] == 0x5c, bytes[cursor + 1] == 0x75,
            let second = codeUnit(at: cursor + 2, limit), 0xdc00..<0xe000 ~= second
        else { return replacement }
        cursor += 6
        let value = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
        return Unicode.Scalar(value) ?? replacement
    }

    private func codeUnit(at cursor: Int, _ limit: Int) -> UInt16? {
        guard limit - cursor >= 4 else { return nil }
        var value: UInt16 = 0
        for offset in 0..<4 {
            guard let digit = JSONText.hexValue(bytes[cursor + offset]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    // MARK: Numbers

    /// The text of a number, bare or in quotes; nil for null in either form.
    private mutating func numberText(_ type: String) throws(WireError) -> UnsafeRawBufferPointer? {
        switch try peek() {
        case 0x6e:
            position += 4
            return nil
        case 0x2d, 0x30...0x39:
            // Checked already, so the number ends at the first byte that cannot belong to one.
            let start = position
            while position < end, Self.isInNumber(bytes[position]) { position += 1 }
            return slice(start..<position)
        case 0x22:
            // As jsonpb does: what is between the quotes is read as JSON again, escapes and all.
            let inner = UnsafeRawBufferPointer(rebasing: bytes[try stringRange().range])
            return try Self.unquoted(inner, type)
        default:
            throw try mismatch(type)
        }
    }

    private static func isInNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x2b, 0x2d, 0x2e, 0x45, 0x65: true
        default: false
        }
    }

    private static func unquoted(
        _ inner: UnsafeRawBufferPointer, _ type: String
    ) throws(WireError) -> UnsafeRawBufferPointer? {
        var text = inner[...]
        let space: [UInt8] = [0x20, 0x0a, 0x0d, 0x09]
        while let first = text.first, space.contains(first) { text.removeFirst() }
        while let last = text.last, space.contains(last) { text.removeLast() }
        guard let first = text.first else { throw WireError(.truncated, "unexpected end of JSON input") }
        let value = UnsafeRawBufferPointer(rebasing: text)
        var syntax = JSONSyntax(value, maxDepth: 4)
        try syntax.skipValue()
        guard syntax.position == value.count else {
            throw WireError(
                .malformed, "invalid character \(JSONText.quoted(value[syntax.position])) after top-level value")
        }
        switch first {
        case 0x6e: return nil
        case 0x2d, 0x30...0x39: return value
        default: throw mismatch(first, type)
        }
    }

    private mutating func integer<N: FixedWidthInteger>(_ value: inout N, _ type: String) throws(WireError) {
        guard let text = try numberText(type) else {
            value = 0
            return
        }
        var result: N = 0
        let isNegative = text.first == 0x2d
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            let digit = N(truncatingIfNeeded: byte &- 0x30)
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard 0x30...0x39 ~= byte, !overflow, !carry, N.isSigned || !isNegative else {
                throw Self.mismatch(number: text, type)
            }
            result = sum
        }
        // "-0" of an unsigned number has no overflow to find.
        guard N.isSigned || !isNegative else { throw Self.mismatch(number: text, type) }
        value = result
    }

    // MARK: Errors

    private mutating func mismatch(_ type: String) throws(WireError) -> WireError {
        Self.mismatch(try peek(), type)
    }

    private static func mismatch(_ first: UInt8, _ type: String) -> WireError {
        let kind =
            switch first {
            case 0x7b: "object"
            case 0x5b: "array"
            case 0x22: "string"
            case 0x74, 0x66: "bool"
            default: "number"
            }
        return WireError(.mismatch, "json: cannot unmarshal \(kind) into Go value of type \(type)")
    }

    private static func mismatch(number: UnsafeRawBufferPointer, _ type: String) -> WireError {
        let text = String(decoding: number.prefix(64), as: UTF8.self)
        return WireError(.mismatch, "json: cannot unmarshal number \(text) into Go value of type \(type)")
    }
}

// MARK: - Fields

extension JSONSource: FieldSource {
    mutating func skipNull() -> Bool {
        guard let first = try? peek(), first == 0x6e else { return false }
        position += 4
        return true
    }

    mutating func string(_ value: inout String) throws(WireError) {
        switch try peek() {
        case 0x6e:
            position += 4
            value = ""
        case 0x22:
            value = try characters().text
        default: throw try mismatch("string")
        }
    }

    mutating func bytes(_ value: inout [UInt8]) throws(WireError) {
        switch try peek() {
        case 0x6e:
            position += 4
            value = []
        case 0x22: value = try Base64.decode(try characters().withBytes { Array($0) })
        case 0x5b:
            value = []
            try openList()
            while try nextMember() {
                var byte: UInt8 = 0
                try integer(&byte, "uint8")
                value.append(byte)
            }
        default: throw try mismatch("[]uint8")
        }
    }

    mutating func bool(_ value: inout Bool) throws(WireError) {
        switch try peek() {
        case 0x6e:
            position += 4
            value = false
        case 0x74:
            position += 4
            value = true
        case 0x66:
            position += 5
            value = false
        default: throw try mismatch("bool")
        }
    }

    mutating func int32(_ value: inout Int32) throws(WireError) { try integer(&value, "int32") }
    mutating func uint32(_ value: inout UInt32) throws(WireError) { try integer(&value, "uint32") }
    mutating func int64(_ value: inout Int64) throws(WireError) { try integer(&value, "int64") }
    mutating func uint64(_ value: inout UInt64) throws(WireError) { try integer(&value, "uint64") }
    mutating func fixed32(_ value: inout UInt32) throws(WireError) { try integer(&value, "uint32") }
    mutating func fixed64(_ value: inout UInt64) throws(WireError) { try integer(&value, "uint64") }

    mutating func double(_ value: inout Double) throws(WireError) {
        if try peek() == 0x22 {
            let start = position
            switch String(decoding: bytes[try stringRange().range], as: UTF8.self) {
            case "NaN":
                value = .nan
                return
            case "Infinity":
                value = .infinity
                return
            case "-Infinity":
                value = -.infinity
                return
            default: position = start
            }
        }
        guard let text = try numberText("float64") else {
            value = 0
            return
        }
        // The text has been checked to be a JSON number, so only its size can be wrong.
        guard let number = Double(String(decoding: text, as: UTF8.self)), number.isFinite else {
            throw Self.mismatch(number: text, "float64")
        }
        value = number
    }

    mutating func enumeration<E: WireEnum>(_ value: inout E) throws(WireError) {
        guard try peek() == 0x22 else {
            var number: Int32 = 0
            try integer(&number, "int32")
            value = E(rawValue: number)
            return
        }
        let name = try characters()
        for known in E.names where name.equals(known.name) {
            value = E(rawValue: known.value)
            return
        }
        throw WireError(.mismatch, "unknown value \(JSONText.quoted(name.text)) for enum \(E.wireName)")
    }

    mutating func message<M: WireMessage>(_ value: inout M?) throws(WireError) {
        if skipNull() {
            value = nil
            return
        }
        var message = M()
        try read(&message)
        value = message
    }

    mutating func messages<M: WireMessage>(_ value: inout [M]) throws(WireError) {
        value = []
        if skipNull() { return }
        try openList()
        while try nextMember() {
            try budget.take(M.self, after: value.count)
            if M.self == Sample.self, let sample = plainSample() as? M {
                value.append(sample)
                continue
            }
            var message = M()
            try read(&message)
            value.append(message)
        }
    }

    /// A sample in the form that Tempo writes; nil, with nothing read, in any other.
    private mutating func plainSample() -> Sample? {
        guard depth < maxDepth else { return nil }
        // Its two members count among the elements like any others.
        var scanner = SampleScanner(UnsafeRawBufferPointer(rebasing: bytes[..<end]), at: position)
        guard let sample = scanner.sample(), (try? budget.count()) != nil, (try? budget.count()) != nil else {
            return nil
        }
        position = scanner.position
        return sample
    }

    mutating func strings(_ value: inout [String]) throws(WireError) {
        value = []
        if skipNull() { return }
        try openList()
        while try nextMember() {
            try budget.take(String.self, after: value.count)
            var element = ""
            try string(&element)
            value.append(element)
        }
    }

    mutating func map(_ value: inout [String: String]) throws(WireError) {
        try members(&value) { source, element throws(WireError) in
            var member = ""
            try source.string(&member)
            element = member
        }
    }

    mutating func map(_ value: inout [String: Int64]) throws(WireError) {
        try members(&value) { source, element throws(WireError) in
            var member: Int64 = 0
            try source.int64(&member)
            element = member
        }
    }

    mutating func map<M: WireMessage>(_ value: inout TextMap<M>) throws(WireError) {
        value = [:]
        if skipNull() { return }
        try openObject()
        while try nextMember() {
            try budget.takeEntry(M.self)
            let name = try memberName().text
            var member = M()
            try read(&member)
            value[name] = member
        }
    }

    mutating func timestamp(_ value: inout WireTimestamp?) throws(WireError) {
        if skipNull() {
            value = nil
            return
        }
        var text = ""
        try string(&text)
        guard let time = WireTimestamp(text: text) else {
            throw WireError(.mismatch, "bad Timestamp: cannot parse \(JSONText.quoted(text))")
        }
        value = time == .zero ? nil : time
    }

    private mutating func members<Value>(
        _ value: inout [String: Value], _ read: (inout JSONSource, inout Value?) throws(WireError) -> Void
    ) throws(WireError) {
        value = [:]
        if skipNull() { return }
        try openObject()
        while try nextMember() {
            try budget.takeEntry(Value.self)
            let name = try memberName().text
            var element: Value?
            try read(&self, &element)
            value[name] = element
        }
    }
}

extension WireMessage {
    /// Reads a message from JSON; text after the first value is ignored, and `null` is the empty message.
    public static func read(json bytes: [UInt8], limits: WireLimits) throws(WireError) -> Self {
        try limits.checkSize(bytes.count)
        return try bytes.withUnsafeBufferPointer { buffer throws(WireError) in
            var source = try JSONSource(UnsafeRawBufferPointer(buffer), limits: limits)
            var message = Self()
            try source.read(&message)
            return message
        }
    }
}
