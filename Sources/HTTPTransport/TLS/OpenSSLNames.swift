#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where OpenSSL 3 may lie: pairs of libssl and libcrypto, the first that can be opened is taken.
struct OpenSSLNames: Sendable {
    var pairs: [(ssl: String, crypto: String)]

    #if canImport(Darwin)
        /// macOS has none of its own: what Homebrew and MacPorts install, then the loader's own search.
        static let system = OpenSSLNames(
            pairs: [
                "/opt/homebrew/opt/openssl@3/lib/", "/usr/local/opt/openssl@3/lib/", "/opt/homebrew/lib/",
                "/usr/local/lib/", "/opt/local/libexec/openssl3/lib/", "",
            ].map { ($0 + "libssl.3.dylib", $0 + "libcrypto.3.dylib") })
    #else
        static let system = OpenSSLNames(pairs: [("libssl.so.3", "libcrypto.so.3")])
    #endif

    /// Two opened libraries. They are never closed: functions of theirs stay in use until the process ends.
    struct Symbols {
        let name: String
        // Handles of dlopen, used as such only.
        fileprivate let handles: [UnsafeMutableRawPointer]

        /// A function by name, cast to the prototype that the caller states.
        func find<F>(_ symbol: String) throws(TLSError) -> F {
            for handle in handles {
                // F is a C function type everywhere in `OpenSSL`, so both sides are one pointer; that the prototype is the
                // right one is what the table there states.
                if let address = dlsym(handle, symbol) { return unsafeBitCast(address, to: F.self) }
            }
            throw TLSError(.unavailable, "TLS needs OpenSSL 3, but \(name) has no function \(symbol)")
        }
    }

    func open() throws(TLSError) -> Symbols {
        for (ssl, crypto) in pairs {
            // libcrypto first, so that both come from the same place.
            guard let cryptoHandle = dlopen(crypto, RTLD_NOW | RTLD_LOCAL),
                let sslHandle = dlopen(ssl, RTLD_NOW | RTLD_LOCAL)
            else { continue }
            return Symbols(name: ssl, handles: [sslHandle, cryptoHandle])
        }
        throw TLSError(
            .unavailable,
            "TLS needs OpenSSL 3, but none of its libraries can be loaded: "
                + pairs.map { "\($0.ssl) with \($0.crypto)" }.joined(separator: ", "))
    }
}
