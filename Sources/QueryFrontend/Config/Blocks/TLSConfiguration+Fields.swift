extension ServerTLSConfiguration {
    static let typeName = "server.TLSConfig"

    /// The keys of `server.http_tls_config`.
    static var fields: [ConfigurationField<ServerTLSConfiguration>] {
        [
            .secret("cert", \.cert).unlessEmpty(\.cert.isEmpty), .secret("key", \.key).unlessEmpty(\.key.isEmpty),
            .secret("client_ca", \.clientCA).unlessEmpty(\.clientCA.isEmpty),
            .string("cert_file", \.certFile), .string("key_file", \.keyFile),
            .string("client_auth_type", \.clientAuthType), .string("client_ca_file", \.clientCAFile),
        ]
    }

    /// The keys of `tls` of the OTLP receiver, as OpenTelemetry's collector spells them.
    static var receiverFields: [ConfigurationField<ServerTLSConfiguration>] {
        [
            .string("cert_file", \.certFile), .string("key_file", \.keyFile),
            .secret("cert_pem", \.cert).unlessEmpty(\.cert.isEmpty),
            .secret("key_pem", \.key).unlessEmpty(\.key.isEmpty),
            .string("client_ca_file", \.clientCAFile).unlessEmpty(\.clientCAFile.isEmpty),
            .string("min_version", \.minVersion).unlessEmpty(\.minVersion.isEmpty),
            .string("max_version", \.maxVersion).unlessEmpty(\.maxVersion.isEmpty),
            .strings("cipher_suites", \.cipherSuites).unlessEmpty(\.cipherSuites.isEmpty),
        ]
    }
}

extension ConfigurationField where Block == FederationConfiguration.ProxyTarget {
    /// The keys of TLS at a target itself.
    static var tlsFields: [ConfigurationField] {
        [
            tls("tls_ca_path", \.caPath, beside: "tls.ca_file"),
            tls("tls_cert_path", \.certPath, beside: "tls.cert_file"),
            tls("tls_key_path", \.keyPath, beside: "tls.key_file"),
            tls("tls_server_name", \.serverName, beside: "tls.server_name"),
            tls("tls_min_version", \.minVersion, beside: "tls.min_version"),
            .bool("tls_insecure_skip_verify", \.tls.insecureSkipVerify)
                .unlessEmpty { !$0.tls.insecureSkipVerify },
            .commaList("tls_cipher_suites", \.tls.cipherSuites).unlessEmpty(\.tls.cipherSuites.isEmpty),
            .section("tls", "federation.TLSConfig", blockFields).neverShown,
        ]
    }

    /// The keys of its block `tls`, which say the same.
    private static var blockFields: [ConfigurationField] {
        [
            tls("ca_file", \.caPath, beside: "tls_ca_path"), tls("cert_file", \.certPath, beside: "tls_cert_path"),
            tls("key_file", \.keyPath, beside: "tls_key_path"),
            tls("server_name", \.serverName, beside: "tls_server_name"),
            tls("min_version", \.minVersion, beside: "tls_min_version"),
            .bool("insecure_skip_verify", \.tls.insecureSkipVerify),
        ]
    }

    private static func tls(
        _ key: String, _ path: WritableKeyPath<TargetTLSConfiguration, String>, beside other: String
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { mark, node, target, decoder in
                guard let text = decoder.string(node), !text.isEmpty else { return }
                if target.tls[keyPath: path].isEmpty {
                    target.tls[keyPath: path] = text
                } else {
                    decoder.problem("\(key) is set twice: here and as \(other)", at: mark)
                }
            },
            render: { target in
                target.tls[keyPath: path].isEmpty ? nil : .text(target.tls[keyPath: path])
            })
    }
}

extension ConfigurationField {
    /// The same field, shown by others.
    fileprivate var neverShown: ConfigurationField {
        ConfigurationField(key: key, isHidden: isHidden, refusal: refusal, decode: decode, render: { _ in nil })
    }
}
