/// Reads `Accept-Encoding` (RFC 9110 section 12.5.3).
enum AcceptEncoding {
    /// Whether gzip may be sent: it is named with a weight above 0, or not named and `*` is. No field: no.
    static func allowsGzip(_ fields: HTTPFields) -> Bool {
        var gzip: Bool?
        var any: Bool?
        for value in fields.bytes("Accept-Encoding") {
            for item in value.split(separator: UInt8(ascii: ",")) {
                let parts = item.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(trimmed)
                guard let name = parts.first else { continue }
                let isAllowed = !parts.dropFirst().contains { isZeroWeight($0) }
                if equal(name, "gzip") || equal(name, "x-gzip") { gzip = (gzip ?? false) || isAllowed }
                if equal(name, "*") { any = (any ?? false) || isAllowed }
            }
        }
        return gzip ?? any ?? false
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, ASCII.isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, ASCII.isBlank(last) { bytes.removeLast() }
        return bytes
    }

    private static func equal(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        bytes.withUnsafeBytes { ASCII.equal($0, text) }
    }

    /// `q=0`, `q=0.`, `q=0.000`; a weight that cannot be read counts as 0 too.
    private static func isZeroWeight(_ parameter: ArraySlice<UInt8>) -> Bool {
        guard parameter.count >= 2, ASCII.lowercased(parameter[parameter.startIndex]) == UInt8(ascii: "q"),
            parameter[parameter.startIndex + 1] == UInt8(ascii: "=")
        else { return false }
        let weight = parameter.dropFirst(2)
        guard weight.allSatisfy({ ASCII.isDigit($0) || $0 == 0x2E }) else { return true }
        return !weight.contains { (0x31...0x39).contains($0) }
    }
}
