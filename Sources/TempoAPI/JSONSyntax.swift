/// Finds the end of a JSON value and checks its syntax on the way, without recursion. Error texts are those of Go's encoding/json.
struct JSONSyntax {
    private let bytes: UnsafeRawBufferPointer
    private let maxDepth: Int
    private(set) var position: Int

    init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
        position = 0
    }

    private enum Step { case value, done }

    /// Passes over one value and the whitespace before it. `EOF` when there is none.
    mutating func skipValue() throws(WireError) {
        skipSpace()
        guard position < bytes.count else { throw WireError(.truncated, "EOF") }
        var open: [UInt8] = []
        var step = Step.value
        while step == .value {
            skipSpace()
            let byte = try current()
            switch byte {
            case 0x7b, 0x5b:
                guard open.count < maxDepth else { throw WireLimits.tooDeep() }
                open.append(byte)
                position += 1
                skipSpace()
                if try current() == byte + 2 {  // the closing bracket follows its opening one by two
                    open.removeLast()
                    position += 1
                    step = try afterValue(&open)
                } else if byte == 0x7b {
                    try member()
                }
            case 0x22:
                try string()
                step = try afterValue(&open)
            case 0x2d, 0x30...0x39:
                try number()
                step = try afterValue(&open)
            case 0x74:
                try word("true")
                step = try afterValue(&open)
            case 0x66:
                try word("false")
                step = try afterValue(&open)
            case 0x6e:
                try word("null")
                step = try afterValue(&open)
            default: throw invalid("looking for beginning of value")
            }
        }
    }

    /// Closes what ends here; says whether another value follows.
    private mutating func afterValue(_ open: inout [UInt8]) throws(WireError) -> Step {
        while let bracket = open.last {
            skipSpace()
            let byte = try current()
            if byte == 0x2c {
                position += 1
                skipSpace()
                if bracket == 0x7b {
                    _ = try current()
                    try member()
                }
                return .value
            }
            guard byte == bracket + 2 else {
                throw invalid(bracket == 0x7b ? "after object key:value pair" : "after array element")
            }
            open.removeLast()
            position += 1
        }
        return .done
    }

    /// Passes over a member's name and the colon.
    private mutating func member() throws(WireError) {
        guard try current() == 0x22 else { throw invalid("looking for beginning of object key string") }
        try string()
        skipSpace()
        guard try current() == 0x3a else { throw invalid("after object key") }
        position += 1
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    @inline(__always)
    private func current() throws(WireError) -> UInt8 {
        guard position < bytes.count else { throw .truncated() }
        return bytes[position]
    }

    private mutating func string() throws(WireError) {
        position += 1
        while true {
            switch try current() {
            case 0x22:
                position += 1
                return
            case 0x5c:
                position += 1
                switch try current() {
                case 0x62, 0x66, 0x6e, 0x72, 0x74, 0x5c, 0x2f, 0x22: position += 1
                case 0x75:
                    position += 1
                    for _ in 0..<4 {
                        guard JSONText.hexValue(try current()) != nil else {
                            throw invalid("in \\u hexadecimal character escape")
                        }
                        position += 1
                    }
                default: throw invalid("in string escape code")
                }
            case 0..<0x20: throw invalid("in string literal")
            default: position += 1
            }
        }
    }

    private mutating func number() throws(WireError) {
        if bytes[position] == 0x2d { position += 1 }
        let first = try current()
        guard 0x30...0x39 ~= first else { throw invalid("in numeric literal") }
        position += 1
        if first != 0x30 { skipDigits() }
        if position < bytes.count, bytes[position] == 0x2e {
            position += 1
            guard 0x30...0x39 ~= (try current()) else { throw invalid("after decimal point in numeric literal") }
            skipDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == 0x65 {
            position += 1
            let sign = try current()
            if sign == 0x2b || sign == 0x2d { position += 1 }
            guard 0x30...0x39 ~= (try current()) else { throw invalid("in exponent of numeric literal") }
            skipDigits()
        }
    }

    private mutating func skipDigits() {
        while position < bytes.count, 0x30...0x39 ~= bytes[position] { position += 1 }
    }

    private mutating func word(_ expected: StaticString) throws(WireError) {
        for index in 0..<expected.utf8CodeUnitCount {
            let wanted = expected.utf8Start[index]
            guard try current() == wanted else {
                throw invalid("in literal \(expected) (expecting '\(Character(Unicode.Scalar(wanted)))')")
            }
            position += 1
        }
    }

    private func invalid(_ context: String) -> WireError {
        WireError(.malformed, "invalid character \(JSONText.quoted(bytes[position])) \(context)")
    }
}

/// Texts of Go's error messages, and hexadecimal digits.
enum JSONText {
    static func hexValue(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: return UInt16(byte - 0x30)
        case 0x41...0x46: return UInt16(byte - 0x37)
        case 0x61...0x66: return UInt16(byte - 0x57)
        default: return nil
        }
    }

    /// A byte as a quoted Go character.
    static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case 0x27: return #"'\''"#
        case 0x22: return #"'"'"#
        default: return "'" + escaped([Unicode.Scalar(byte)]) + "'"
        }
    }

    /// Text as a quoted Go string.
    static func quoted(_ text: String) -> String { "\"" + escaped(text.unicodeScalars) + "\"" }

    private static func escaped(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var result = ""
        for scalar in scalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5c: result += "\\\\"
            case 0x07: result += "\\a"
            case 0x08: result += "\\b"
            case 0x0c: result += "\\f"
            case 0x0a: result += "\\n"
            case 0x0d: result += "\\r"
            case 0x09: result += "\\t"
            case 0x0b: result += "\\v"
            case 0..<0x20, 0x7f: result += "\\x" + hex(scalar.value, width: 2)
            case 0x80..<0xa0, 0xad: result += "\\u" + hex(scalar.value, width: 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func hex(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
