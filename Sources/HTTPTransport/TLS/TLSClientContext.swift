import Synchronization

/// What a client's sessions with an origin have in common: whom it trusts, and who it is.
///
/// Connections and kept sessions of one context are never used for another, even where the origin is the same.
public final class TLSClientContext: Sendable, Hashable {
    /// What a connection begins with.
    struct Current: Sendable {
        let handle: TLSContextHandle
        let serverName: String?
        let hasRoots: Bool

        /// The name or address that the certificate of `host` must be for.
        func serverName(for host: String) -> String {
            let name = serverName ?? host
            return name.hasSuffix(".") ? String(name.dropLast()) : name
        }
    }

    private let state: Mutex<Current>

    /// Loads the library, the certificates and the key.
    /// - Throws: `TLSError`.
    public init(_ settings: TLSClientSettings) throws {
        state = Mutex(try Self.make(settings))
    }

    /// Takes other settings for the connections that are made from now on, none of which takes up an earlier session; kept
    /// connections stay. When the settings cannot be used, the old ones stay.
    /// - Throws: `TLSError`.
    public func replace(with settings: TLSClientSettings) throws {
        let made = try Self.make(settings)
        state.withLock { $0 = made }
    }

    /// False: the system's certificates are to be trusted and none were found, so every server will be refused.
    public var hasRoots: Bool { current.hasRoots }

    var current: Current { state.withLock { $0 } }

    private static func make(_ settings: TLSClientSettings) throws(TLSError) -> Current {
        let handle = try TLSContextHandle(.client)
        try handle.setVersions(min: settings.minVersion, suites: settings.cipherSuites)
        var hasRoots = true
        if let pem = settings.trustedPEM {
            try handle.trust(pem)
        } else if settings.verifies {
            hasRoots = handle.trustSystem()
        }
        if let identity = settings.identity { try handle.use(identity) }
        handle.setVerification(
            mode: settings.verifies ? TLSContextHandle.verifyPeer : TLSContextHandle.verifyNone, checks: true)
        try handle.offerHTTP1()
        return Current(handle: handle, serverName: settings.serverName, hasRoots: hasRoots)
    }

    /// Two contexts are the same only when they are one object.
    public static func == (left: TLSClientContext, right: TLSClientContext) -> Bool { left === right }
    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
