/// TLS on one connection. Reads and writes the socket itself, without waiting; who waits is the channel.
///
/// Confined to the loop of its channel. OpenSSL keeps at most one record (16 KB) in each direction and gives that back while
/// nothing is under way; a peer's handshake messages are bounded by the library (certificates 100 KB).
final class TLSSession {
    /// What a call came to.
    enum Outcome {
        case done(Int)
        /// Nothing until the socket has input; `false`: there may be some already.
        case wantsInput(isEmpty: Bool)
        /// Nothing until the socket takes output.
        case wantsOutput
        /// The peer has said that it sends no more.
        case end
        /// The session cannot be used any more: broken, cut, or ended by an alert.
        case failed
    }

    private let handle: TLSContextHandle
    private let library: OpenSSL
    /// The `SSL`: made by `init`, freed by `deinit` and by nobody else.
    let ssl: OpaquePointer
    private let wire: TLSWire
    private var isBroken = false
    private var isEstablished = false
    /// A record waits for the socket; the same bytes must be written again before anything else.
    private var owesOutput = false
    private var saidEnd = false
    /// Why the session failed, lowercase.
    private(set) var failure = ""
    /// What the peer said when it ended the session, or what was wrong with what it sent; nil also for a mere end.
    private(set) var alert: String?

    private init?(_ handle: TLSContextHandle, descriptor: Int32, prefix: ArraySlice<UInt8>) {
        self.handle = handle
        library = handle.library
        library.errClearError()
        guard let ssl = handle.makeSession() else { return nil }
        guard let bio = library.bioNew(library.wireMethod) else {
            library.free(ssl)
            return nil
        }
        self.ssl = ssl
        wire = TLSWire(descriptor: descriptor, prefix: prefix)
        // Not retained: see `TLSWire`. The session takes over the BIO and frees it with the SSL.
        library.bioSetData(bio, Unmanaged.passUnretained(wire).toOpaque())
        library.setBIO(ssl, bio, bio)
    }

    /// The server's end.
    /// - Parameter prefix: what was read from the socket before.
    static func accepting(_ handle: TLSContextHandle, descriptor: Int32, prefix: [UInt8]) -> TLSSession? {
        guard let session = TLSSession(handle, descriptor: descriptor, prefix: prefix[...]) else { return nil }
        session.library.setAcceptState(session.ssl)
        return session
    }

    /// The client's end.
    /// - Parameters:
    ///   - host: the host of the origin.
    ///   - resumption: an earlier session with the same context and origin.
    static func connecting(
        _ context: TLSClientContext, host: String, descriptor: Int32, resumption: TLSResumption?
    ) -> TLSSession? {
        let current = context.current
        guard let session = TLSSession(current.handle, descriptor: descriptor, prefix: []) else { return nil }
        let library = session.library
        let ssl = session.ssl
        library.setConnectState(ssl)
        guard let parameters = library.get0Param(ssl) else { return nil }
        let name = current.serverName(for: host)
        // OpenSSL takes a dot at the start for "any name below", and an empty name for "any name".
        guard !name.isEmpty, !name.hasPrefix(".") else { return nil }
        // The texts live for the time of each call, which copies them.
        if name.withCString({ library.paramSet1IPAsc(parameters, $0) }) == 1 {
            // An address: it is looked for among the certificate's addresses, and not announced (RFC 6066 section 3).
        } else {
            library.errClearError()
            // Names of the subject do not count, nor wildcards for a part of a label, as in Go.
            let neverSubject: UInt32 = 0x20
            let noPartialWildcards: UInt32 = 0x04
            library.paramSetHostflags(parameters, neverSubject | noPartialWildcards)
            let setServerName: Int32 = 55
            let isSet = name.withCString { text in
                library.paramSet1Host(parameters, text, 0) == 1
                    && library.ctrl(ssl, setServerName, 0, UnsafeMutableRawPointer(mutating: text)) == 1
            }
            guard isSet else { return nil }
        }
        // What was verified by other settings is not verified.
        if let resumption, resumption.handle === current.handle { _ = library.setSession(ssl, resumption.pointer) }
        return session
    }

    deinit { library.free(ssl) }

    // MARK: Transfers

    private func begin() {
        wire.begin()
        library.errClearError()
    }

    private func outcome(_ result: Int32) -> Outcome {
        if result > 0 { return .done(Int(result)) }
        // Numbers of SSL_get_error.
        switch library.getError(ssl, result) {
        case 2: return .wantsInput(isEmpty: wire.readWouldBlock)
        case 3: return .wantsOutput
        case 6: return .end
        default:
            isBroken = true
            let text = library.takeErrorText()
            if wire.failure != 0 {
                failure = SystemCalls.describe(wire.failure)
            } else if wire.sawEnd {
                failure = "the connection ended without notice"
            } else {
                failure = text ?? "unknown error"
                alert = failure
            }
            return .failed
        }
    }

