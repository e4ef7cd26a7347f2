/// The target of a request line, split and decoded: what routing and parameter parsing read.
struct RequestTarget: Sendable, Equatable {
    /// The path as the client spelled it.
    let rawPath: String
    /// The path with its escapes decoded, cleaned. Routing looks at this one. Bytes that are no UTF-8 become U+FFFD.
    let path: String
    /// What follows the first `?`, undecoded; nil without a `?`.
    let rawQuery: String?

    /// What became of a target.
    enum Outcome: Sendable, Equatable {
        case target(RequestTarget)
        /// The path was not clean: answer 301 with this `Location` and no body.
        case redirect(location: String)
    }

    /// Reads origin form (`/api/search?q=x`) and absolute form (`http://host/api/search`).
    ///
    /// A path whose decoded form holds `//`, `/./` or `/../`, or ends in `/.` or `/..`, is not served but redirected to its
    /// cleaned form. As in Go's router the decoded path decides, so `a%2F%2Fb` redirects as well; the location is escaped
    /// anew, which keeps control characters out of the header.
    /// - Throws: status 400 for a bad escape, a control character, or any other form.
    static func parse(_ raw: String) throws(APIError) -> Outcome {
        guard !raw.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { throw .malformedTarget }
        let bytes = Array(raw.utf8)
        let origin = try originForm(bytes[...])
        let pathEnd = origin.firstIndex(of: UInt8(ascii: "?")) ?? origin.endIndex
        let rawPath = origin[..<pathEnd]
        let query = pathEnd == origin.endIndex ? nil : String(decoding: origin[pathEnd...].dropFirst(), as: UTF8.self)
        guard let decoded = PercentCoding.decode(rawPath, plusIsSpace: false) else { throw .malformedTarget }
        let cleaned = clean(decoded)
        guard cleaned == decoded else {
            let suffix = query.map { "?" + $0 } ?? ""
            return .redirect(location: PercentCoding.pathEscaped(cleaned) + suffix)
        }
        return .target(
            RequestTarget(
                rawPath: String(decoding: rawPath, as: UTF8.self), path: String(decoding: decoded, as: UTF8.self),
                rawQuery: query))
    }

    /// The target without scheme and authority.
    private static func originForm(_ bytes: ArraySlice<UInt8>) throws(APIError) -> ArraySlice<UInt8> {
        if bytes.first == UInt8(ascii: "/") || bytes.elementsEqual("*".utf8) { return bytes }
        for scheme in ["http://", "https://"] {
            let start = bytes.prefix(scheme.utf8.count)
            guard start.map({ $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }).elementsEqual(scheme.utf8) else { continue }
            let rest = bytes.dropFirst(scheme.utf8.count)
            let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            if authority.isEmpty { throw .malformedTarget }
            let local = rest.dropFirst(authority.count)
            return local.first == UInt8(ascii: "/") ? local : [UInt8(ascii: "/")] + local
        }
        throw .malformedTarget
    }

    /// The path without empty, `.` and `..` segments; a trailing slash stays.
    private static func clean(_ path: [UInt8]) -> [UInt8] {
        guard path.first == UInt8(ascii: "/") else { return path }
        // Nearly every path is clean already: nothing to do unless a slash is followed by a slash or a dot.
        let slash = UInt8(ascii: "/")
        guard zip(path, path.dropFirst()).contains(where: { $0 == slash && ($1 == slash || $1 == UInt8(ascii: ".")) })
        else { return path }
        var kept: [ArraySlice<UInt8>] = []
        for segment in path.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                _ = kept.popLast()
            } else {
                kept.append(segment)
            }
        }
        var cleaned: [UInt8] = []
        for segment in kept {
            cleaned.append(UInt8(ascii: "/"))
            cleaned.append(contentsOf: segment)
        }
        if cleaned.isEmpty || path.last == UInt8(ascii: "/") { cleaned.append(UInt8(ascii: "/")) }
        return cleaned
    }
}
