/// Parses patterns in the syntax of RE2 as Go's regexp package has it.
struct RegexParser {
    typealias Failure = RegularExpression.Failure

    struct Flags {
        var foldCase = false
        var multiLine = false
        var dotMatchesLineFeed = false
    }

    /// The pattern as scalars.
    private let runes: [UInt32]
    private var index = 0
    private(set) var flags: Flags
    private var depth = 0
    private var namedClasses: [NamedClass: RuneSet] = [:]

    private struct NamedClass: Hashable {
        var name: String
        var isFolded: Bool
        var isNegated: Bool
    }

    /// How deep groups may nest; Go's package stops at 1000.
    private static let maxDepth = 200
    private static let maxRepeat = 1000

    init(utf8 pattern: [UInt8], dotMatchesLineFeed: Bool) throws(Failure) {
        var runes: [UInt32] = []
        runes.reserveCapacity(pattern.count)
        var position = 0
        while position < pattern.count {
            let (scalar, length) = UTF8Check.decode(pattern, position)
            guard length > 0 else { throw Failure("invalid UTF-8") }
            runes.append(scalar.value)
            position += length
        }
        self.runes = runes
        flags = Flags(dotMatchesLineFeed: dotMatchesLineFeed)
    }

    mutating func parse() throws(Failure) -> RegexNode {
        let node = try parseAlternation()
        guard index == runes.count else { throw Failure("unexpected )") }
        guard node.repeatsWithin(Self.maxRepeat) else { throw Failure("invalid repeat count") }
        return node
    }

    // MARK: - Reading

    private func at(_ character: Unicode.Scalar, _ offset: Int = 0) -> Bool {
        index + offset < runes.count && runes[index + offset] == character.value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard at(character) else { return false }
        index += 1
        return true
    }

