/// Reads a stated subset of YAML into a tree, with the scalar rules of YAML 1.1 that Tempo's parser follows.
///
/// **Read:** block and flow mappings and sequences; plain, single-quoted and double-quoted scalars over one or several
/// lines, with all escapes of double quotes; literal `|` and folded `>` scalars with chomping and indentation indicators;
/// comments; anchors, aliases and merge keys (`<<`), whose expansion is bounded; `---`, `...` and `%YAML 1.x`;
/// the tags `!!str`, `!!int`, `!!bool`, `!!float` and `!!null`. Only the first document counts.
///
/// **Refused:** tabs as indentation, complex keys (`? `), collections as keys, other tags and directives, control
/// characters, invalid UTF-8, a surrogate in an escape, and whatever is beyond ``YAMLLimits``.
///
/// Line breaks are LF, CR LF or CR; a byte order mark is skipped. A key that comes twice is kept once and noted in
/// ``YAMLNode/Mapping/duplicates``, for the decoder to refuse by the words of the block that it stands in.
enum YAMLReader {
    /// The root node, or nil for a text without one.
    static func parse(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> YAMLNode? {
        guard bytes.count <= limits.maxBytes else {
            throw YAMLError("longer than \(limits.maxBytes) bytes", at: YAMLMark(line: 1, column: 1))
        }
        var scanner = YAMLScanner(bytes: try normalized(bytes), limits: limits)
        var composer = YAMLComposer(tokens: scanner.scan(), limits: limits)
        return try composer.composeDocument()
    }

    /// Valid UTF-8 without control characters, with LF as the only line break.
    private static func normalized(_ bytes: [UInt8]) throws(YAMLError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var mark = YAMLMark(line: 1, column: 1)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var wasCarriageReturn = false
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: return result
            case .error: throw YAMLError("invalid UTF-8", at: mark)
            case .valid(let encoded):
                let value = UTF8.decode(encoded).value
                let isSecondHalf = wasCarriageReturn && value == 0x0A
                wasCarriageReturn = value == 0x0D
                if isSecondHalf { continue }
                if value == 0xFEFF, result.isEmpty, mark.column == 1, mark.line == 1 { continue }
                if value == 0x0A || value == 0x0D {
                    result.append(0x0A)
                    mark = YAMLMark(line: mark.line + 1, column: 1)
                    continue
                }
                guard (value >= 0x20 && value != 0x7F) || value == 0x09, !(0x80...0x84).contains(value),
                    !(0x86...0x9F).contains(value), value != 0xFEFF, value != 0xFFFE, value != 0xFFFF
                else { throw YAMLError("control characters are not allowed", at: mark) }
                result.append(contentsOf: encoded)
                mark.column += 1
            }
        }
    }
}
