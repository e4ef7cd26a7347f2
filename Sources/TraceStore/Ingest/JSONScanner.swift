/// A cursor over JSON text. It never reads outside its bytes, and refuses what is not JSON.
struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    /// Why text could not be read.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter bytes: memory that outlives the scanner.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func failure(_ reason: String) -> Failure { Failure(description: "invalid JSON at byte \(position): \(reason)") }

    /// The next byte that is not white space, which is left there.
    mutating func peek() throws(Failure) -> UInt8 {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return bytes[position]
            }
        }
        throw failure("unexpected end")
    }

    /// Whether only white space is left.
    mutating func isAtEnd() -> Bool {
        guard let _ = try? peek() else { return true }
        return false
    }

    /// Passes over one byte that must be there.
    mutating func expect(_ byte: UInt8) throws(Failure) {
        guard try peek() == byte else {
            throw failure("expected '\(Character(Unicode.Scalar(byte)))'")
        }
        position += 1
    }

    /// Passes over a byte when it is there.
    mutating func accept(_ byte: UInt8) throws(Failure) -> Bool {
        guard try peek() == byte else { return false }
        position += 1
        return true
    }

    /// Passes over `null` when it is there.
    mutating func acceptNull() throws(Failure) -> Bool {
        guard try peek() == 0x6e else { return false }
        try word("null")
        return true
    }

    private mutating func word(_ text: StaticString) throws(Failure) {
        for index in 0..<text.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == text.utf8Start[index] else {
                throw failure("unknown word")
            }
            position += 1
        }
    }

    mutating func bool() throws(Failure) -> Bool {
        if try peek() == 0x74 {
            try word("true")
            return true
        }
        guard try peek() == 0x66 else { throw failure("expected true or false") }
        try word("false")
        return false
    }

    /// Appends the content of a string.
    mutating func string(into output: inout [UInt8]) throws(Failure) {
        try expect(0x22)
        while true {
            let start = position
            while position < bytes.count, bytes[position] != 0x22, bytes[position] != 0x5c, bytes[position] >= 0x20 {
                position += 1
            }
            output.append(contentsOf: bytes[start..<position])
            guard position < bytes.count else { throw failure("string without an end") }
            let byte = bytes[position]
            guard byte >= 0x20 else { throw failure("control character in a string") }
            position += 1
            if byte == 0x22 { return }
            try escape(into: &output)
        }
    }

    private mutating func escape(into output: inout [UInt8]) throws(Failure) {
        guard position < bytes.count else { throw failure("string without an end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case 0x22, 0x5c, 0x2f: output.append(byte)
        case 0x62: output.append(0x08)
        case 0x66: output.append(0x0c)
        case 0x6e: output.append(0x0a)
        case 0x72: output.append(0x0d)
        case 0x74: output.append(0x09)
        case 0x75:
            let unit = try codeUnit()
            var scalar = Unicode.Scalar(UInt32(unit))
            if 0xd800..<0xdc00 ~= unit, bytes.count - position >= 6, bytes[position] == 0x5c,
                bytes[position + 1] == 0x75
            {
                let before = position
                position += 2
                let second = try codeUnit()
                if 0xdc00..<0xe000 ~= second {
                    scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
                } else {
                    position = before
                }
            }
            // Half of a pair becomes U+FFFD.
            output.append(contentsOf: String(scalar ?? "\u{fffd}").utf8)
        default: throw failure("unknown escape")
        }
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        guard bytes.count - position >= 4 else { throw failure("escape without four digits") }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexadecimal(bytes[position]) else { throw failure("escape without four digits") }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// The text of a number, bare or in quotes. A bare one has the form that JSON wants.
    mutating func numberText() throws(Failure) -> [UInt8] {
        if try peek() == 0x22 {
            var text: [UInt8] = []
            try string(into: &text)
            return text
        }
        let start = position
        if bytes[position] == 0x2d { position += 1 }
        let first = position
        try digits()
        guard first + 1 == position || bytes[first] != 0x30 else { throw failure("number with a leading zero") }
        if position < bytes.count, bytes[position] == 0x2e {
            position += 1
            try digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == 0x65 {
            position += 1
            if position < bytes.count, bytes[position] == 0x2b || bytes[position] == 0x2d { position += 1 }
            try digits()
        }
        return Array(bytes[start..<position])
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while position < bytes.count, 0x30...0x39 ~= bytes[position] { position += 1 }
        guard position > start else { throw failure("expected a number") }
    }

    /// Passes over any value.
    mutating func skipValue(depth: Int = 0) throws(Failure) {
        guard depth < 128 else { throw failure("nested too deep") }
        switch try peek() {
        case 0x22:
            var ignored: [UInt8] = []
            try string(into: &ignored)
        case 0x7b: try object { name, scanner throws(Failure) in try scanner.skipValue(depth: depth + 1) }
        case 0x5b: try array { scanner throws(Failure) in try scanner.skipValue(depth: depth + 1) }
        case 0x74, 0x66: _ = try bool()
        case 0x6e: try word("null")
        default: _ = try numberText()
        }
    }

    /// Reads an object; the closure reads each member's value.
    mutating func object(_ member: ([UInt8], inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
        try expect(0x7b)
        if try accept(0x7d) { return }
        var name: [UInt8] = []
        repeat {
            name.removeAll(keepingCapacity: true)
            _ = try peek()
            try string(into: &name)
            try expect(0x3a)
            try member(name, &self)
        } while try accept(0x2c)
        try expect(0x7d)
    }

    /// Reads an array; the closure reads each element.
    mutating func array(_ element: (inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
        try expect(0x5b)
        if try accept(0x5d) { return }
        repeat { try element(&self) } while try accept(0x2c)
        try expect(0x5d)
    }
}
