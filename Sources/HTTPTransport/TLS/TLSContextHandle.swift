/// An `SSL_CTX`: what all sessions of a client or server have in common. Complete when it has been made, never changed then.
///
/// `@unchecked Sendable`: the pointer is constant, belongs to this object until `deinit` frees it, and is only given to
/// `SSL_new` from any thread, which OpenSSL allows (it counts references and locks what sessions share, such as the keys
/// of tickets). A session keeps the context it was made from, also after this object is gone.
final class TLSContextHandle: @unchecked Sendable {
    let library: OpenSSL
    private let context: OpaquePointer

    // Numbers of the macros of ssl.h, fixed for all of OpenSSL 3.
    private static let setMode: Int32 = 33
    private static let clearMode: Int32 = 78
    private static let setReadAhead: Int32 = 41
    private static let setSessionCacheMode: Int32 = 44
    private static let addChainCertificate: Int32 = 89
    private static let setMinVersion: Int32 = 123
    private static let setMaxVersion: Int32 = 124
    private static let modePartialWrite = 0x01
    private static let modeMovingBuffer = 0x02
    private static let modeAutoRetry = 0x04
    private static let modeReleaseBuffers = 0x10
    private static let noCompression: UInt64 = 1 << 17
    private static let serverPreference: UInt64 = 1 << 22
    private static let noRenegotiation: UInt64 = 1 << 30
    static let verifyNone: Int32 = 0
    static let verifyPeer: Int32 = 1
    static let failWithoutPeer: Int32 = 2

    enum Role { case client, server }

    init(_ role: Role) throws(TLSError) {
        library = try OpenSSL.system.get()
        library.errClearError()
        let method = role == .client ? library.tlsClientMethod() : library.tlsServerMethod()
        guard let context = library.ctxNew(method) else {
            throw TLSError(.settings, "no TLS context: \(library.takeErrorText() ?? "out of memory")")
        }
        self.context = context
        _ = library.ctxSetOptions(
            context,
            Self.noCompression | Self.noRenegotiation | (role == .server ? Self.serverPreference : 0))
        // A write takes what fits and may be repeated from another place; an idle session gives its buffers back.
        control(Self.setMode, Self.modePartialWrite | Self.modeMovingBuffer | Self.modeReleaseBuffers)
        // A read returns after each record, so that a peer that sends records without data cannot hold the loop.
        control(Self.clearMode, Self.modeAutoRetry)
        control(Self.setReadAhead, 1)
        // Clients keep sessions themselves; servers give tickets, which take no memory here.
        control(Self.setSessionCacheMode, 0)
    }

    deinit { library.ctxFree(context) }

    @discardableResult
    private func control(_ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer? = nil) -> Int {
        library.ctxCtrl(context, command, number, pointer)
    }

    /// A new session's `SSL`, owned by the caller.
    func makeSession() -> OpaquePointer? { library.new(context) }

    // MARK: Settings

    func setVersions(min: TLSVersion, max: TLSVersion = .tls13, suites: [String]?) throws(TLSError) {
        var min = min
        if let suites {
            guard let list = TLSCipherSuites.list(suites) else {
                throw TLSError(.settings, "a TLS cipher suite is unknown")
            }
            if list.isEmpty {
                // Nothing that TLS 1.2 could use.
                min = .tls13
            } else if list.withCString({ library.ctxSetCipherList(context, $0) }) != 1 {
                throw TLSError(.settings, "OpenSSL has none of the TLS cipher suites \(suites.joined(separator: ", "))")
            }
        }
        guard min <= max else { throw TLSError(.settings, "the oldest TLS version is newer than the newest") }
        guard control(Self.setMinVersion, min.rawValue) == 1, control(Self.setMaxVersion, max.rawValue) == 1 else {
            throw TLSError(.settings, "OpenSSL does not speak this TLS version")
        }
    }

    /// - Parameter checks: whether the chain of what the peer shows is verified. If not, anything will do.
    func setVerification(mode: Int32, checks: Bool) {
        if mode == Self.verifyNone || checks {
            library.ctxSetVerify(context, mode, nil)
        } else {
            library.ctxSetVerify(context, mode) { _, _ in 1 }
        }
    }

    /// Trusts these certificates and no others. Each is an end of chains, also one that is not a root.
    /// - Parameter announced: a server names them to clients that it asks for a certificate.
    func trust(_ pem: [UInt8], announced: Bool = false) throws(TLSError) {
        guard let store = library.ctxGetCertStore(context), let parameters = library.ctxGet0Param(context) else {
            throw TLSError(.settings, "OpenSSL has no certificate store")
        }
        let certificates: [OpaquePointer]
        do throws(TLSError) { certificates = try TLSPEM.certificates(pem, library) } catch {
            throw TLSError(.trusted, "trusted certificates: \(error.message)")
        }
        defer { for certificate in certificates { library.x509Free(certificate) } }
        for certificate in certificates {
            // Both take a reference of their own; one that is there already is no error.
            guard library.x509StoreAddCert(store, certificate) == 1 else { throw refusal(.certificate) }
            if announced, library.ctxAddClientCA(context, certificate) != 1 { throw refusal(.certificate) }
        }
        let partialChain: UInt = 0x80000
        _ = library.paramSetFlags(parameters, partialChain)
    }

