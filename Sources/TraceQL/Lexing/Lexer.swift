/// Cuts a query into tokens, one at a time.
///
/// Every scanned byte moves forward; no token is scanned twice, so the cost is linear in the text.
struct Lexer {
    let bytes: [UInt8]
    /// The next byte to look at.
    private(set) var offset = 0
    /// Why the last token was `.invalid`.
    private(set) var errorMessage = ""

    /// The first byte that is NUL or not UTF-8; `bytes.count` plus one when there is none.
    private let firstBadByte: Int
    private let badByteMessage: String
    /// The start of the scope token after which a name must follow; nil outside names.
    private var nameScope: (start: Int, kind: TokenKind)?
    /// Tempo forgets that it has left a `parent.` until another scope follows: `.span.x` then reads as two scopes.
    private var insideParent = false
    private var lastTokenStart = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if let bad = UTF8Check.firstBadByte(bytes) {
            firstBadByte = bad
            badByteMessage = bytes[bad] == 0 ? "invalid character NUL" : "invalid UTF-8 encoding"
        } else {
            firstBadByte = bytes.count + 1
            badByteMessage = ""
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    mutating func next() -> Token {
        var token = scan()
        // A bad byte is noticed while the token before it is read, because reading looks one character ahead.
        if token.kind != .invalid && firstBadByte <= token.end {
            errorMessage = badByteMessage
            token.kind = .invalid
            if firstBadByte < token.start { token.position = lastTokenStart }
        }
        lastTokenStart = token.position
        return token
    }

    private mutating func scan() -> Token {
        if let scope = nameScope {
            nameScope = nil
            return scanName(after: scope)
        }
        if let failure = skipBlanks() { return failure }
        let start = offset
        guard start < bytes.count else { return Token(kind: .end, start: start, end: start, position: start) }
        let first = bytes[start]
        switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            return scanWord(start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return scanNumber(start)
        case UInt8(ascii: "\""): return scanQuoted(start, quote: first)
        case UInt8(ascii: "'"): return scanQuoted(start, quote: first)
        case UInt8(ascii: "`"): return scanRaw(start)
        case UInt8(ascii: "."):
            let second = byte(start + 1)
            if second >= UInt8(ascii: "0") && second <= UInt8(ascii: "9") { return scanNumber(start) }
            offset = start + 1
            return scopeToken(.dot, start)
        case 0x80...:
            let (scalar, length) = UTF8Check.decode(bytes, start)
            if UTF8Check.isLetter(scalar) { return scanWord(start) }
            offset = start + max(1, length)
            return Token(kind: .identifier, start: start, end: offset, position: start)
        default: return scanOperator(start)
        }
    }

    /// Moves over blanks and comments; an unclosed comment is a failure.
    private mutating func skipBlanks() -> Token? {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): offset += 1
            case UInt8(ascii: "/") where byte(offset + 1) == UInt8(ascii: "/"):
                while offset < bytes.count && bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "/") where byte(offset + 1) == UInt8(ascii: "*"):
                let start = offset
                offset += 2
                while offset < bytes.count
                    && !(bytes[offset] == UInt8(ascii: "*") && byte(offset + 1) == UInt8(ascii: "/"))
                {
                    offset += 1
                }
                guard offset < bytes.count else { return fail("comment not terminated", start) }
                offset += 2
            default: return nil
            }
        }
        return nil
    }

    mutating func fail(_ message: String, _ position: Int) -> Token {
        errorMessage = message
        return Token(kind: .invalid, start: position, end: offset, position: position)
    }

    /// Finishes a token that was scanned up to `end`.
    mutating func finish(_ kind: TokenKind, _ start: Int, _ end: Int, bits: UInt64 = 0) -> Token {
        offset = end
        return Token(kind: kind, start: start, end: end, position: start, bits: bits)
    }

    // MARK: - Words and operators

    private mutating func scanWord(_ start: Int) -> Token {
        var end = start
        while end < bytes.count {
            let byte = bytes[end]
            if UTF8Check.isASCIIWord(byte) {
                end += 1
            } else if byte >= 0x80 {
                let (scalar, length) = UTF8Check.decode(bytes, end)
                guard UTF8Check.isLetter(scalar) || UTF8Check.isDigit(scalar) else { break }
                end += length
            } else {
                break
            }
        }
        offset = end
        let next = byte(end)
        if next == UInt8(ascii: ".") || next == UInt8(ascii: ":"), let scope = Self.scopes.find(bytes, start, end + 1) {
            offset = end + 1
            return scopeToken(Self.scopeKinds[Int(scope)], start)
        }
        if let keyword = TokenKind.keywordTable.find(bytes, start, end), let kind = TokenKind(rawValue: keyword) {
            return finish(kind, start, end)
        }
        return finish(.identifier, start, end)
    }

    private static let scopeKinds: [TokenKind] = [
        .parentDot, .resourceDot, .spanDot, .eventDot, .linkDot, .instrumentationDot,
        .traceColon, .spanColon, .eventColon, .linkColon, .instrumentationColon,
    ]
    private static let scopes = KeywordTable(scopeKinds.map(\.text))

    /// A scope was scanned up to `offset`; the ones that end in a dot are followed by a name.
    private mutating func scopeToken(_ kind: TokenKind, _ start: Int) -> Token {
        let token = Token(kind: kind, start: start, end: offset, position: start)
        switch kind {
        case .traceColon, .spanColon, .eventColon, .linkColon, .instrumentationColon: insideParent = false
        case .dot: nameScope = (start, kind)
        case .parentDot:
            insideParent = true
            nameScope = (start, kind)
        default:
            insideParent = false
            nameScope = (start, kind)
        }
        return token
    }

    /// The longest operator. Tempo lets an operator grow while the longer text is an operator too; all of them are of at most
    /// three characters, and every front part but `&` is an operator itself.
    private mutating func scanOperator(_ start: Int) -> Token {
        let second = byte(start + 1)
        let third = byte(start + 2)
        let (kind, length): (TokenKind, Int)
        switch bytes[start] {
        case UInt8(ascii: ","): (kind, length) = (.comma, 1)
        case UInt8(ascii: "{"): (kind, length) = (.openBrace, 1)
        case UInt8(ascii: "}"): (kind, length) = (.closeBrace, 1)
        case UInt8(ascii: "("): (kind, length) = (.openParen, 1)
        case UInt8(ascii: ")"): (kind, length) = (.closeParen, 1)
        case UInt8(ascii: "+"): (kind, length) = (.plus, 1)
        case UInt8(ascii: "-"): (kind, length) = (.minus, 1)
        case UInt8(ascii: "/"): (kind, length) = (.slash, 1)
        case UInt8(ascii: "%"): (kind, length) = (.percent, 1)
        case UInt8(ascii: "*"): (kind, length) = (.star, 1)
        case UInt8(ascii: "^"): (kind, length) = (.caret, 1)
        case UInt8(ascii: "~"): (kind, length) = (.tilde, 1)
        case UInt8(ascii: "="): (kind, length) = second == UInt8(ascii: "~") ? (.regex, 2) : (.equal, 1)
        case UInt8(ascii: "|"): (kind, length) = second == UInt8(ascii: "|") ? (.or, 2) : (.pipe, 1)
        case UInt8(ascii: ">"):
            switch second {
            case UInt8(ascii: "="): (kind, length) = (.greaterOrEqual, 2)
            case UInt8(ascii: ">"): (kind, length) = (.descendant, 2)
            default: (kind, length) = (.greater, 1)
            }
        case UInt8(ascii: "<"):
            switch second {
            case UInt8(ascii: "="): (kind, length) = (.lessOrEqual, 2)
            case UInt8(ascii: "<"): (kind, length) = (.ancestor, 2)
            default: (kind, length) = (.less, 1)
            }
        case UInt8(ascii: "!"):
            switch second {
            case UInt8(ascii: "="): (kind, length) = (.notEqual, 2)
            case UInt8(ascii: "~"): (kind, length) = (.notRegex, 2)
            case UInt8(ascii: ">"):
                (kind, length) = third == UInt8(ascii: ">") ? (.notDescendant, 3) : (.notChild, 2)
            case UInt8(ascii: "<"):
                (kind, length) = third == UInt8(ascii: "<") ? (.notAncestor, 3) : (.notParent, 2)
            default: (kind, length) = (.not, 1)
            }
        case UInt8(ascii: "&"):
            switch second {
            case UInt8(ascii: "&"): (kind, length) = (.and, 2)
            case UInt8(ascii: "~"): (kind, length) = (.unionSibling, 2)
            case UInt8(ascii: ">"):
                (kind, length) = third == UInt8(ascii: ">") ? (.unionDescendant, 3) : (.unionChild, 2)
            case UInt8(ascii: "<"):
                (kind, length) = third == UInt8(ascii: "<") ? (.unionAncestor, 3) : (.unionParent, 2)
            default: (kind, length) = (.identifier, 1)
            }
        default: (kind, length) = (.identifier, 1)
        }
        return finish(kind, start, start + length)
    }

    // MARK: - Attribute names

    private mutating func scanName(after scope: (start: Int, kind: TokenKind)) -> Token {
        if insideParent && (scope.kind == .parentDot || scope.kind == .dot) {
            for kind in [TokenKind.spanDot, .resourceDot]
            where bytes[offset...].starts(with: kind.text.utf8) {
                let start = offset
                offset += kind.text.utf8.count
                insideParent = false
                nameScope = (scope.start, kind)
                return Token(kind: kind, start: start, end: offset, position: scope.start)
            }
        }
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                if let message = skipQuotedPart() { return fail(message, scope.start) }
            } else if byte >= 0x80 {
                let (scalar, length) = UTF8Check.decode(bytes, offset)
                guard !UTF8Check.isSpace(scalar) else { break }
                offset += max(1, length)
            } else {
                guard UTF8Check.isASCIINameByte(byte) else { break }
                offset += 1
            }
        }
        let kind: TokenKind = offset == start ? .endAttribute : .attributeName
        return Token(kind: kind, start: start, end: offset, position: scope.start)
    }

    /// Moves over `"..."` inside a name; gives the message when it is malformed.
    private mutating func skipQuotedPart() -> String? {
        offset += 1
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return nil
            case UInt8(ascii: "\\"):
                guard offset + 1 < bytes.count else { return #"unexpected EOF, expecting ""# }
                let escaped = bytes[offset + 1]
                guard escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    return "invalid escape sequence"
                }
                offset += 2
            default: offset += 1
            }
        }
        return #"unexpected EOF, expecting ""#
    }

    /// The name that a token of kind `.attributeName` spells: quotes and escapes removed.
    func name(of token: Token) -> [UInt8] {
        let raw = bytes[token.start..<token.end]
        guard raw.contains(UInt8(ascii: "\"")) else { return Array(raw) }
        var name: [UInt8] = []
        name.reserveCapacity(raw.count)
        var quoted = false
        var index = raw.startIndex
        while index < raw.endIndex {
            if raw[index] == UInt8(ascii: "\"") {
                quoted.toggle()
            } else {
                if quoted && raw[index] == UInt8(ascii: "\\") { index += 1 }
                name.append(raw[index])
            }
            index += 1
        }
        return name
    }
}
