extension YAMLScanner {
    /// Line breaks met between two words: the first of them folds into a blank unless more follow.
    private struct Gap {
        var blanks: [UInt8] = []
        /// A line break was met, or escaped away.
        var hasBreak = false
        /// The first break was a real one, which folds.
        var folds = false
        /// Breaks after the first.
        var extraBreaks = 0

        mutating func addBreak() {
            if hasBreak {
                extraBreaks += 1
            } else {
                blanks = []
                hasBreak = true
                folds = true
            }
        }

        mutating func flush(into text: inout [UInt8]) {
            if !hasBreak {
                text.append(contentsOf: blanks)
            } else if folds, extraBreaks == 0 {
                text.append(UInt8(ascii: " "))
            } else {
                text.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: extraBreaks))
            }
            self = Gap()
        }
    }

    /// An unquoted scalar, which may go on over lines that are indented deeper than the block around it.
    mutating func scanPlain() throws(YAMLError) {
        let start = mark
        var text: [UInt8] = []
        var gap = Gap()
        while true {
            if isAtDocumentIndicator || peek() == UInt8(ascii: "#") { break }
            while !isBlankOrEnd(), !endsPlain() {
                gap.flush(into: &text)
                text.append(peek())
                advance()
            }
            guard isBlank() || peek() == UInt8(ascii: "\n") else { break }
            while isBlank() || peek() == UInt8(ascii: "\n") {
                if peek() == UInt8(ascii: "\n") {
                    gap.addBreak()
                } else if !gap.hasBreak {
                    gap.blanks.append(peek())
                } else if peek() == UInt8(ascii: "\t"), flowDepth == 0, column <= indent, isIndentation {
                    throw YAMLError("found a tab character that violates indentation", at: mark)
                }
                advance()
            }
            if flowDepth == 0, column <= indent { break }
        }
        if gap.hasBreak { isKeyAllowed = true }
        append(.scalar(String(decoding: text, as: UTF8.self), .plain), at: start)
    }

    private func endsPlain() -> Bool {
        let byte = peek()
        if byte == UInt8(ascii: ":") {
            return isBlankOrEnd(1) || (flowDepth > 0 && YAMLScanner.isFlowIndicator(peek(1)))
        }
        return flowDepth > 0 && YAMLScanner.isFlowIndicator(byte)
    }

    private static func isFlowIndicator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"): true
        default: false
        }
    }

    /// A scalar in single or double quotes.
    mutating func scanQuoted(quote: UInt8) throws(YAMLError) {
        let start = mark
        let isDouble = quote == UInt8(ascii: "\"")
        var text: [UInt8] = []
        var gap = Gap()
        advance()
        scan: while true {
            if isAtDocumentIndicator { throw YAMLError("found unexpected document indicator", at: mark) }
            guard position < bytes.count else { throw YAMLError("found unexpected end of stream", at: start) }
            let byte = peek()
            switch byte {
            case UInt8(ascii: "\n"):
                gap.addBreak()
                advance()
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                if !gap.hasBreak { gap.blanks.append(byte) }
                advance()
            case quote:
                gap.flush(into: &text)
                if !isDouble, peek(1) == quote {
                    text.append(quote)
                    advance(by: 2)
                } else {
                    advance()
                    break scan
                }
            case UInt8(ascii: "\\") where isDouble:
                gap.flush(into: &text)
                if peek(1) == UInt8(ascii: "\n") {
                    advance(by: 2)
                    gap.hasBreak = true
                } else {
                    try scanEscape(into: &text)
                }
            default:
                gap.flush(into: &text)
                text.append(byte)
                advance()
            }
        }
        let style: YAMLNode.Style = isDouble ? .doubleQuoted : .singleQuoted
        append(.scalar(String(decoding: text, as: UTF8.self), style), at: start)
    }

    private mutating func scanEscape(into text: inout [UInt8]) throws(YAMLError) {
        let start = mark
        let digits: Int
        switch peek(1) {
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default:
            guard let scalar = YAMLScanner.namedEscape(peek(1)) else {
                throw YAMLError("found unknown escape character", at: start)
            }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
            advance(by: 2)
            return
        }
        advance(by: 2)
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = YAMLScanner.hexDigit(peek()) else {
                throw YAMLError("did not find expected hexdecimal number", at: start)
            }
            // At most eight digits: fits 32 bits.
            value = value << 4 | digit
            advance()
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw YAMLError("found invalid Unicode character escape code", at: start)
        }
        text.append(contentsOf: Array(String(Character(scalar)).utf8))
    }

    private static func namedEscape(_ byte: UInt8) -> Unicode.Scalar? {
        switch byte {
        case UInt8(ascii: "0"): "\0"
        case UInt8(ascii: "a"): "\u{07}"
        case UInt8(ascii: "b"): "\u{08}"
        case UInt8(ascii: "t"), UInt8(ascii: "\t"): "\t"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "v"): "\u{0B}"
        case UInt8(ascii: "f"): "\u{0C}"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "e"): "\u{1B}"
        case UInt8(ascii: " "): " "
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "N"): "\u{85}"
        case UInt8(ascii: "_"): "\u{A0}"
        case UInt8(ascii: "L"): "\u{2028}"
        case UInt8(ascii: "P"): "\u{2029}"
        default: nil
        }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    // MARK: Block scalars

    private enum Chomping {
        case strip, clip, keep
    }

    /// A literal (`|`) or folded (`>`) scalar.
    mutating func scanBlockScalar(isFolded: Bool) throws(YAMLError) {
        let start = mark
        advance()
        let (chomping, increment) = try scanBlockHeader()
        var contentIndent = increment.map { max(indent, 0) + $0 } ?? 0
        var text: [UInt8] = []
        var hasBreak = false
        var emptyLines = try scanEmptyLines(contentIndent: &contentIndent)
        var wasBlankLine = false
        while column == contentIndent, position < bytes.count {
            let isBlankLine = isBlank()
            if isFolded, hasBreak, !wasBlankLine, !isBlankLine {
                if emptyLines == 0 { text.append(UInt8(ascii: " ")) }
            } else if hasBreak {
                text.append(UInt8(ascii: "\n"))
            }
            text.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: emptyLines))
            wasBlankLine = isBlankLine
            while peek() != UInt8(ascii: "\n"), position < bytes.count {
                text.append(peek())
                advance()
            }
            hasBreak = peek() == UInt8(ascii: "\n")
            if hasBreak { advance() }
            emptyLines = try scanEmptyLines(contentIndent: &contentIndent)
        }
        if chomping != .strip, hasBreak { text.append(UInt8(ascii: "\n")) }
        if chomping == .keep { text.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: emptyLines)) }
        append(.scalar(String(decoding: text, as: UTF8.self), isFolded ? .folded : .literal), at: start)
    }

    /// The rest of the line after `|` or `>`: chomping and indentation indicators, in either order.
    private mutating func scanBlockHeader() throws(YAMLError) -> (Chomping, Int?) {
        var chomping: Chomping?
        var increment: Int?
        while true {
            let byte = peek()
            if chomping == nil, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
                chomping = byte == UInt8(ascii: "+") ? .keep : .strip
            } else if increment == nil, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                guard byte != UInt8(ascii: "0") else {
                    throw YAMLError("found an indentation indicator equal to 0", at: mark)
                }
                increment = Int(byte - UInt8(ascii: "0"))
            } else {
                break
            }
            advance()
        }
        let hadBlank = isBlank()
        while isBlank() { advance() }
        if peek() == UInt8(ascii: "#"), hadBlank {
            while peek() != UInt8(ascii: "\n"), position < bytes.count { advance() }
        }
        guard peek() == UInt8(ascii: "\n") || position >= bytes.count else {
            throw YAMLError("did not find expected comment or line break", at: mark)
        }
        advance()
        return (chomping ?? .clip, increment)
    }

    /// Skips indentation and counts empty lines. Finds the indentation of the scalar when `contentIndent` is 0.
    private mutating func scanEmptyLines(contentIndent: inout Int) throws(YAMLError) -> Int {
        var breaks = 0
        var widest = 0
        while true {
            while contentIndent == 0 || column < contentIndent, peek() == UInt8(ascii: " ") { advance() }
            widest = max(widest, column)
            let least = contentIndent == 0 ? max(indent + 1, 1) : contentIndent
            if column < least, peek() == UInt8(ascii: "\t"), isIndentation {
                throw YAMLError("found a tab character where an indentation space is expected", at: mark)
            }
            guard peek() == UInt8(ascii: "\n") else { break }
            breaks += 1
            advance()
        }
        if contentIndent == 0 { contentIndent = max(widest, indent + 1, 1) }
        return breaks
    }
}
