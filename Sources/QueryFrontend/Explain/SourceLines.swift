import TraceQL

/// Lines and columns of the byte offsets of a text, both from 1; columns count characters as TraceQL's errors do.
struct SourceLines {
    private let bytes: [UInt8]
    /// The offset at which each line begins.
    private let starts: [Int]
    /// How many characters begin before each offset.
    private let characters: [Int32]

    /// Takes time and memory linear in the text.
    init(_ bytes: [UInt8]) {
        var starts = [0]
        var characters: [Int32] = []
        characters.reserveCapacity(bytes.count + 1)
        var count: Int32 = 0
        for (offset, byte) in bytes.enumerated() {
            characters.append(count)
            // Bytes that continue a character of UTF-8 do not count.
            if byte & 0xC0 != 0x80 { count &+= 1 }
            if byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
        }
        characters.append(count)
        self.bytes = bytes
        self.starts = starts
        self.characters = characters
    }

    /// Where an offset stands; one outside the text is moved to its nearest end.
    func position(of offset: Int) -> (line: Int, column: Int) {
        let offset = clamped(offset)
        let line = lineIndex(of: offset)
        return (line + 1, Int(characters[offset] - characters[starts[line]]) + 1)
    }

    /// Characters shown on each side of the place at most.
    private static let reach = 70

    /// The line in which a range begins and a second one with `^` under its first character and `~` under the others. A
    /// long line is cut around the place; what would drive a terminal is shown as U+FFFD.
    func pointer(to range: SourceRange) -> String {
        let start = clamped(range.lowerBound)
        let line = lineIndex(of: start)
        let lineEnd = line + 1 < starts.count ? starts[line + 1] - 1 : bytes.count
        let end = min(max(start, clamped(range.upperBound)), max(start, lineEnd))
        let before = Self.scalars(bytes[starts[line]..<start])
        let after = Self.scalars(bytes[start..<max(start, lineEnd)])

        let isCutBefore = before.count > Self.reach
        let isCutAfter = after.count > Self.reach
        let shownBefore = (isCutBefore ? Array("...".unicodeScalars) : []) + before.suffix(Self.reach)
        let shownAfter = after.prefix(Self.reach)
        var text = String(String.UnicodeScalarView(shownBefore + shownAfter)) + (isCutAfter ? "..." : "") + "\n"
        for scalar in shownBefore { text += scalar == "\t" ? "\t" : " " }
        let marked = min(Int(characters[end] - characters[start]), shownAfter.count)
        return text + "^" + String(repeating: "~", count: max(0, marked - 1))
    }

    /// The text of a range on one line, cut after some characters.
    func excerpt(_ range: SourceRange) -> String {
        let start = clamped(range.lowerBound)
        // Four bytes make a character at most, and one more shows whether there is more.
        let end = min(max(start, clamped(range.upperBound)), start + 4 * (Self.reach + 1))
        let scalars = Self.scalars(bytes[start..<end]).map { $0 == "\t" ? " " : $0 }
        let isCut = scalars.count > Self.reach
        return String(String.UnicodeScalarView(scalars.prefix(Self.reach))) + (isCut ? "..." : "")
    }

    private func clamped(_ offset: Int) -> Int { min(max(0, offset), bytes.count) }

    /// By bisection: a query may have as many lines as bytes, and many places to be found.
    private func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    private static func scalars(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        if scalars.last == "\r" { scalars.removeLast() }
        return scalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t": scalar
            case .control where scalar == "\n" || scalar == "\r": " "
            case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
            default: scalar
            }
        }
    }
}