    /// `.done` when the session is established: for a client that verifies, the server's certificate is good then.
    func handshake() -> Outcome {
        begin()
        let outcome = outcome(library.doHandshake(ssl))
        switch outcome {
        case .done: isEstablished = true
        case .failed:
            let verification = library.getVerifyResult(ssl)
            if failure == "certificate verify failed", verification != 0,
                let text = library.x509VerifyCertErrorString(verification)
            {
                // A static text of the library.
                failure += ": " + String(cString: text)
            } else if failure == "wrong version number" || failure == "packet length too long" {
                failure = "the peer does not speak TLS (\(failure))"
            }
        case .wantsInput, .wantsOutput, .end: break
        }
        return outcome
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
        guard !isBroken else { return .failed }
        begin()
        // The count states the room behind the pointer.
        return outcome(library.read(ssl, buffer.baseAddress, Int32(clamping: buffer.count)))
    }

    /// To be called before the first of several reads in a row.
    func beginReading() { wire.forgetShortRead() }

    /// The reads since `beginReading` took all that there is: neither the session nor, as far as is known, the socket has more.
    var isDrained: Bool { wire.readWasShort && library.hasPending(ssl) == 0 }

    /// Whether the peer has ended or broken the session, as far as can be told without taking input.
    /// - Returns: nil when there is input.
    func peerIsGone() -> (isGone: Bool, hasInput: Bool) {
        guard !isBroken else { return (true, true) }
        // Tickets and the like are no input; a peer that sends nothing else is given up.
        for _ in 0..<16 {
            begin()
            var byte: UInt8 = 0
            switch outcome(library.peek(ssl, &byte, 1)) {
            case .done: return (false, true)
            case .wantsInput(let isEmpty): if isEmpty { return (false, false) }
            case .wantsOutput: return (false, false)
            case .end, .failed: return (true, true)
            }
        }
        return (true, true)
    }

    /// Writes at most one record. After `.wantsOutput` the same bytes must come again, from wherever they lie.
    func write(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        guard !isBroken, !bytes.isEmpty else { return .failed }
        begin()
        // The count states the bytes behind the pointer.
        let outcome = outcome(library.write(ssl, bytes.baseAddress, Int32(clamping: bytes.count)))
        if case .wantsOutput = outcome { owesOutput = true } else { owesOutput = false }
        return outcome
    }

    /// Tells the peer that nothing more will come, so that it can tell the end from a cut.
    /// - Returns: whether that is done, or can no longer be; false: to be tried again when the socket takes output.
    func sayEnd() -> Bool {
        guard isEstablished, !isBroken, !owesOutput, !saidEnd else { return true }
        begin()
        let result = library.shutdown(ssl)
        // 0: said, and the peer has not yet. That is all that is needed.
        if result >= 0 {
            saidEnd = true
            return true
        }
        if case .wantsOutput = outcome(result) { return false }
        return true
    }

    // MARK: Facts

    /// What a later session with the same origin can begin with; nil when the server gave nothing for that.
    func resumption() -> TLSResumption? {
        guard isEstablished, !isBroken, let pointer = library.get1Session(ssl) else { return nil }
        let resumption = TLSResumption(pointer, handle)
        return library.sessionIsResumable(pointer) == 1 ? resumption : nil
    }

    /// The handshake was a short one, on the strength of an earlier session.
    var isResumed: Bool { library.sessionReused(ssl) == 1 }

    /// Such as `TLSv1.3`.
    var version: String { library.getVersion(ssl).map { String(cString: $0) } ?? "" }

    /// The protocol agreed on by ALPN; empty for none.
    var applicationProtocol: String {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        library.get0ALPNSelected(ssl, &name, &count)
        // The name belongs to the session and is copied at once.
        return name.map { String(decoding: UnsafeBufferPointer(start: $0, count: Int(count)), as: UTF8.self) } ?? ""
    }
}

/// What a client keeps of a session to shorten the next handshake. Confined to the loop of the pool that keeps it.
final class TLSResumption {
    /// The `SSL_SESSION`; this object has one reference, which `deinit` gives back.
    fileprivate let pointer: OpaquePointer
    /// The settings by which the peer was verified.
    fileprivate let handle: TLSContextHandle

    fileprivate init(_ pointer: OpaquePointer, _ handle: TLSContextHandle) {
        self.pointer = pointer
        self.handle = handle
    }

    deinit { handle.library.sessionFree(pointer) }
}
