#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why an event loop or a listening socket could not be set up.
public struct TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being done.
    public struct Code: Sendable, Hashable {
        enum Raw: Sendable { case eventLoop, address, listen, state }
        let raw: Raw

        /// The event loop's descriptors or thread could not be made.
        public static let eventLoop = Code(raw: .eventLoop)
        /// The address to listen on could not be understood or resolved.
        public static let address = Code(raw: .address)
        /// The socket could not be bound or put to listening.
        public static let listen = Code(raw: .listen)
        /// The server was started twice, or after its shutdown.
        public static let state = Code(raw: .state)
    }

    /// What was being done.
    public var code: Code
    /// The reason, lowercase, no full stop; names the system call's own words.
    public var message: String

    init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    init(code: Code, call: StaticString, errno number: Int32) {
        self.init(code: code, message: "\(call): \(SystemCalls.describe(number))")
    }

    /// The message.
    public var description: String { message }
}
