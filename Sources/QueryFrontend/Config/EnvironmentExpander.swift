/// Expands `${...}` in the text of a configuration file, before it is read as YAML: `-config.expand-env`.
///
/// Only `${` starts an expansion; `$$` is a dollar sign. Operators: `:-` `:=` `=` `:?` (default when unset or empty),
/// `:+` (the value when set, the alternative when unset: the reverse of a shell), `^` `^^` `,` `,,` (case), `#V`
/// (length), `:1:2` (substring), `/a/b` `//a/b` `/#a/b` `/%a/b` (replace), `#` `##` `%` `%%` (trim a pattern of `*` and
/// `?`). An operand may hold expansions. A dash without colon is no operator.
struct EnvironmentExpander {
    /// A `${` that makes no sense; the text is never repeated.
    struct Failure: Error, Equatable {
        let message: String

        static let missingBrace = Failure(message: "missing closing brace")
        static let badName = Failure(message: "unable to parse variable name")
    }

    /// Expansions inside operands.
    private static let maxDepth = 16
    /// Bytes of the result.
    private static let maxBytes = FileReader.maxBytes

    private let environment: [String: String]
    private let text: [UInt8]
    private var position = 0
    private var emptyNames: [String] = []

    /// Expands a text.
    /// - Returns: the text, and the names of variables whose expansion was empty, in order of appearance.
    static func expand(
        _ text: [UInt8], environment: [String: String]
    ) throws(Failure) -> (text: [UInt8], emptyNames: [String]) {
        var expander = EnvironmentExpander(environment: environment, text: text)
        let result = try expander.expandText(until: [], depth: 0)
        return (result, expander.emptyNames)
    }

    private init(environment: [String: String], text: [UInt8]) {
        self.environment = environment
        self.text = text
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        let index = position + offset
        return index < text.count ? text[index] : nil
    }

    /// Copies text, expanding, up to one of `stops` (not consumed) or the end.
    private mutating func expandText(until stops: [UInt8], depth: Int) throws(Failure) -> [UInt8] {
        guard depth <= EnvironmentExpander.maxDepth else { throw Failure(message: "expansions nested too deeply") }
        var result: [UInt8] = []
        while let byte = peek(), !stops.contains(byte) {
            if byte == UInt8(ascii: "$"), peek(1) == UInt8(ascii: "$") {
                result.append(byte)
                position += 2
            } else if byte == UInt8(ascii: "$"), peek(1) == UInt8(ascii: "{") {
                position += 2
                result += try expandVariable(depth: depth)
            } else {
                result.append(byte)
                position += 1
            }
            guard result.count <= EnvironmentExpander.maxBytes else {
                throw Failure(message: "the expanded text is larger than \(EnvironmentExpander.maxBytes) bytes")
            }
        }
        return result
    }

    /// What stands after `${`, its closing brace included.
    private mutating func expandVariable(depth: Int) throws(Failure) -> [UInt8] {
        let isLength = peek() == UInt8(ascii: "#")
        if isLength { position += 1 }
        let start = position
        while let byte = peek(), EnvironmentExpander.isNameByte(byte) { position += 1 }
        guard position > start else { throw .badName }
        let name = String(decoding: text[start..<position], as: UTF8.self)
        let value = Array((environment[name] ?? "").utf8)
        let result: [UInt8]
        if isLength {
            result = Array(String(String(decoding: value, as: UTF8.self).unicodeScalars.count).utf8)
        } else {
            result = try applyOperator(to: value, depth: depth)
        }
        guard peek() == UInt8(ascii: "}") else { throw .missingBrace }
        position += 1
        if result.isEmpty, !emptyNames.contains(name) { emptyNames.append(name) }
        return result
    }

    private mutating func applyOperator(to value: [UInt8], depth: Int) throws(Failure) -> [UInt8] {
        switch peek() {
        case UInt8(ascii: "=")?:
            position += 1
            return try defaulted(value, depth: depth)
        case UInt8(ascii: ":")?:
            position += 1
            switch peek() {
            case UInt8(ascii: "-")?, UInt8(ascii: "=")?, UInt8(ascii: "?")?, UInt8(ascii: "+")?:
                position += 1
                return try defaulted(value, depth: depth)
            default:
                return try substring(value, depth: depth)
            }
        case UInt8(ascii: "^")?, UInt8(ascii: ",")?:
            return changeCase(value)
        case UInt8(ascii: "/")?:
            return try replace(value, depth: depth)
        case UInt8(ascii: "#")?, UInt8(ascii: "%")?:
            let sign = peek()
            position += 1
            let isLongest = peek() == sign
            if isLongest { position += 1 }
            let pattern = try operand(depth: depth)
            return EnvironmentExpander.trim(
                value, pattern, fromStart: sign == UInt8(ascii: "#"), isLongest: isLongest)
        default:
            return value
        }
    }

