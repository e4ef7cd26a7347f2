import Synchronization

/// What a server's sessions have in common: its certificate, and what it wants of clients.
public final class TLSServerContext: Sendable {
    private let current: Mutex<TLSContextHandle>

    /// Loads the library, the certificates and the key.
    /// - Throws: `TLSError`.
    public init(_ settings: TLSServerSettings) throws {
        current = Mutex(try Self.make(settings))
    }

    /// Takes other settings for the connections that come from now on. When they cannot be used, the old ones stay.
    /// - Throws: `TLSError`.
    public func replace(with settings: TLSServerSettings) throws {
        let handle = try Self.make(settings)
        current.withLock { $0 = handle }
    }

    var handle: TLSContextHandle { current.withLock { $0 } }

    private static func make(_ settings: TLSServerSettings) throws(TLSError) -> TLSContextHandle {
        let handle = try TLSContextHandle(.server)
        try handle.setVersions(min: settings.minVersion, max: settings.maxVersion, suites: settings.cipherSuites)
        try handle.use(settings.identity)
        let mode: Int32
        var checks = false
        switch settings.clientAuthentication {
        case .none: mode = TLSContextHandle.verifyNone
        case .request: mode = TLSContextHandle.verifyPeer
        case .requireAny: mode = TLSContextHandle.verifyPeer | TLSContextHandle.failWithoutPeer
        case .verifyIfGiven:
            mode = TLSContextHandle.verifyPeer
            checks = true
        case .requireAndVerify:
            mode = TLSContextHandle.verifyPeer | TLSContextHandle.failWithoutPeer
            checks = true
        }
        if let pem = settings.clientCAPEM {
            try handle.trust(pem, announced: true)
        } else if checks {
            throw TLSError(.settings, "certificates of clients are to be verified, but no CA of theirs is given")
        }
        handle.setVerification(mode: mode, checks: checks)
        handle.acceptHTTP1()
        try handle.allowResumption()
        return handle
    }
}
