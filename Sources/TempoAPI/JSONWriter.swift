/// Appends JSON tokens in the form that Go's encoding/json and jsonpb give them.
struct JSONWriter {
    var output: [UInt8]

    init(_ output: [UInt8] = []) { self.output = output }

    /// Appends text that needs no escaping.
    @inline(__always)
    mutating func literal(_ text: StaticString) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func byte(_ value: UInt8) { output.append(value) }

    /// Appends a comma unless the object or list has just been opened. No value ends with an opening bracket.
    @inline(__always)
    mutating func separator() {
        if let last = output.last, last != 0x7b, last != 0x5b { output.append(0x2c) }
    }

    /// Appends the name of a member that needs no escaping, with comma and colon.
    mutating func key(_ name: StaticString) {
        separator()
        output.append(0x22)
        literal(name)
        output.append(0x22)
        output.append(0x3a)
    }

    /// Appends a member's name from data.
    mutating func key(_ name: String) {
        separator()
        string(name)
        output.append(0x3a)
    }

    mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    mutating func decimal(_ value: UInt64) {
        if value < 10 {
            output.append(0x30 | UInt8(truncatingIfNeeded: value))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            // 2^64 has 20 digits, so that `start` does not pass 0.
            var start = 20
            var rest = value
            repeat {
                let quotient = rest / 10
                start -= 1
                digits[start] = 0x30 | UInt8(truncatingIfNeeded: rest &- quotient &* 10)
                rest = quotient
            } while rest > 0
            output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start..<20]))
        }
    }

    mutating func decimal(_ value: Int64) {
        if value < 0 { output.append(0x2d) }
        decimal(value.magnitude)
    }

    /// A 64-bit number, which JSON carries as a string.
    mutating func quoted(_ value: UInt64) {
        output.append(0x22)
        decimal(value)
        output.append(0x22)
    }

    /// A 64-bit number, which JSON carries as a string.
    mutating func quoted(_ value: Int64) {
        output.append(0x22)
        decimal(value)
        output.append(0x22)
    }

    mutating func bool(_ value: Bool) { if value { literal("true") } else { literal("false") } }

    /// Standard base64 with padding, in quotes.
    mutating func base64(_ bytes: UnsafeRawBufferPointer) {
        output.append(0x22)
        var position = 0
        while bytes.count - position >= 3 {
            let group =
                UInt32(bytes[position]) << 16 | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2])
            let text =
                Self.base64Digit(group >> 18) | Self.base64Digit(group >> 12 & 63) << 8
                | Self.base64Digit(group >> 6 & 63) << 16 | Self.base64Digit(group & 63) << 24
            withUnsafeBytes(of: text.littleEndian) { output.append(contentsOf: $0) }
            position += 3
        }
        let rest = bytes.count - position
        if rest > 0 {
            let first = UInt32(bytes[position])
            let second = rest == 2 ? UInt32(bytes[position + 1]) : 0
            let group = first << 16 | second << 8
            let third: UInt32 = rest == 2 ? Self.base64Digit(group >> 6 & 63) : 0x3d
            let text =
                Self.base64Digit(group >> 18) | Self.base64Digit(group >> 12 & 63) << 8 | third << 16 | 0x3d << 24
            withUnsafeBytes(of: text.littleEndian) { output.append(contentsOf: $0) }
        }
        output.append(0x22)
    }

    @inline(__always)
    private static func base64Digit(_ value: UInt32) -> UInt32 {
        switch value {
        case 0..<26: return value &+ 65
        case 26..<52: return value &+ 71
        case 52..<62: return value &- 4
        case 62: return 43
        default: return 47
        }
    }

    /// Opens an object, lets the body write members, closes it.
    @inline(__always)
    mutating func object(_ body: (inout JSONWriter) -> Void) {
        output.append(0x7b)
        body(&self)
        output.append(0x7d)
    }
}
