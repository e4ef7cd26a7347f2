import HTTPTransport

/// What header fields may hold (RFC 9110 section 5), and which of them a configuration may not name.
enum HeaderSyntax {
    /// True for a token of at most 256 bytes.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && text.utf8.allSatisfy(ASCII.isToken)
    }

    /// True for visible bytes, blanks and tabs, at most 8192 of them.
    static func isValue(_ text: String) -> Bool {
        text.utf8.count <= 8192 && text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }

    /// Fields that frame a message, hold for one connection, or are set by the frontend itself.
    private static let reserved: Set<String> = [
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "keep-alive",
        "te", "trailer", "upgrade", "proxy-connection", "expect", "accept", "accept-encoding",
        "range", "if-range", "x-scope-orgid",
    ]

    /// True for a field that neither `headers` of a target nor `allowed_headers` may name.
    static func isReserved(_ name: String) -> Bool { reserved.contains(name.lowercased()) }

    /// True for a field of a client that stays with this server: it is reserved, speaks of the connection's two ends, or is a
    /// credential for this hop alone.
    static func isKeptFromTargets(_ name: String) -> Bool {
        isReserved(name) || ["user-agent", "proxy-authorization"].contains(name.lowercased())
    }
}
