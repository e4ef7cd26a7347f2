#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The functions of the system's OpenSSL 3 that are used here, looked up at run time. Nothing of it is needed to build.
///
/// Each property states the C prototype of the function that its name is made of, as the OpenSSL 3.0 manual gives it; they
/// are part of an interface that is stable for all of OpenSSL 3. Structures of OpenSSL stay behind opaque pointers.
final class OpenSSL: Sendable {
    typealias Pointer = OpaquePointer
    typealias Bytes = UnsafePointer<UInt8>
    typealias Text = UnsafePointer<CChar>
    typealias VerifyCallback = @convention(c) (Int32, Pointer?) -> Int32
    typealias PasswordCallback =
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias ProtocolCallback =
        @convention(c) (
            Pointer?, UnsafeMutablePointer<Bytes?>?, UnsafeMutablePointer<UInt8>?, Bytes?, UInt32,
            UnsafeMutableRawPointer?
        ) -> Int32
    typealias ReadCallback = @convention(c) (Pointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int32
    typealias WriteCallback = @convention(c) (Pointer?, Text?, Int32) -> Int32
    typealias ControlCallback = @convention(c) (Pointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int
    typealias CreateCallback = @convention(c) (Pointer?) -> Int32

    // Errors. The queue belongs to the calling thread.
    let errClearError: @convention(c) () -> Void
    let errGetError: @convention(c) () -> UInt
    let errReasonErrorString: @convention(c) (UInt) -> Text?

    // Input and output.
    let bioNew: @convention(c) (Pointer) -> Pointer?
    let bioFree: @convention(c) (Pointer) -> Int32
    let bioNewMemBuf: @convention(c) (UnsafeRawPointer?, Int32) -> Pointer?
    let bioSetData: @convention(c) (Pointer, UnsafeMutableRawPointer?) -> Void
    let bioGetData: @convention(c) (Pointer) -> UnsafeMutableRawPointer?
    let bioSetInit: @convention(c) (Pointer, Int32) -> Void
    let bioSetFlags: @convention(c) (Pointer, Int32) -> Void
    let bioClearFlags: @convention(c) (Pointer, Int32) -> Void

    // Certificates and keys.
    let pemReadBioX509:
        @convention(c) (Pointer, UnsafeMutableRawPointer?, PasswordCallback, UnsafeMutableRawPointer?) ->
            Pointer?
    let pemReadBioPrivateKey:
        @convention(c) (Pointer, UnsafeMutableRawPointer?, PasswordCallback, UnsafeMutableRawPointer?) -> Pointer?
    let x509Free: @convention(c) (Pointer) -> Void
    let evpPkeyFree: @convention(c) (Pointer) -> Void
    let x509StoreAddCert: @convention(c) (Pointer, Pointer) -> Int32
    let x509StoreGet0Objects: @convention(c) (Pointer) -> Pointer?
    let skNum: @convention(c) (Pointer) -> Int32
    let x509GetDefaultCertDir: @convention(c) () -> Text?
    let x509VerifyCertErrorString: @convention(c) (Int) -> Text?
    let paramSetHostflags: @convention(c) (Pointer, UInt32) -> Void
    let paramSetFlags: @convention(c) (Pointer, UInt) -> Int32
    let paramSet1Host: @convention(c) (Pointer, Text, Int) -> Int32
    let paramSet1IPAsc: @convention(c) (Pointer, Text) -> Int32

    // Contexts.
    let tlsClientMethod: @convention(c) () -> Pointer?
    let tlsServerMethod: @convention(c) () -> Pointer?
    let ctxNew: @convention(c) (Pointer?) -> Pointer?
    let ctxFree: @convention(c) (Pointer) -> Void
    let ctxCtrl: @convention(c) (Pointer, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let ctxSetOptions: @convention(c) (Pointer, UInt64) -> UInt64
    let ctxSetCipherList: @convention(c) (Pointer, Text) -> Int32
    let ctxSetVerify: @convention(c) (Pointer, Int32, VerifyCallback?) -> Void
    let ctxGetCertStore: @convention(c) (Pointer) -> Pointer?
    let ctxGet0Param: @convention(c) (Pointer) -> Pointer?
    let ctxSetDefaultVerifyPaths: @convention(c) (Pointer) -> Int32
    let ctxLoadVerifyLocations: @convention(c) (Pointer, Text?, Text?) -> Int32
    let ctxUseCertificate: @convention(c) (Pointer, Pointer) -> Int32
    let ctxUsePrivateKey: @convention(c) (Pointer, Pointer) -> Int32
    let ctxCheckPrivateKey: @convention(c) (Pointer) -> Int32
    let ctxAddClientCA: @convention(c) (Pointer, Pointer) -> Int32
    let ctxSetSessionIDContext: @convention(c) (Pointer, Bytes, UInt32) -> Int32
    let ctxSetALPNProtos: @convention(c) (Pointer, Bytes, UInt32) -> Int32
    let ctxSetALPNSelectCallback: @convention(c) (Pointer, ProtocolCallback, UnsafeMutableRawPointer?) -> Void
    let ctxSetNumTickets: @convention(c) (Pointer, Int) -> Int32

    // Sessions.
    let new: @convention(c) (Pointer) -> Pointer?
    let free: @convention(c) (Pointer) -> Void
    let setBIO: @convention(c) (Pointer, Pointer, Pointer) -> Void
    let setConnectState: @convention(c) (Pointer) -> Void
    let setAcceptState: @convention(c) (Pointer) -> Void
    let doHandshake: @convention(c) (Pointer) -> Int32
    let read: @convention(c) (Pointer, UnsafeMutableRawPointer?, Int32) -> Int32
    let peek: @convention(c) (Pointer, UnsafeMutableRawPointer?, Int32) -> Int32
    let write: @convention(c) (Pointer, UnsafeRawPointer?, Int32) -> Int32
    let shutdown: @convention(c) (Pointer) -> Int32
    let getError: @convention(c) (Pointer, Int32) -> Int32
    let hasPending: @convention(c) (Pointer) -> Int32
    let get0Param: @convention(c) (Pointer) -> Pointer?
    let ctrl: @convention(c) (Pointer, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let getVerifyResult: @convention(c) (Pointer) -> Int
    let getVersion: @convention(c) (Pointer) -> Text?
    let get0ALPNSelected: @convention(c) (Pointer, UnsafeMutablePointer<Bytes?>, UnsafeMutablePointer<UInt32>) -> Void
    let sessionReused: @convention(c) (Pointer) -> Int32
    let get1Session: @convention(c) (Pointer) -> Pointer?
    let setSession: @convention(c) (Pointer, Pointer) -> Int32
    let sessionFree: @convention(c) (Pointer) -> Void
    let sessionIsResumable: @convention(c) (Pointer) -> Int32

    /// The method of the BIO between a session and its socket (``TLSWire``).
    ///
    /// `nonisolated(unsafe)` because the compiler knows nothing of the type: it is made in `init` and only read from then on.
    nonisolated(unsafe) let wireMethod: Pointer

    /// The system's library, looked up once and never unloaded; or what is missing.
    static let system: Result<OpenSSL, TLSError> = Result { () throws(TLSError) in
        try OpenSSL(OpenSSLNames.system)
    }

    /// Loads the first pair of libraries that is there.
    /// - Throws: `TLSError` that names what is missing.
    init(_ names: OpenSSLNames) throws(TLSError) {
        let symbols = try names.open()
        let version: @convention(c) () -> UInt = try symbols.find("OpenSSL_version_num")
        guard version() >> 28 >= 3 else {
            throw TLSError(
                .unavailable,
                "TLS needs OpenSSL 3, but \(symbols.name) is version \(version() >> 28).\(version() >> 20 & 0xFF)")
        }
        let initialize: @convention(c) (UInt64, UnsafeMutableRawPointer?) -> Int32 = try symbols.find(
            "OPENSSL_init_crypto")
        // No clean-up at exit: the loops' threads may still be using the library then.
        let noExitHandler: UInt64 = 0x0008_0000
        guard initialize(noExitHandler, nil) == 1 else {
            throw TLSError(.unavailable, "\(symbols.name) cannot be initialised")
        }

        errClearError = try symbols.find("ERR_clear_error")
        errGetError = try symbols.find("ERR_get_error")
        errReasonErrorString = try symbols.find("ERR_reason_error_string")
        bioNew = try symbols.find("BIO_new")
        bioFree = try symbols.find("BIO_free")
        bioNewMemBuf = try symbols.find("BIO_new_mem_buf")
        bioSetData = try symbols.find("BIO_set_data")
        bioGetData = try symbols.find("BIO_get_data")
        bioSetInit = try symbols.find("BIO_set_init")
        bioSetFlags = try symbols.find("BIO_set_flags")
        bioClearFlags = try symbols.find("BIO_clear_flags")
        pemReadBioX509 = try symbols.find("PEM_read_bio_X509")
        pemReadBioPrivateKey = try symbols.find("PEM_read_bio_PrivateKey")
        x509Free = try symbols.find("X509_free")
        evpPkeyFree = try symbols.find("EVP_PKEY_free")
        x509StoreAddCert = try symbols.find("X509_STORE_add_cert")
        x509StoreGet0Objects = try symbols.find("X509_STORE_get0_objects")
        skNum = try symbols.find("OPENSSL_sk_num")
        x509GetDefaultCertDir = try symbols.find("X509_get_default_cert_dir")
        x509VerifyCertErrorString = try symbols.find("X509_verify_cert_error_string")
        paramSetHostflags = try symbols.find("X509_VERIFY_PARAM_set_hostflags")
        paramSetFlags = try symbols.find("X509_VERIFY_PARAM_set_flags")
        paramSet1Host = try symbols.find("X509_VERIFY_PARAM_set1_host")
        paramSet1IPAsc = try symbols.find("X509_VERIFY_PARAM_set1_ip_asc")
        tlsClientMethod = try symbols.find("TLS_client_method")
        tlsServerMethod = try symbols.find("TLS_server_method")
        ctxNew = try symbols.find("SSL_CTX_new")
        ctxFree = try symbols.find("SSL_CTX_free")
        ctxCtrl = try symbols.find("SSL_CTX_ctrl")
        ctxSetOptions = try symbols.find("SSL_CTX_set_options")
        ctxSetCipherList = try symbols.find("SSL_CTX_set_cipher_list")
        ctxSetVerify = try symbols.find("SSL_CTX_set_verify")
        ctxGetCertStore = try symbols.find("SSL_CTX_get_cert_store")
        ctxGet0Param = try symbols.find("SSL_CTX_get0_param")
        ctxSetDefaultVerifyPaths = try symbols.find("SSL_CTX_set_default_verify_paths")
        ctxLoadVerifyLocations = try symbols.find("SSL_CTX_load_verify_locations")
        ctxUseCertificate = try symbols.find("SSL_CTX_use_certificate")
        ctxUsePrivateKey = try symbols.find("SSL_CTX_use_PrivateKey")
        ctxCheckPrivateKey = try symbols.find("SSL_CTX_check_private_key")
        ctxAddClientCA = try symbols.find("SSL_CTX_add_client_CA")
        ctxSetSessionIDContext = try symbols.find("SSL_CTX_set_session_id_context")
        ctxSetALPNProtos = try symbols.find("SSL_CTX_set_alpn_protos")
        ctxSetALPNSelectCallback = try symbols.find("SSL_CTX_set_alpn_select_cb")
        ctxSetNumTickets = try symbols.find("SSL_CTX_set_num_tickets")
        new = try symbols.find("SSL_new")
        free = try symbols.find("SSL_free")
        setBIO = try symbols.find("SSL_set_bio")
        setConnectState = try symbols.find("SSL_set_connect_state")
        setAcceptState = try symbols.find("SSL_set_accept_state")
        doHandshake = try symbols.find("SSL_do_handshake")
        read = try symbols.find("SSL_read")
        peek = try symbols.find("SSL_peek")
        write = try symbols.find("SSL_write")
        shutdown = try symbols.find("SSL_shutdown")
        getError = try symbols.find("SSL_get_error")
        hasPending = try symbols.find("SSL_has_pending")
        get0Param = try symbols.find("SSL_get0_param")
        ctrl = try symbols.find("SSL_ctrl")
        getVerifyResult = try symbols.find("SSL_get_verify_result")
        getVersion = try symbols.find("SSL_get_version")
        get0ALPNSelected = try symbols.find("SSL_get0_alpn_selected")
        sessionReused = try symbols.find("SSL_session_reused")
        get1Session = try symbols.find("SSL_get1_session")
        setSession = try symbols.find("SSL_set_session")
        sessionFree = try symbols.find("SSL_SESSION_free")
        sessionIsResumable = try symbols.find("SSL_SESSION_is_resumable")
        wireMethod = try Self.makeWireMethod(symbols)
    }

    private static func makeWireMethod(_ symbols: OpenSSLNames.Symbols) throws(TLSError) -> Pointer {
        let newIndex: @convention(c) () -> Int32 = try symbols.find("BIO_get_new_index")
        let newMethod: @convention(c) (Int32, Text) -> Pointer? = try symbols.find("BIO_meth_new")
        let setRead: @convention(c) (Pointer, ReadCallback) -> Int32 = try symbols.find("BIO_meth_set_read")
        let setWrite: @convention(c) (Pointer, WriteCallback) -> Int32 = try symbols.find("BIO_meth_set_write")
        let setControl: @convention(c) (Pointer, ControlCallback) -> Int32 = try symbols.find("BIO_meth_set_ctrl")
        let setCreate: @convention(c) (Pointer, CreateCallback) -> Int32 = try symbols.find("BIO_meth_set_create")
        let sourceAndSink: Int32 = 0x0400
        guard let method = "socket of an event loop".withCString({ newMethod(newIndex() | sourceAndSink, $0) }),
            setRead(method, TLSWire.read) == 1, setWrite(method, TLSWire.write) == 1,
            setControl(method, TLSWire.control) == 1, setCreate(method, TLSWire.create) == 1
        else { throw TLSError(.unavailable, "\(symbols.name) takes no BIO method") }
        return method
    }

    /// The reason of the oldest error of the calling thread; empties the queue.
    func takeErrorText() -> String? {
        let number = errGetError()
        defer { errClearError() }
        guard number != 0 else { return nil }
        // A static text of the library.
        guard let text = errReasonErrorString(number) else { return "error \(number)" }
        return String(cString: text)
    }
}