    private func text(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(runes[range].compactMap(Unicode.Scalar.init)))
    }

    // MARK: - Alternation, concatenation, repetition

    /// Branches up to a closing parenthesis or the end.
    private mutating func parseAlternation() throws(Failure) -> RegexNode {
        var branches: [RegexNode] = []
        repeat { branches.append(try parseConcatenation()) } while take("|")
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func parseConcatenation() throws(Failure) -> RegexNode {
        var nodes: [RegexNode] = []
        var afterRepeat = false
        while index < runes.count, !at("|"), !at(")") {
            if let (min, max) = try parseRepeat() {
                guard let last = nodes.popLast() else { throw Failure("missing argument to repetition operator") }
                guard !afterRepeat else { throw Failure("invalid nested repetition operator") }
                nodes.append(.repetition(last, min: min, max: max))
                afterRepeat = true
                continue
            }
            afterRepeat = false
            if at("\\") && at("Q", 1) {
                // One node a character, so that a repetition behind it takes the last one only.
                parseQuoted(into: &nodes)
            } else if let node = try parseAtom() {
                nodes.append(node)
            }
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .concatenation(nodes)
    }

    /// `*`, `+`, `?` or `{n,m}` with an optional `?`; nil when none comes, which a brace that counts nothing is too.
    private mutating func parseRepeat() throws(Failure) -> (min: Int, max: Int?)? {
        let bounds: (min: Int, max: Int?)
        if take("*") {
            bounds = (0, nil)
        } else if take("+") {
            bounds = (1, nil)
        } else if take("?") {
            bounds = (0, 1)
        } else if at("{"), let (counted, end) = scanCount() {
            guard counted.min <= Self.maxRepeat, (counted.max ?? 0) <= Self.maxRepeat,
                counted.max.map({ $0 >= counted.min }) ?? true
            else { throw Failure("invalid repeat count") }
            bounds = counted
            index = end
        } else {
            return nil
        }
        _ = take("?")
        return bounds
    }

    /// `{n}`, `{n,}` or `{n,m}` at the index.
    private func scanCount() -> (bounds: (min: Int, max: Int?), end: Int)? {
        var position = index + 1
        func number() -> Int? {
            let start = position
            var value = 0
            while position < runes.count, (0x30...0x39).contains(runes[position]) {
                value = min(value * 10 + Int(runes[position] - 0x30), 1_000_000)
                position += 1
            }
            // Leading zeros make it no count.
            if position == start || (position - start > 1 && runes[start] == 0x30) { return nil }
            return value
        }
        guard let least = number(), position < runes.count else { return nil }
        var most: Int? = least
        if runes[position] == 0x2C {
            position += 1
            guard position < runes.count else { return nil }
            if runes[position] == 0x7D {
                most = nil
            } else {
                guard let value = number() else { return nil }
                most = value
            }
        }
        guard position < runes.count, runes[position] == 0x7D else { return nil }
        return ((least, most), position + 1)
    }

    // MARK: - Atoms

    /// Nil for what only sets flags.
    private mutating func parseAtom() throws(Failure) -> RegexNode? {
        if at("(") { return try parseGroup() }
        if at("[") {
            index += 1
            return .set(try parseClass())
        }
        if take(".") { return .set(flags.dotMatchesLineFeed ? .all : .allButLineFeed) }
        if take("^") { return .assertion(flags.multiLine ? .lineStart : .textStart) }
        if take("$") { return .assertion(flags.multiLine ? .lineEnd : .textEnd) }
        if at("\\") { return try parseBackslash() }
        let rune = runes[index]
        index += 1
        return .set(literal(rune))
    }

    private func literal(_ rune: UInt32) -> RuneSet {
        let set = RuneSet(rune)
        return flags.foldCase ? set.foldingCase : set
    }

    private mutating func parseGroup() throws(Failure) -> RegexNode? {
        index += 1
        let outer = flags
        if at("?") {
            if at("P", 1) && at("<", 2) {
                index += 3
                try parseGroupName()
            } else if at("<", 1) {
                index += 2
                try parseGroupName()
            } else {
                index += 1
                guard try parseFlags() else { return nil }
            }
        }
        depth += 1
        guard depth <= Self.maxDepth else {
            throw Failure("groups nest deeper than \(Self.maxDepth) levels", isUnsupported: true)
        }
        let node = try parseAlternation()
        depth -= 1
        guard take(")") else { throw Failure("missing closing )") }
        flags = outer
        return node
    }

    private mutating func parseGroupName() throws(Failure) {
        let start = index
        while index < runes.count, ASCIIClass.word.contains(runes[index]) { index += 1 }
        guard index > start, at(">") else { throw Failure("invalid named capture") }
        index += 1
    }

    /// The letters after `(?`. True when a group follows a colon, false when the flags hold for the rest of the group.
    private mutating func parseFlags() throws(Failure) -> Bool {
        var negative = false
        var sawFlag = false
        while index < runes.count {
            let rune = Unicode.Scalar(runes[index])
            index += 1
            switch rune {
            case "i": flags.foldCase = !negative
            case "m": flags.multiLine = !negative
            case "s": flags.dotMatchesLineFeed = !negative
            case "U": break  // Greediness does not change what matches.
            case "-":
                guard !negative else { throw Failure("invalid or unsupported Perl syntax") }
                negative = true
                sawFlag = false
                continue
            case ":", ")":
                guard !negative || sawFlag else { throw Failure("invalid or unsupported Perl syntax") }
                return rune == ":"
            default: throw Failure("invalid or unsupported Perl syntax")
            }
            sawFlag = true
        }
        throw Failure("missing closing )")
    }

    private mutating func parseBackslash() throws(Failure) -> RegexNode {
        guard index + 1 < runes.count else { throw Failure("trailing backslash at end of expression") }
        switch Unicode.Scalar(runes[index + 1]) {
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.notWordBoundary)
        default:
            if let set = try parseClassEscape() { return .set(set) }
            return .set(literal(try parseEscape()))
        }
    }

    /// `\Q...\E`; the end of the pattern closes it too.
    private mutating func parseQuoted(into nodes: inout [RegexNode]) {
        index += 2
        while index < runes.count && !(at("\\") && at("E", 1)) {
            nodes.append(.set(literal(runes[index])))
            index += 1
        }
        index = min(index + 2, runes.count)
    }

    private mutating func assertion(_ assertion: RegexAssertion) -> RegexNode {
        index += 2
        return .assertion(assertion)
    }
}

// MARK: - Classes and escapes

extension RegexParser {
    /// `[...]` after the opening bracket.
    private mutating func parseClass() throws(Failure) -> RuneSet {
        let negated = take("^")
        // Classes inside were folded before they were negated; single characters and ranges are folded together at the end.
        var classes: [ClosedRange<UInt32>] = []
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while isFirst || !at("]") {
            guard index < runes.count else { throw Failure("missing closing ]") }
            isFirst = false
            if at("["), at(":", 1), let set = try parsePosixClass() {
                classes += set.ranges
                continue
            }
            if at("\\"), let set = try parseClassEscape() {
                classes += set.ranges
                continue
            }
            let low = try parseClassCharacter()
            var high = low
            if at("-"), index + 1 < runes.count, !at("]", 1) {
                index += 1
                high = try parseClassCharacter()
                guard high >= low else { throw Failure("invalid character class range") }
            }
            ranges.append(low...high)
        }
        index += 1
        let plain = RuneSet(ranges)
        let set = RuneSet(classes + (flags.foldCase ? plain.foldingCase : plain).ranges)
        return negated ? set.inverted : set
    }

    private mutating func parseClassCharacter() throws(Failure) -> UInt32 {
        guard index < runes.count else { throw Failure("missing closing ]") }
        if at("\\") { return try parseEscape() }
        let rune = runes[index]
        index += 1
        return rune
    }

