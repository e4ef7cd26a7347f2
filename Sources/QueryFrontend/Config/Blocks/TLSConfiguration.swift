/// How a listener speaks TLS: `server.http_tls_config`, and `tls` of the OTLP receiver. Off without a certificate.
public struct ServerTLSConfiguration: Sendable, Equatable {
    /// `cert_file`: PEM, the certificate first, then those that lead to its root.
    public var certFile = ""
    /// `key_file`: PEM, not encrypted.
    public var keyFile = ""
    /// `client_ca_file`: PEM, who may have signed the certificates of clients.
    public var clientCAFile = ""
    /// `client_auth_type`: what is wanted of clients, in Go's words.
    public var clientAuthType = ""
    /// `cert`: what `cert_file` would hold.
    public var cert = Secret("")
    /// `key`: what `key_file` would hold.
    public var key = Secret("")
    /// `client_ca`: what `client_ca_file` would hold.
    public var clientCA = Secret("")
    /// `tls_min_version` of `server`, `min_version` of the receiver; empty: TLS 1.2.
    public var minVersion = ""
    /// `max_version` of the receiver; empty: the newest.
    public var maxVersion = ""
    /// `tls_cipher_suites` of `server`, `cipher_suites` of the receiver: Go's names; empty: OpenSSL's choice.
    public var cipherSuites: [String] = []

    /// No TLS.
    public init() {}

    /// Whether there is a certificate, or half of one.
    public var isEnabled: Bool { !certFile.isEmpty || !cert.isEmpty || !keyFile.isEmpty || !key.isEmpty }
}

/// How TLS is spoken with a target: its keys `tls_...`, or its block `tls`.
public struct TargetTLSConfiguration: Sendable, Equatable {
    /// `tls_ca_path`, `tls.ca_file`: PEM, the certificates that are trusted; empty: those of the system.
    public var caPath = ""
    /// `tls_cert_path`, `tls.cert_file`: PEM, the certificate that is shown to the target.
    public var certPath = ""
    /// `tls_key_path`, `tls.key_file`: PEM, its key.
    public var keyPath = ""
    /// `tls_server_name`, `tls.server_name`: the name that the target's certificate must be for; empty: the host of the URL.
    public var serverName = ""
    /// `tls_insecure_skip_verify`, `tls.insecure_skip_verify`: take any certificate.
    public var insecureSkipVerify = false
    /// `tls_min_version`, `tls.min_version`; empty: TLS 1.2.
    public var minVersion = ""
    /// `tls_cipher_suites`: Go's names; empty: OpenSSL's choice.
    public var cipherSuites: [String] = []

    /// The system's roots.
    public init() {}
}
