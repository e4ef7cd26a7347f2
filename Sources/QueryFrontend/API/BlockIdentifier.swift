/// A block id: a UUID in one of the four spellings that clients use.
struct BlockIdentifier: Sendable, Hashable {
    /// The 16 bytes.
    let bytes: [UInt8]

    /// Reads 36 characters with dashes, 32 digits, `{...}` or `urn:uuid:...`.
    init(parsing text: [UInt8]) throws(GrammarError) {
        let invalid = GrammarError(message: "invalid UUID format")
        var body = text[...]
        switch text.count {
        case 36: break
        case 45:
            let prefix = text.prefix(9)
            guard prefix.map({ $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }).elementsEqual("urn:uuid:".utf8) else {
                throw GrammarError(message: "invalid urn prefix: \(GoQuotedText.quote(Array(prefix)))")
            }
            body = text.dropFirst(9)
        case 38:
            // The first and last characters are not looked at, as in the library that Tempo uses.
            body = text.dropFirst().dropLast()
        case 32:
            guard let bytes = Self.decode(Array(body)) else { throw invalid }
            self.bytes = bytes
            return
        default:
            throw GrammarError(message: "invalid UUID length: \(text.count)")
        }
        let spelled = Array(body)
        guard [8, 13, 18, 23].allSatisfy({ spelled[$0] == UInt8(ascii: "-") }) else { throw invalid }
        let digits = spelled.indices.filter { ![8, 13, 18, 23].contains($0) }.map { spelled[$0] }
        guard let bytes = Self.decode(digits) else { throw invalid }
        self.bytes = bytes
    }

    private static func decode(_ digits: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let high = PercentCoding.nibble(digits[index]), let low = PercentCoding.nibble(digits[index + 1])
            else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