    /// `[:name:]` or `[:^name:]`; nil when no `:]` follows, so that the bracket is a character.
    private mutating func parsePosixClass() throws(Failure) -> RuneSet? {
        var end = index + 2
        while end + 1 < runes.count, !(runes[end] == 0x3A && runes[end + 1] == 0x5D) { end += 1 }
        guard end + 1 < runes.count else { return nil }
        var start = index + 2
        let negated = start < end && runes[start] == 0x5E
        if negated { start += 1 }
        guard let set = ASCIIClass.posix(text(start..<end)) else { throw Failure("invalid character class range") }
        let name = text(start..<end)
        index = end + 2
        return finish(set, name, negated: negated)
    }

    /// `\d \s \w`, their negations, and `\p...`; nil when another escape comes.
    private mutating func parseClassEscape() throws(Failure) -> RuneSet? {
        guard index + 1 < runes.count else { return nil }
        let letter = Unicode.Scalar(runes[index + 1])
        switch letter {
        case "d", "D":
            index += 2
            return finish(ASCIIClass.digit, "\\d", negated: letter == "D")
        case "s", "S":
            index += 2
            return finish(ASCIIClass.space, "\\s", negated: letter == "S")
        case "w", "W":
            index += 2
            return finish(ASCIIClass.word, "\\w", negated: letter == "W")
        case "p", "P":
            index += 2
            var negated = letter == "P"
            guard index < runes.count else { throw Failure("invalid character class range") }
            var name: Range<Int>
            if at("{") {
                var end = index + 1
                while end < runes.count, runes[end] != 0x7D { end += 1 }
                guard end < runes.count else { throw Failure("invalid character class range") }
                name = (index + 1)..<end
                index = end + 1
            } else {
                name = index..<(index + 1)
                index += 1
            }
            if !name.isEmpty && runes[name.lowerBound] == 0x5E {
                negated.toggle()
                name = (name.lowerBound + 1)..<name.upperBound
            }
            guard name.count <= 64 else { throw Failure("invalid character class range") }
            let key = "p" + text(name)
            if let known = finished(key, negated: negated) { return known }
            guard let set = UnicodeClass.named(text(name)) else { throw Failure("invalid character class range") }
            return finish(set, key, negated: negated)
        default: return nil
        }
    }

    /// Folds and negates a named class. Remembered by name, because patterns may repeat one thousands of times.
    private mutating func finish(_ set: RuneSet, _ name: String, negated: Bool) -> RuneSet {
        if let known = finished(name, negated: negated) { return known }
        let folded = flags.foldCase ? set.foldingCase : set
        let result = negated ? folded.inverted : folded
        namedClasses[NamedClass(name: name, isFolded: flags.foldCase, isNegated: negated)] = result
        return result
    }

    private func finished(_ name: String, negated: Bool) -> RuneSet? {
        namedClasses[NamedClass(name: name, isFolded: flags.foldCase, isNegated: negated)]
    }

    /// A backslash and what stands for one character.
    private mutating func parseEscape() throws(Failure) -> UInt32 {
        index += 1
        guard index < runes.count else { throw Failure("trailing backslash at end of expression") }
        let rune = runes[index]
        index += 1
        switch Unicode.Scalar(rune) {
        case "a": return 0x07
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "0", "1", "2", "3", "4", "5", "6", "7":
            // A single digit other than zero would be a reference to a group, which does not exist here.
            guard rune == 0x30 || isOctalDigit() else { break }
            var value = rune - 0x30
            var digits = 1
            while digits < 3 && isOctalDigit() {
                value = value * 8 + runes[index] - 0x30
                index += 1
                digits += 1
            }
            return value
        case "x": return try parseHexEscape()
        default:
            let isWord = rune < 0x80 && ASCIIClass.word.contains(rune) && rune != 0x5F
            if rune < 0x80 && !isWord { return rune }
        }
        throw Failure("invalid escape sequence")
    }

    private func isOctalDigit() -> Bool { index < runes.count && (0x30...0x37).contains(runes[index]) }

    private mutating func parseHexEscape() throws(Failure) -> UInt32 {
        let failure = Failure("invalid escape sequence")
        func digit(_ position: Int) -> UInt32? {
            guard position < runes.count, runes[position] < 0x80 else { return nil }
            return Lexer.hexValue(UInt8(runes[position])).map(UInt32.init)
        }
        guard take("{") else {
            guard let high = digit(index), let low = digit(index + 1) else { throw failure }
            index += 2
            return high * 16 + low
        }
        var value: UInt32 = 0
        var count = 0
        while let next = digit(index) {
            value = value * 16 + next
            guard value <= RuneSet.maxRune else { throw failure }
            index += 1
            count += 1
        }
        guard count > 0, take("}") else { throw failure }
        return value
    }
}
