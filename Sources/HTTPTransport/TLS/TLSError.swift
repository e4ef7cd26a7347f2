/// Why TLS cannot be used as it was asked for. Found when a context is made, before anything is sent.
public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public struct Code: Sendable, Hashable {
        enum Raw: Sendable { case unavailable, certificate, trusted, key, settings }
        let raw: Raw

        /// The system has no OpenSSL 3, or one that lacks something.
        public static let unavailable = Code(raw: .unavailable)
        /// A certificate cannot be read, or there is none.
        public static let certificate = Code(raw: .certificate)
        /// Certificates that are to be trusted cannot be read, or there are none.
        public static let trusted = Code(raw: .trusted)
        /// A private key cannot be read, or does not belong to its certificate.
        public static let key = Code(raw: .key)
        /// Settings that do not go together, or that the library refuses.
        public static let settings = Code(raw: .settings)
    }

    /// What is wrong.
    public var code: Code
    /// The reason, lowercase, no full stop. Holds nothing of a key.
    public var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
