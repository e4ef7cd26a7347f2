import Foundation

/// Where systems keep the certificates that they trust, for an OpenSSL that was built for another place.
enum TLSSystemRoots {
    /// Bundles, the likeliest first.
    static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
        "/etc/pki/tls/cacert.pem", "/opt/homebrew/etc/openssl@3/cert.pem", "/usr/local/etc/openssl@3/cert.pem",
        "/opt/homebrew/etc/ca-certificates/cert.pem", "/usr/local/etc/ca-certificates/cert.pem",
    ]

    /// Whether OpenSSL has a folder of hashed certificates to look into when it needs one; what a bundle holds stands in the
    /// store at once.
    static func hasFolder(_ builtIn: String) -> Bool {
        let named = ProcessInfo.processInfo.environment["SSL_CERT_DIR"] ?? builtIn
        return named.split(separator: ":").contains { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: String(folder))) ?? []
            // Such as 5ad8a5d6.0.
            return names.contains { $0.hasSuffix(".0") }
        }
    }
}
