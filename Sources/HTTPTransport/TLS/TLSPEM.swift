/// Certificates and keys out of PEM text, which is hostile like everything from outside.
enum TLSPEM {
    /// Larger texts are refused: the system's bundle of roots has some 200 KB.
    private static let maxBytes = 4 << 20
    private static let maxCertificates = 4096

    /// All certificates of a text, at least one; each is the caller's to free.
    static func certificates(_ pem: [UInt8], _ library: OpenSSL) throws(TLSError) -> [OpaquePointer] {
        var found: [OpaquePointer] = []
        let fault = try reading(pem, library, .certificate) { bio in
            while found.count < maxCertificates {
                guard let certificate = library.pemReadBioX509(bio, nil, noPassword, nil) else { break }
                found.append(certificate)
            }
            // The end of the text is found as an error; any other one is a broken certificate.
            return library.takeErrorText()
        }
        let isEnd = fault == nil || fault == "no start line"
        guard isEnd, !found.isEmpty else {
            for certificate in found { library.x509Free(certificate) }
            throw TLSError(
                .certificate, isEnd ? "there is no certificate in PEM form" : "a certificate is broken: \(fault ?? "")")
        }
        return found
    }

    /// The first private key of a text; the caller's to free.
    static func privateKey(_ pem: [UInt8], _ library: OpenSSL) throws(TLSError) -> OpaquePointer {
        var key: OpaquePointer?
        // What the library says of a password that nobody gives helps nobody.
        _ = try reading(pem, library, .key) { bio in
            key = library.pemReadBioPrivateKey(bio, nil, noPassword, nil)
            return library.takeErrorText()
        }
        if let key { return key }
        throw TLSError(.key, "there is no private key in PEM form, or it is encrypted")
    }

    /// Nobody is asked for a password: the library's own way would read it from the terminal.
    private static let noPassword: OpenSSL.PasswordCallback = { _, _, _, _ in -1 }

    private static func reading(
        _ pem: [UInt8], _ library: OpenSSL, _ code: TLSError.Code, _ body: (OpaquePointer) -> String?
    ) throws(TLSError) -> String? {
        guard pem.count <= maxBytes else { throw TLSError(code, "the PEM text is larger than \(maxBytes) bytes") }
        guard !pem.isEmpty else { throw TLSError(code, "the PEM text is empty") }
        library.errClearError()
        var isRead = false
        let fault: String? = pem.withUnsafeBytes { bytes in
            // The BIO reads the array's bytes in place and is freed before the closure ends; the count fits, see above.
            guard let base = bytes.baseAddress, let bio = library.bioNewMemBuf(base, Int32(bytes.count)) else {
                return nil
            }
            defer { _ = library.bioFree(bio) }
            isRead = true
            return body(bio)
        }
        guard isRead else { throw TLSError(code, "the PEM text cannot be read: out of memory") }
        return fault
    }
}
