/// What a scalar means by the rules of YAML 1.1 that Tempo's parser follows.
enum YAMLScalar: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)

    /// The tag under which errors show it.
    var tag: YAMLNode.Tag {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .float: .float
        case .string: .str
        }
    }

    /// Resolves a scalar. Nil when its tag and its text do not agree, such as `!!int abc`.
    init?(_ text: String, style: YAMLNode.Style, tag: YAMLNode.Tag?) {
        switch tag {
        case nil: self = style == .plain ? YAMLScalar(plain: text) : .string(text)
        case .str: self = .string(text)
        case .null:
            guard YAMLScalar.isNull(text) else { return nil }
            self = .null
        case .bool:
            guard let value = YAMLScalar.bool(text) else { return nil }
            self = .bool(value)
        case .int:
            guard let value = YAMLScalar.int(text) else { return nil }
            self = .int(value)
        case .float:
            guard let value = YAMLScalar.float(text) ?? YAMLScalar.int(text).map(Double.init) else { return nil }
            self = .float(value)
        }
    }

    private init(plain text: String) {
        if YAMLScalar.isNull(text) {
            self = .null
        } else if let value = YAMLScalar.bool(text) {
            self = .bool(value)
        } else if let value = YAMLScalar.int(text) {
            self = .int(value)
        } else if let value = YAMLScalar.float(text) {
            self = .float(value)
        } else {
            self = .string(text)
        }
    }

    private static func isNull(_ text: String) -> Bool {
        switch text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }

    private static func bool(_ text: String) -> Bool? {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
        default: nil
        }
    }

    /// Decimal, `0x`, `0b`, `0o` and leading-zero octal, underscores between digits. Nil beyond 64 bits.
    private static func int(_ text: String) -> Int? {
        var rest = Array(text.utf8)[...]
        guard rest.count <= 128 else { return nil }
        var isNegative = false
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        guard let first = rest.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
        var radix = 10
        if first == UInt8(ascii: "0"), rest.count > 1 {
            switch rest[rest.startIndex + 1] {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): (radix, rest) = (16, rest.dropFirst(2))
            case UInt8(ascii: "b"), UInt8(ascii: "B"): (radix, rest) = (2, rest.dropFirst(2))
            case UInt8(ascii: "o"), UInt8(ascii: "O"): (radix, rest) = (8, rest.dropFirst(2))
            default: (radix, rest) = (8, rest.dropFirst())
            }
        }
        let digits = rest.filter { $0 != UInt8(ascii: "_") }
        guard let digit = digits.first, digit != UInt8(ascii: "-"), digit != UInt8(ascii: "+") else { return nil }
        return Int((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self), radix: radix)
    }

    private static func float(_ text: String) -> Double? {
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
        case "-.inf", "-.Inf", "-.INF": return -.infinity
        case ".nan", ".NaN", ".NAN": return .nan
        default: break
        }
        let digits = text.utf8.filter { $0 != UInt8(ascii: "_") }
        guard let first = text.utf8.first, first != UInt8(ascii: "_"), isDecimal(digits[...]) else { return nil }
        guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    /// `[-+]? ( . digits | digits [. digits*] ) ( [eE] [-+]? digits )?`: what `Double.init` alone would not hold to.
    private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        let isSign = { (byte: UInt8) in byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }
        var rest = bytes
        guard rest.count <= 128 else { return false }
        if let first = rest.first, isSign(first) { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(whole)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(fraction)
        }
        guard whole + fraction > 0 else { return false }
        if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let first = rest.first, isSign(first) { rest = rest.dropFirst() }
            let exponent = rest.prefix(while: isDigit).count
            guard exponent > 0 else { return false }
            rest = rest.dropFirst(exponent)
        }
        return rest.isEmpty
    }
}
