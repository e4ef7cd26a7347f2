/// A version of the protocol.
public enum TLSVersion: Int, Sendable, Comparable, CaseIterable {
    case tls10 = 0x0301
    case tls11 = 0x0302
    case tls12 = 0x0303
    case tls13 = 0x0304

    /// The older is less.
    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A certificate with its chain and its key, both as PEM.
///
/// Printing it shows nothing of the key.
public struct TLSIdentity: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The certificate, then those that lead to its root, as one PEM text.
    public var certificatePEM: [UInt8]
    /// The private key, not encrypted.
    public var keyPEM: [UInt8]

    /// Both parts.
    public init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// A fixed text.
    public var description: String { "TLSIdentity(certificate, key)" }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// How a client speaks TLS to an origin.
public struct TLSClientSettings: Sendable, Equatable {
    /// The certificates that are trusted, as one PEM text; nil: those of the system.
    public var trustedPEM: [UInt8]?
    /// Shown when the server asks for one.
    public var identity: TLSIdentity?
    /// The name or address that the server's certificate must be for, and that it is told; nil: the host of the origin.
    public var serverName: String?
    /// Whether the server's certificate is looked at at all.
    public var verifies = true
    /// The oldest version that is spoken.
    public var minVersion = TLSVersion.tls12
    /// Suites of TLS 1.2 and before, by their IANA names; nil: the library's choice.
    public var cipherSuites: [String]?

    /// The system's roots, no certificate of the client's own.
    public init() {}
}

/// How a server speaks TLS.
public struct TLSServerSettings: Sendable, Equatable {
    /// What a server wants of a client's certificate.
    public enum ClientAuthentication: Sendable, CaseIterable {
        /// None is asked for.
        case none
        /// One is asked for; any or none will do.
        case request
        /// There must be one; any will do.
        case requireAny
        /// If there is one, it must be signed by a trusted one.
        case verifyIfGiven
        /// There must be one, signed by a trusted one.
        case requireAndVerify
    }

    /// What the server shows.
    public var identity: TLSIdentity
    /// What it wants of clients.
    public var clientAuthentication = ClientAuthentication.none
    /// Who may have signed a client's certificate, as one PEM text.
    public var clientCAPEM: [UInt8]?
    /// The oldest version that is spoken.
    public var minVersion = TLSVersion.tls12
    /// The newest one.
    public var maxVersion = TLSVersion.tls13
    /// Suites of TLS 1.2 and before, by their IANA names; nil: the library's choice.
    public var cipherSuites: [String]?

    /// A server with an identity that asks clients for none.
    public init(identity: TLSIdentity) {
        self.identity = identity
    }
}