    private mutating func operand(_ stops: [UInt8] = [], depth: Int) throws(Failure) -> [UInt8] {
        try expandText(until: stops + [UInt8(ascii: "}")], depth: depth + 1)
    }

    /// The operand is only looked at for warnings when it is used.
    private mutating func defaulted(_ value: [UInt8], depth: Int) throws(Failure) -> [UInt8] {
        let namesBefore = emptyNames
        let fallback = try operand(depth: depth)
        guard value.isEmpty else {
            emptyNames = namesBefore
            return value
        }
        return fallback
    }

    /// `:start` or `:start:length`; what is no number leaves the value as it is.
    private mutating func substring(_ value: [UInt8], depth: Int) throws(Failure) -> [UInt8] {
        let start = EnvironmentExpander.number(try operand([UInt8(ascii: ":")], depth: depth))
        var length: Int?
        var hasLength = false
        if peek() == UInt8(ascii: ":") {
            position += 1
            hasLength = true
            length = EnvironmentExpander.number(try operand(depth: depth))
        }
        guard let start, !hasLength || length != nil else { return value }
        let from = start < 0 ? max(0, value.count + start) : min(start, value.count)
        return Array(value[from...].prefix(max(0, length ?? value.count)))
    }

    private mutating func changeCase(_ value: [UInt8]) -> [UInt8] {
        let sign = peek()
        position += 1
        let isWhole = peek() == sign
        if isWhole { position += 1 }
        let string = String(decoding: value, as: UTF8.self)
        let head = isWhole ? string[...] : string.prefix(1)
        let changed = sign == UInt8(ascii: "^") ? head.uppercased() : head.lowercased()
        return Array((changed + string[head.endIndex...]).utf8)
    }

    private mutating func replace(_ value: [UInt8], depth: Int) throws(Failure) -> [UInt8] {
        position += 1
        let mode = peek()
        let slash = UInt8(ascii: "/")
        if mode == slash || mode == UInt8(ascii: "#") || mode == UInt8(ascii: "%") { position += 1 }
        let old = try operand([slash], depth: depth)
        var new: [UInt8] = []
        if peek() == slash {
            position += 1
            new = try operand(depth: depth)
        }
        guard !old.isEmpty else { return value }
        switch mode {
        case UInt8(ascii: "#")?: return value.starts(with: old) ? new + value.dropFirst(old.count) : value
        case UInt8(ascii: "%")?:
            return value.suffix(old.count).elementsEqual(old) ? value.dropLast(old.count) + new : value
        default: break
        }
        var result: [UInt8] = []
        var rest = value[...]
        while !rest.isEmpty {
            if rest.starts(with: old) {
                result += new
                rest = rest.dropFirst(old.count)
                if mode != slash { break }
            } else {
                result.append(rest.removeFirst())
            }
            guard result.count <= EnvironmentExpander.maxBytes else {
                throw Failure(message: "the expanded text is larger than \(EnvironmentExpander.maxBytes) bytes")
            }
        }
        return result + rest
    }

    private static func trim(_ value: [UInt8], _ pattern: [UInt8], fromStart: Bool, isLongest: Bool) -> [UInt8] {
        // The operator's own environment: the lengths are at most those of a process environment.
        let lengths = isLongest ? Array((0...value.count).reversed()) : Array(0...value.count)
        for length in lengths {
            let part = fromStart ? value.prefix(length) : value.suffix(length)
            if matches(part, pattern[...]) {
                return fromStart ? Array(value.dropFirst(length)) : Array(value.dropLast(length))
            }
        }
        return value
    }

    /// Whether a text matches a pattern of `*` and `?` whole. Goes back to the last `*` only.
    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var t = text.startIndex
        var p = pattern.startIndex
        var star: (pattern: Int, text: Int)?
        while t < text.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                star = (p, t)
                p += 1
            } else if p < pattern.endIndex, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                p = last.pattern + 1
                t = last.text + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func number(_ bytes: [UInt8]) -> Int? {
        var digits = bytes[...]
        if digits.first == UInt8(ascii: " ") { digits = digits.dropFirst() }
        let magnitude = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
        guard !magnitude.isEmpty, magnitude.count <= 9,
            magnitude.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let number = Int(String(decoding: magnitude, as: UTF8.self))
        else { return nil }
        return magnitude.count < digits.count ? -number : number
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
