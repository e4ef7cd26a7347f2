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
        // One append of a few bytes put together on the stack costs less than five appends.
        let count = name.utf8CodeUnitCount
        let needsComma = output.last.map { $0 != 0x7b && $0 != 0x5b } ?? false
        withUnsafeTemporaryAllocation(byteCount: count + 4, alignment: 1) { token in
            token[0] = 0x2c
            token[1] = 0x22
            for index in 0..<count { token[2 + index] = name.utf8Start[index] }
            token[count + 2] = 0x22
            token[count + 3] = 0x3a
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: token[(needsComma ? 0 : 1)...]))
        }
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
        digits(value, quoted: false)
    }

    @inline(__always)
    private mutating func digits(_ value: UInt64, quoted: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 22, alignment: 1) { token in
            // 2^64 has 20 digits, so that `start` does not pass 1.
            token[21] = 0x22
            var start = 21
            var rest = value
            repeat {
                let quotient = rest / 10
                start -= 1
                token[start] = 0x30 | UInt8(truncatingIfNeeded: rest &- quotient &* 10)
                rest = quotient
            } while rest > 0
            if quoted {
                start -= 1
                token[start] = 0x22
            }
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: token[start..<(quoted ? 22 : 21)]))
        }
    }

    mutating func decimal(_ value: Int64) {
        if value < 0 { output.append(0x2d) }
        decimal(value.magnitude)
    }

    /// A 64-bit number, which JSON carries as a string.
    mutating func quoted(_ value: UInt64) { digits(value, quoted: true) }

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
        var start = 0
        while start < bytes.count {
            let end = min(start + 48, bytes.count)
            base64Block(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end
        }
        output.append(0x22)
    }

    /// At most 48 bytes; only the last block may have a count that three does not divide.
    private mutating func base64Block(_ bytes: UnsafeRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { text in
            var position = 0
            var count = 0
            while bytes.count - position >= 3 {
                let group =
                    UInt32(bytes[position]) << 16 | UInt32(bytes[position + 1]) << 8 | UInt32(bytes[position + 2])
                text[count] = Self.base64Digit(group >> 18)
                text[count + 1] = Self.base64Digit(group >> 12 & 63)
                text[count + 2] = Self.base64Digit(group >> 6 & 63)
                text[count + 3] = Self.base64Digit(group & 63)
                position += 3
                count += 4
            }
            let rest = bytes.count - position
            if rest > 0 {
                let second = rest == 2 ? UInt32(bytes[position + 1]) : 0
                let group = UInt32(bytes[position]) << 16 | second << 8
                text[count] = Self.base64Digit(group >> 18)
                text[count + 1] = Self.base64Digit(group >> 12 & 63)
                text[count + 2] = rest == 2 ? Self.base64Digit(group >> 6 & 63) : 0x3d
                text[count + 3] = 0x3d
                count += 4
            }
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[..<count]))
        }
    }

    private static let base64Alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// - Parameter value: 0 to 63, as every caller masks or shifts to six bits.
    @inline(__always)
    private static func base64Digit(_ value: UInt32) -> UInt8 { base64Alphabet.utf8Start[Int(value)] }
}
