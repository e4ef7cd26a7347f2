/// The number and truth grammars of Go's `strconv`, base 10, with its error texts.
enum GoNumber {
    /// `strconv.ParseUint(text, 10, bits)`: digits only. `bits` is 32 or 64.
    static func parseUint(_ text: [UInt8], bits: Int) throws(GrammarError) -> UInt64 {
        switch scanDigits(text[...], bits: bits) {
        case .value(let value): return value
        case .syntax: throw failure("ParseUint", text, "invalid syntax")
        case .range: throw failure("ParseUint", text, "value out of range")
        }
    }

    /// `strconv.ParseUint` with 32 bits.
    static func parseUint32(_ text: [UInt8]) throws(GrammarError) -> UInt32 {
        UInt32(truncatingIfNeeded: try parseUint(text, bits: 32))
    }

    /// `strconv.ParseInt(text, 10, bits)`: digits after an optional sign.
    static func parseInt(_ text: [UInt8], bits: Int) throws(GrammarError) -> Int64 {
        try parseSigned(text, bits: bits, function: "ParseInt")
    }

    /// `strconv.Atoi`: as `parseInt` with 64 bits, under its own name in errors.
    static func atoi(_ text: [UInt8]) throws(GrammarError) -> Int {
        Int(truncatingIfNeeded: try parseSigned(text, bits: 64, function: "Atoi"))
    }

    /// `strconv.ParseBool`: `1 t T TRUE true True 0 f F FALSE false False`.
    static func parseBool(_ text: [UInt8]) throws(GrammarError) -> Bool {
        switch String(decoding: text, as: UTF8.self) {
        case "1", "t", "T", "TRUE", "true", "True": return true
        case "0", "f", "F", "FALSE", "false", "False": return false
        default: throw failure("ParseBool", text, "invalid syntax")
        }
    }

    /// The decimal part of `strconv.ParseFloat`: sign, digits with at most one dot, exponent. Hexadecimal floats, underscores
    /// and the names of infinity and NaN are refused: no parameter has a use for them.
    static func parseFloat(_ text: [UInt8]) throws(GrammarError) -> Double {
        guard isDecimalFloat(text), let value = Double(String(decoding: text, as: UTF8.self)) else {
            throw failure("ParseFloat", text, "invalid syntax")
        }
        guard value.isFinite else { throw failure("ParseFloat", text, "value out of range") }
        return value
    }

    private enum Digits {
        case value(UInt64)
        case syntax
        case range
    }

    /// Reads left to right and stops at the first fault, so that an overflow before a bad character is an overflow.
    private static func scanDigits(_ text: ArraySlice<UInt8>, bits: Int) -> Digits {
        if text.isEmpty { return .syntax }
        let largest: UInt64 = bits >= 64 ? .max : (1 << UInt64(bits)) - 1
        var value: UInt64 = 0
        for byte in text {
            guard isDigit(byte) else { return .syntax }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            if overflow || carry || next > largest { return .range }
            value = next
        }
        return .value(value)
    }

    private static func parseSigned(_ text: [UInt8], bits: Int, function: String) throws(GrammarError) -> Int64 {
        let negative = text.first == UInt8(ascii: "-")
        let signed = negative || text.first == UInt8(ascii: "+")
        let limit: UInt64 = 1 << UInt64(bits - 1)
        switch scanDigits(signed ? text.dropFirst() : text[...], bits: bits) {
        case .value(let magnitude) where negative && magnitude <= limit:
            return Int64(truncatingIfNeeded: 0 &- magnitude)
        case .value(let magnitude) where !negative && magnitude < limit:
            return Int64(magnitude)
        case .syntax:
            throw failure(function, text, "invalid syntax")
        case .value, .range:
            throw failure(function, text, "value out of range")
        }
    }

    private static func isDecimalFloat(_ text: [UInt8]) -> Bool {
        var index = 0
        func skipSign() {
            if index < text.count, text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") { index += 1 }
        }
        func skipDigits() -> Int {
            let start = index
            while index < text.count, isDigit(text[index]) { index += 1 }
            return index - start
        }
        skipSign()
        var digits = skipDigits()
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            digits += skipDigits()
        }
        if digits == 0 { return false }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            skipSign()
            if skipDigits() == 0 { return false }
        }
        return index == text.count
    }

    private static func failure(_ function: String, _ text: [UInt8], _ reason: String) -> GrammarError {
        GrammarError(message: "strconv.\(function): parsing \(GoQuotedText.quote(text)): \(reason)")
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
