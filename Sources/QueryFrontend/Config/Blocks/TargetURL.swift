/// The address of a target: `http://host[:port][/prefix]`, or `https://` for TLS.
///
/// Credentials in the URL, a query and a fragment are refused, so that printing it shows nothing secret.
public struct TargetURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether the scheme is `https`.
    public let isSecure: Bool
    /// The host name or address, an IPv6 address without brackets.
    public let host: String
    /// The port; when the URL names none 80, for `https` 443.
    public let port: Int
    /// What stands before `/api/...`: empty, or starts with `/` and does not end with one.
    public let pathPrefix: String

    /// Why a text is not an address of a target. The message never repeats the text, which may hold a credential.
    public struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        /// The reason, lowercase.
        public let description: String
    }

    /// The host and port as they stand in a Host header.
    public var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[" + host + "]" : host
        return port == (isSecure ? 443 : 80) ? name : name + ":\(port)"
    }

    /// The default name of a target: host, port and prefix.
    public var display: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[" + host + "]" : host
        return name + ":\(port)" + pathPrefix
    }

    /// The URL.
    public var description: String { scheme + "://" + authority + pathPrefix }

    /// `http` or `https`.
    public var scheme: String { isSecure ? "https" : "http" }

    /// Stands in while a target without a usable URL is checked further; no real URL has an empty host.
    static let placeholder = TargetURL(isSecure: false, host: "", port: 0, pathPrefix: "")

    private init(isSecure: Bool, host: String, port: Int, pathPrefix: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
    }

    /// Reads a URL.
    /// - Throws: ``Invalid`` for another scheme than `http` and `https`, credentials, a query, a fragment, a bad host, port or path.
    public init(_ text: String) throws(Invalid) {
        var rest = Array(text.utf8)[...]
        guard rest.count <= 2048 else { throw Invalid(description: "url is longer than 2048 bytes") }
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
            rest[colon...].starts(with: Array("://".utf8))
        else { throw Invalid(description: "url must start with http:// or https://") }
        switch String(decoding: rest[..<colon], as: UTF8.self).lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: throw Invalid(description: "url must start with http:// or https://")
        }
        rest = rest[(colon + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        let path = rest[(end ?? rest.endIndex)...]
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Invalid(description: "url must not hold credentials; use basic_auth")
        }
        (host, port) = try TargetURL.parseAuthority(authority, defaultPort: isSecure ? 443 : 80)
        pathPrefix = try TargetURL.parsePath(path)
    }

    /// Whether a text is a host name or an address, an IPv6 one without brackets.
    static func isHost(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let isAddress = bytes.contains(UInt8(ascii: ":"))
        return !bytes.isEmpty && bytes.count <= 253 && bytes.first != UInt8(ascii: ".")
            && bytes.allSatisfy { isHostByte($0, isBracketed: isAddress) }
    }

    private static func isHostByte(_ byte: UInt8, isBracketed: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        case UInt8(ascii: ":"): isBracketed
        default: false
        }
    }

    private static func parseAuthority(
        _ bytes: ArraySlice<UInt8>, defaultPort: Int
    ) throws(Invalid) -> (String, Int) {
        var hostBytes = bytes
        var portBytes: ArraySlice<UInt8>?
        var isBracketed = false
        if bytes.first == UInt8(ascii: "[") {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else {
                throw Invalid(description: "url has a bad host")
            }
            isBracketed = true
            hostBytes = bytes[(bytes.startIndex + 1)..<close]
            let after = bytes[(close + 1)...]
            if let first = after.first {
                guard first == UInt8(ascii: ":") else { throw Invalid(description: "url has a bad host") }
                portBytes = after.dropFirst()
            }
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            hostBytes = bytes[..<colon]
            portBytes = bytes[(colon + 1)...]
        }
        let isHost = hostBytes.allSatisfy { isHostByte($0, isBracketed: isBracketed) }
        guard isHost, !hostBytes.isEmpty, hostBytes.count <= 253, hostBytes.first != UInt8(ascii: ".") else {
            throw Invalid(description: "url has no host, or a bad one")
        }
        guard let portBytes else { return (String(decoding: hostBytes, as: UTF8.self), defaultPort) }
        guard !portBytes.isEmpty, portBytes.count <= 5,
            portBytes.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let port = Int(String(decoding: portBytes, as: UTF8.self)), port >= 1, port <= 65535
        else { throw Invalid(description: "url has a bad port; 1 to 65535 is possible") }
        return (String(decoding: hostBytes, as: UTF8.self), port)
    }

    private static func parsePath(_ bytes: ArraySlice<UInt8>) throws(Invalid) -> String {
        var path = bytes
        for byte in path {
            guard byte > 0x20, byte < 0x7F else {
                throw Invalid(description: "url has a blank, control or non-ASCII byte in its path; percent-encode it")
            }
            guard byte != UInt8(ascii: "?"), byte != UInt8(ascii: "#") else {
                throw Invalid(description: "url must not have a query or a fragment")
            }
        }
        while path.last == UInt8(ascii: "/") { path = path.dropLast() }
        return String(decoding: path, as: UTF8.self)
    }
}
