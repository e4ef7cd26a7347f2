/// Cuts a YAML text into tokens: the first document only.
///
/// A mapping key is only known as one when its `:` comes. The scanner therefore remembers, for each level of flow
/// collections, the last token that could be a key, and puts the key token before it afterwards.
struct YAMLScanner {
    /// A token that becomes a key if a `:` follows on the same line.
    private struct SimpleKey {
        var tokenIndex: Int
        var position: Int
        var mark: YAMLMark
        /// The token stands where a block mapping needs a key, so a missing `:` is an error.
        var isRequired: Bool
    }

    /// Bytes that a key may have; the bound keeps putting a token before it cheap.
    private static let maxKeyBytes = 1024

    let bytes: [UInt8]
    let limits: YAMLLimits
    var position = 0
    var line = 1
    /// From 0, unlike in marks.
    var column = 0
    private(set) var tokens: [YAMLToken] = []
    /// The column of the innermost block collection; -1 outside of all.
    private(set) var indent = -1
    private var outerIndents: [Int] = []
    private(set) var flowDepth = 0
    var isKeyAllowed = true
    private var simpleKeys: [SimpleKey?] = [nil]
    private var hasDocumentStart = false

    /// `bytes` must be valid UTF-8 without NUL, with LF as the only line break; see ``YAMLReader``.
    init(bytes: [UInt8], limits: YAMLLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// All tokens; the last one is `streamEnd` or `failure`.
    mutating func scan() -> [YAMLToken] {
        do throws(YAMLError) {
            while try scanToken() {
                guard tokens.count <= limits.maxTokens else {
                    throw YAMLError("more than \(limits.maxTokens) tokens", at: mark)
                }
            }
        } catch {
            tokens.append(YAMLToken(kind: .failure(error), mark: error.mark))
        }
        return tokens
    }

    var mark: YAMLMark { YAMLMark(line: line, column: column + 1) }

    /// The byte `offset` ahead; 0 beyond the end, which the text itself cannot hold.
    func peek(_ offset: Int = 0) -> UInt8 {
        let index = position + offset
        return index < bytes.count ? bytes[index] : 0
    }

    mutating func advance() {
        guard position < bytes.count else { return }
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 0
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
    }

    mutating func advance(by count: Int) {
        for _ in 0..<count { advance() }
    }

    func isBlank(_ offset: Int = 0) -> Bool {
        let byte = peek(offset)
        return byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// A blank, a line break or the end.
    func isBlankOrEnd(_ offset: Int = 0) -> Bool {
        let byte = peek(offset)
        return byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == 0
    }

    /// `---` or `...` at the start of a line.
    var isAtDocumentIndicator: Bool {
        guard column == 0, isBlankOrEnd(3) else { return false }
        let first = peek()
        return (first == UInt8(ascii: "-") || first == UInt8(ascii: ".")) && peek(1) == first && peek(2) == first
    }

    /// Blanks before something other than a comment or the end of the line.
    var isIndentation: Bool {
        var offset = 0
        while isBlank(offset) { offset += 1 }
        let byte = peek(offset)
        return byte != UInt8(ascii: "\n") && byte != 0 && byte != UInt8(ascii: "#")
    }

    mutating func append(_ kind: YAMLToken.Kind, at mark: YAMLMark) {
        tokens.append(YAMLToken(kind: kind, mark: mark))
    }

    // MARK: One token

    /// Scans the next token, or several when blocks end. False at the end of the document.
    private mutating func scanToken() throws(YAMLError) -> Bool {
        try skipToToken()
        try dropStaleKeys()
        unroll(to: column)
        let start = mark
        let first = peek()
        if position >= bytes.count { return try endStream() }
        if column == 0, first == UInt8(ascii: "%"), tokens.isEmpty {
            try skipDirective()
            return true
        }
        if isAtDocumentIndicator {
            if first == UInt8(ascii: ".") || hasDocumentStart || !tokens.isEmpty { return try endStream() }
            unroll(to: -1)
            try removeKey()
            isKeyAllowed = false
            hasDocumentStart = true
            advance(by: 3)
            append(.documentStart, at: start)
            return true
        }
        switch first {
        case UInt8(ascii: "["): try openFlow(.flowSequenceStart)
        case UInt8(ascii: "{"): try openFlow(.flowMappingStart)
        case UInt8(ascii: "]"): try closeFlow(.flowSequenceEnd)
        case UInt8(ascii: "}"): try closeFlow(.flowMappingEnd)
        case UInt8(ascii: ","):
            try removeKey()
            isKeyAllowed = true
            advance()
            append(.flowEntry, at: start)
        case UInt8(ascii: "-") where isBlankOrEnd(1): try scanBlockEntry()
        case UInt8(ascii: "?") where isBlankOrEnd(1):
            throw YAMLError("complex mapping keys ('?') are not supported", at: start)
        case UInt8(ascii: ":") where flowDepth > 0 || isBlankOrEnd(1): try scanValue()
        case UInt8(ascii: "*"), UInt8(ascii: "&"):
            try saveKey()
            isKeyAllowed = false
            try scanAnchor(isAlias: first == UInt8(ascii: "*"))
        case UInt8(ascii: "!"):
            try saveKey()
            isKeyAllowed = false
            try scanTag()
        case UInt8(ascii: "|") where flowDepth == 0, UInt8(ascii: ">") where flowDepth == 0:
            try removeKey()
            isKeyAllowed = true
            try scanBlockScalar(isFolded: first == UInt8(ascii: ">"))
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            try saveKey()
            isKeyAllowed = false
            try scanQuoted(quote: first)
        default:
            guard canStartPlain(first) else {
                throw YAMLError("found character that cannot start any token", at: start)
            }
            try saveKey()
            isKeyAllowed = false
            try scanPlain()
        }
        return true
    }

    private func canStartPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): !isBlankOrEnd(1)
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "#"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
            UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"),
            UInt8(ascii: "`"):
            false
        default: true
        }
    }

    /// Skips blanks, comments and line breaks.
    private mutating func skipToToken() throws(YAMLError) {
        var isLineStart = column == 0
        while true {
            switch peek() {
            case UInt8(ascii: " "):
                advance()
            case UInt8(ascii: "\t"):
                if flowDepth == 0, isKeyAllowed {
                    if isLineStart, isIndentation {
                        throw YAMLError("found a tab character that violates indentation", at: mark)
                    }
                    // As a separator a tab is fine, but a key after it would have no column to indent by.
                    if isIndentation { isKeyAllowed = false }
                }
                advance()
            case UInt8(ascii: "#") where position == 0 || isBlankOrEnd(-1):
                while peek() != UInt8(ascii: "\n"), position < bytes.count { advance() }
            case UInt8(ascii: "\n"):
                advance()
                isLineStart = true
                if flowDepth == 0 { isKeyAllowed = true }
            default:
                return
            }
        }
    }

    private mutating func endStream() throws(YAMLError) -> Bool {
        unroll(to: -1)
        try removeKey()
        append(.streamEnd, at: mark)
        return false
    }

    /// `%YAML 1.x` says nothing new; any other directive would change what the text means.
    private mutating func skipDirective() throws(YAMLError) {
        let start = mark
        var text: [UInt8] = []
        while peek() != UInt8(ascii: "\n"), position < bytes.count {
            text.append(peek())
            advance()
        }
        guard text.starts(with: Array("%YAML 1.".utf8)) else {
            throw YAMLError("only the %YAML 1.x directive is supported", at: start)
        }
    }

    // MARK: Keys and indentation

    private mutating func saveKey() throws(YAMLError) {
        guard isKeyAllowed else { return }
        try removeKey()
        simpleKeys[simpleKeys.count - 1] = SimpleKey(
            tokenIndex: tokens.count, position: position, mark: mark,
            isRequired: flowDepth == 0 && indent == column)
    }

    /// The error for a key without `:`. The tokens from the key on go, so that the composer meets this error first.
    private mutating func missingColon(_ key: SimpleKey) -> YAMLError {
        tokens.removeSubrange(min(key.tokenIndex, tokens.count)...)
        return YAMLError("could not find expected ':'", at: key.mark)
    }

    private mutating func removeKey() throws(YAMLError) {
        if let key = simpleKeys[simpleKeys.count - 1], key.isRequired {
            throw missingColon(key)
        }
        simpleKeys[simpleKeys.count - 1] = nil
    }

    private mutating func dropStaleKeys() throws(YAMLError) {
        for index in simpleKeys.indices {
            guard let key = simpleKeys[index],
                key.mark.line < line || position - key.position > YAMLScanner.maxKeyBytes
            else { continue }
            if key.isRequired { throw missingColon(key) }
            simpleKeys[index] = nil
        }
    }

    /// Starts a block collection when `column` is deeper than the present one.
    private mutating func roll(
        to column: Int, _ kind: YAMLToken.Kind, at mark: YAMLMark, before index: Int? = nil
    ) throws(YAMLError) {
        guard flowDepth == 0, indent < column else { return }
        guard outerIndents.count < limits.maxDepth else {
            throw YAMLError("nested deeper than \(limits.maxDepth) levels", at: mark)
        }
        outerIndents.append(indent)
        indent = column
        tokens.insert(YAMLToken(kind: kind, mark: mark), at: index ?? tokens.count)
    }

    /// Ends the block collections that are deeper than `column`.
    private mutating func unroll(to column: Int) {
        guard flowDepth == 0 || column == -1 else { return }
        while indent > column, let outer = outerIndents.popLast() {
            append(.blockEnd, at: mark)
            indent = outer
        }
    }

    // MARK: Indicators

    private mutating func openFlow(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try saveKey()
        guard flowDepth < limits.maxDepth else {
            throw YAMLError("nested deeper than \(limits.maxDepth) levels", at: mark)
        }
        simpleKeys.append(nil)
        flowDepth += 1
        isKeyAllowed = true
        append(kind, at: mark)
        advance()
    }

    private mutating func closeFlow(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try removeKey()
        if flowDepth > 0 {
            flowDepth -= 1
            simpleKeys.removeLast()
        }
        isKeyAllowed = false
        append(kind, at: mark)
        advance()
    }

    private mutating func scanBlockEntry() throws(YAMLError) {
        let start = mark
        guard flowDepth == 0 else {
            throw YAMLError("block sequence entries are not allowed in this context", at: start)
        }
        guard isKeyAllowed else {
            throw YAMLError("block sequence entries are not allowed in this context", at: start)
        }
        try roll(to: column, .blockSequenceStart, at: start)
        try removeKey()
        isKeyAllowed = true
        advance()
        append(.blockEntry, at: start)
    }

    private mutating func scanValue() throws(YAMLError) {
        let start = mark
        if let key = simpleKeys[simpleKeys.count - 1] {
            simpleKeys[simpleKeys.count - 1] = nil
            tokens.insert(YAMLToken(kind: .key, mark: key.mark), at: key.tokenIndex)
            try roll(to: key.mark.column - 1, .blockMappingStart, at: key.mark, before: key.tokenIndex)
            isKeyAllowed = false
        } else {
            if flowDepth == 0 {
                guard isKeyAllowed else {
                    throw YAMLError("mapping values are not allowed in this context", at: start)
                }
                try roll(to: column, .blockMappingStart, at: start)
            }
            isKeyAllowed = flowDepth == 0
        }
        advance()
        append(.value, at: start)
    }

    private mutating func scanAnchor(isAlias: Bool) throws(YAMLError) {
        let start = mark
        advance()
        var name: [UInt8] = []
        while isNameByte(peek()) {
            name.append(peek())
            advance()
        }
        let isEnded: Bool =
            switch peek() {
            case UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): true
            default: isBlankOrEnd()
            }
        guard !name.isEmpty, name.count <= 128, isEnded else {
            throw YAMLError("did not find expected alphabetic or numeric character", at: start)
        }
        let text = String(decoding: name, as: UTF8.self)
        append(isAlias ? .alias(text) : .anchor(text), at: start)
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private mutating func scanTag() throws(YAMLError) {
        let start = mark
        var text: [UInt8] = []
        while !isBlankOrEnd(), text.count < 64 {
            if flowDepth > 0,
                [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(peek())
            {
                break
            }
            text.append(peek())
            advance()
        }
        guard let tag = YAMLNode.Tag(rawValue: String(decoding: text, as: UTF8.self)) else {
            throw YAMLError("unknown tag; only !!str, !!int, !!bool, !!float and !!null are read", at: start)
        }
        append(.tag(tag), at: start)
    }
}
