import TestSupport
import Testing

@testable import HTTPTransport

/// What is said when TLS cannot be had: about the library, certificates and keys.
struct TLSSettingsTests {
    @Test func `this machine has OpenSSL 3`() throws {
        _ = try OpenSSL.system.get()
    }

    @Test func `what is missing of the library is named`() throws {
        #if os(Linux)
            let other = "libm.so.6"
        #else
            let other = "/usr/lib/libSystem.dylib"
        #endif
        let cases: [(OpenSSLNames, String)] = [
            (OpenSSLNames(pairs: [("libssl.so.none", "libcrypto.so.none")]), "libssl.so.none with libcrypto.so.none"),
            (OpenSSLNames(pairs: []), "none of its libraries can be loaded"),
            (OpenSSLNames(pairs: [(other, other)]), "\(other) has no function OpenSSL_version_num"),
        ]
        for (names, text) in cases {
            do throws(TLSError) {
                _ = try OpenSSL(names)
                Issue.record("loaded: \(text)")
            } catch {
                #expect(error.code == .unavailable)
                #expect(error.message.contains(text), "\(error)")
            }
        }
        let symbols = try OpenSSLNames.system.open()
        do throws(TLSError) {
            let _: @convention(c) () -> Void = try symbols.find("SSL_no_such_function")
            Issue.record("found")
        } catch {
            #expect(error.message.contains("no function SSL_no_such_function"))
        }
    }

    @Test func `certificates and keys that cannot be used are told apart`() throws {
        let good = try TLSSamples.identity("server")
        let text = Array("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".utf8)
        let cases: [(String, TLSIdentity, TLSError.Code, String)] = [
            ("empty certificate", TLSIdentity(certificatePEM: [], keyPEM: good.keyPEM), .certificate, "empty"),
            ("no PEM", TLSIdentity(certificatePEM: [1, 2], keyPEM: good.keyPEM), .certificate, "no certificate"),
            ("broken PEM", TLSIdentity(certificatePEM: text, keyPEM: good.keyPEM), .certificate, "broken"),
            (
                "a key for a certificate", TLSIdentity(certificatePEM: good.keyPEM, keyPEM: good.keyPEM), .certificate,
                "no cert"
            ),
            (
                "broken second certificate",
                TLSIdentity(certificatePEM: good.certificatePEM + text, keyPEM: good.keyPEM),
                .certificate, "broken"
            ),
            ("no key", TLSIdentity(certificatePEM: good.certificatePEM, keyPEM: []), .key, "empty"),
            (
                "a certificate for a key",
                TLSIdentity(certificatePEM: good.certificatePEM, keyPEM: good.certificatePEM), .key,
                "no private key"
            ),
            (
                "encrypted key",
                TLSIdentity(certificatePEM: good.certificatePEM, keyPEM: try TestCertificates.pem("encrypted.key")),
                .key,
                "encrypted"
            ),
            (
                "another's key",
                TLSIdentity(certificatePEM: good.certificatePEM, keyPEM: try TestCertificates.pem("client.key")), .key,
                "does not belong"
            ),
        ]
        for (name, identity, code, text) in cases {
            let error = #expect(throws: TLSError.self, "\(name)") {
                try TLSServerContext(TLSServerSettings(identity: identity))
            }
            #expect(error?.code == code, "\(name)")
            #expect(error?.message.contains(text) == true, "\(name): \(String(describing: error))")
            // What went wrong here may not be blamed on what comes next.
            _ = try TLSServerContext(TLSServerSettings(identity: good))
        }
    }

    @Test func `settings that cannot hold are refused`() throws {
        let identity = try TLSSamples.identity("server")
        let changes: [@Sendable (inout TLSServerSettings) -> Void] = [
            { $0.clientAuthentication = .requireAndVerify }, { $0.clientAuthentication = .verifyIfGiven },
            { $0.clientCAPEM = [1] },
            { $0.cipherSuites = ["TLS_NONE"] },
            {
                $0.minVersion = .tls13
                $0.maxVersion = .tls12
            },
            {
                $0.cipherSuites = ["TLS_AES_128_GCM_SHA256"]
                $0.maxVersion = .tls12
            },
        ]
        for change in changes {
            var settings = TLSServerSettings(identity: identity)
            change(&settings)
            #expect(throws: TLSError.self) { try TLSServerContext(settings) }
        }
        #expect(throws: TLSError.self) { try TLSSamples.client { $0.trustedPEM = [1, 2, 3] } }
        #expect(throws: TLSError.self) { try TLSSamples.client { $0.cipherSuites = ["x"] } }
    }

    @Test func `a key is never printed`() throws {
        var settings = TLSServerSettings(identity: try TLSSamples.identity("server"))
        settings.clientAuthentication = .request
        var text = "\(settings)"
        dump(settings, to: &text)
        text += "\(settings.identity) \(String(reflecting: settings.identity))"
        #expect(!text.contains("keyPEM"))
        let first = try TestCertificates.pem("server.key").prefix(10).map(String.init).joined(separator: ", ")
        #expect(!text.contains(first))
    }
}
