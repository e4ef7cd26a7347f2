/// What a client's sessions with an origin have in common: whom it trusts, and who it is.
///
/// Connections and kept sessions of one context are never used for another, even where the origin is the same.
public final class TLSClientContext: Sendable, Hashable {
    /// What it was made of.
    public let settings: TLSClientSettings
    let handle: TLSContextHandle

    /// Loads the library, the certificates and the key.
    /// - Throws: `TLSError`.
    public init(_ settings: TLSClientSettings) throws {
        let handle = try TLSContextHandle(.client)
        try handle.setVersions(min: settings.minVersion, suites: settings.cipherSuites)
        if let pem = settings.trustedPEM {
            try handle.trust(pem)
        } else if settings.verifies {
            try handle.trustSystem()
        }
        if let identity = settings.identity { try handle.use(identity) }
        handle.setVerification(
            mode: settings.verifies ? TLSContextHandle.verifyPeer : TLSContextHandle.verifyNone, checks: true)
        try handle.offerHTTP1()
        self.settings = settings
        self.handle = handle
    }

    /// The name or address that the certificate of `host` must be for.
    func serverName(for host: String) -> String {
        let name = settings.serverName ?? host
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// Two contexts are the same only when they are one object.
    public static func == (left: TLSClientContext, right: TLSClientContext) -> Bool { left === right }
    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