    /// Trusts what the system trusts.
    /// - Returns: whether anything of that was found.
    func trustSystem() -> Bool {
        _ = library.ctxSetDefaultVerifyPaths(context)
        library.errClearError()
        // A static text of the library.
        let folder = library.x509GetDefaultCertDir().map { String(cString: $0) } ?? ""
        if TLSSystemRoots.hasFolder(folder) { return true }
        if let store = library.ctxGetCertStore(context), let objects = library.x509StoreGet0Objects(store),
            library.skNum(objects) > 0
        {
            return true
        }
        return TLSSystemRoots.bundles.contains { file in
            defer { library.errClearError() }
            return file.withCString { library.ctxLoadVerifyLocations(context, $0, nil) } == 1
        }
    }

    func use(_ identity: TLSIdentity) throws(TLSError) {
        let certificates = try TLSPEM.certificates(identity.certificatePEM, library)
        defer { for certificate in certificates { library.x509Free(certificate) } }
        let key = try TLSPEM.privateKey(identity.keyPEM, library)
        defer { library.evpPkeyFree(key) }
        // Each call takes a reference of its own.
        guard let first = certificates.first, library.ctxUseCertificate(context, first) == 1 else {
            throw refusal(.certificate)
        }
        for certificate in certificates.dropFirst() {
            guard control(Self.addChainCertificate, 1, UnsafeMutableRawPointer(certificate)) == 1 else {
                throw refusal(.certificate)
            }
        }
        guard library.ctxUsePrivateKey(context, key) == 1, library.ctxCheckPrivateKey(context) == 1 else {
            library.errClearError()
            throw TLSError(.key, "the private key does not belong to the certificate")
        }
    }

    private func refusal(_ code: TLSError.Code) -> TLSError {
        TLSError(code, "OpenSSL does not take a certificate: \(library.takeErrorText() ?? "no reason given")")
    }

    /// A client offers HTTP/1.1.
    func offerHTTP1() throws(TLSError) {
        // This call alone says 0 for success.
        let result = TLSContextHandle.http1.withUnsafeBufferPointer { bytes in
            // The bytes are copied. An array that is not empty has a base address.
            bytes.baseAddress.map { library.ctxSetALPNProtos(context, $0, UInt32(bytes.count)) } ?? 1
        }
        guard result == 0 else { throw TLSError(.settings, "OpenSSL does not take the protocol http/1.1") }
    }

    /// A server takes HTTP/1.1 of what a client offers, or else HTTP/1.0; a client that offers only other protocols is refused,
    /// and one that offers nothing is welcome.
    func acceptHTTP1() {
        library.ctxSetALPNSelectCallback(
            context,
            { _, output, outputCount, input, inputCount, _ in
                let accepted: Int32 = 0
                let refused: Int32 = 2
                guard let output, let outputCount, let input else { return refused }
                // OpenSSL gives `inputCount` bytes, which it has checked to be a list of counted names, for the time of the
                // call; the answer may point into them.
                let offered = UnsafeBufferPointer(start: input, count: Int(inputCount))
                for wanted in [TLSContextHandle.http1, TLSContextHandle.http10] {
                    var index = 0
                    while index < offered.count {
                        let end = min(index + 1 + Int(offered[index]), offered.count)
                        if offered[index..<end].elementsEqual(wanted) {
                            output.pointee = input + (index + 1)
                            outputCount.pointee = UInt8(wanted.count - 1)
                            return accepted
                        }
                        index = end
                    }
                }
                return refused
            }, nil)
    }

    /// As ALPN has it: a count, then the name.
    private static let http1: [UInt8] = [8] + Array("http/1.1".utf8)
    private static let http10: [UInt8] = [8] + Array("http/1.0".utf8)

    /// A server's sessions can be taken up again by tickets, also where clients show certificates.
    func allowResumption() throws(TLSError) {
        let name: [UInt8] = Array("http".utf8)
        let result = name.withUnsafeBufferPointer { bytes in
            // The bytes are copied. An array that is not empty has a base address.
            bytes.baseAddress.map { library.ctxSetSessionIDContext(context, $0, UInt32(bytes.count)) } ?? 0
        }
        guard result == 1, library.ctxSetNumTickets(context, 1) == 1 else {
            throw TLSError(.settings, "OpenSSL does not take the settings of tickets")
        }
    }
}
