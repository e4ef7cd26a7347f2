import HTTPTransport

extension ServerTLSConfiguration {
    /// Go's names of what is wanted of clients.
    static let clientAuthentication: [String: TLSServerSettings.ClientAuthentication] = [
        "": .none, "NoClientCert": .none, "RequestClientCert": .request, "RequireAnyClientCert": .requireAny,
        "VerifyClientCertIfGiven": .verifyIfGiven, "RequireAndVerifyClientCert": .requireAndVerify,
    ]

    /// - Parameters:
    ///   - block: the key of the block, with a dot at its end.
    ///   - versionKey: the key of the oldest version.
    ///   - suitesKey: the key of the cipher suites.
    func check(
        _ block: String, versionKey: String, suitesKey: String, versions: [String: TLSVersion],
        _ checks: inout FrontendConfiguration.Checks
    ) {
        TLSNames.check(version: minVersion, key: versionKey, versions, &checks)
        TLSNames.check(version: maxVersion, key: block + "max_version", versions, &checks)
        TLSNames.check(suites: cipherSuites, key: suitesKey, &checks)
        let names = Self.clientAuthentication
        guard let authentication = names[clientAuthType] else {
            let list = names.keys.filter { !$0.isEmpty }.sorted().joined(separator: ", ")
            return checks.problems.append(
                "\(block)client_auth_type: must be one of \(list), is \(clientAuthType.prefix(64))")
        }
        func twice(_ first: Bool, _ second: Bool, _ keys: String) {
            if first, second { checks.problems.append("\(block)\(keys) are both set") }
        }
        twice(!cert.isEmpty, !certFile.isEmpty, "cert and cert_file")
        twice(!key.isEmpty, !keyFile.isEmpty, "key and key_file")
        twice(!clientCA.isEmpty, !clientCAFile.isEmpty, "client_ca and client_ca_file")
        let hasCA = !clientCA.isEmpty || !clientCAFile.isEmpty
        guard isEnabled else {
            // Whoever sets these means TLS, and must not get a plain listener.
            if hasCA || authentication != .none {
                checks.problems.append("\(block)cert_file: is not set, but other settings of TLS are")
            }
            return
        }
        if cert.isEmpty, certFile.isEmpty {
            checks.problems.append("\(block)cert_file: is not set, but a key is")
        }
        if key.isEmpty, keyFile.isEmpty {
            checks.problems.append("\(block)key_file: is not set, but a certificate is")
        }
        switch authentication {
        case .none where hasCA:
            checks.problems.append(
                "\(block)client_ca_file: is set, but client_auth_type asks no client for a certificate")
        case .verifyIfGiven, .requireAndVerify:
            if !hasCA {
                checks.problems.append(
                    "\(block)client_ca_file: is not set, but client_auth_type \(clientAuthType) verifies certificates of "
                        + "clients by it")
            }
        case .request, .requireAny:
            checks.warnings.append(
                ConfigurationWarning(
                    "\(block)client_auth_type is \(clientAuthType)",
                    "any certificate will do, also one that nobody signed"))
        case .none: break
        }
    }
}

extension FederationConfiguration.ProxyTarget {
    func checkTLS(_ block: String, _ checks: inout FrontendConfiguration.Checks) {
        TLSNames.check(version: tls.minVersion, key: block + "tls_min_version", TLSNames.versions, &checks)
        TLSNames.check(suites: tls.cipherSuites, key: block + "tls_cipher_suites", &checks)
        if !TargetURL.isHost(tls.serverName), !tls.serverName.isEmpty {
            checks.problems.append(block + "tls_server_name: must be a host name or an address")
        }
        if tls.certPath.isEmpty != tls.keyPath.isEmpty {
            let (missing, present) = tls.certPath.isEmpty ? ("cert", "key") : ("key", "cert")
            checks.problems.append(block + "tls_\(missing)_path: is not set, but tls_\(present)_path is")
        }
        guard url.isSecure else {
            for (key, value) in [
                ("tls_ca_path", tls.caPath), ("tls_cert_path", tls.certPath), ("tls_server_name", tls.serverName),
            ] where !value.isEmpty {
                checks.problems.append(block + "\(key): is set, but the url is http://, which is not encrypted")
            }
            if tls.insecureSkipVerify {
                checks.warnings.append(
                    ConfigurationWarning(
                        block + "tls_insecure_skip_verify is set", "it has no effect: the url is http://"))
            }
            return
        }
        guard tls.insecureSkipVerify else { return }
        let hasCredentials =
            basicAuth != nil || !bearerToken.isEmpty || !bearerTokenFile.isEmpty
            || headers.contains { $0.name.lowercased() == "authorization" }
        checks.warnings.append(
            ConfigurationWarning(
                block + "tls_insecure_skip_verify is set",
                "any certificate is taken, so whoever sits in between can read and change what is sent"
                    + (hasCredentials
                        ? ", the target's credentials included"
                        : forwardAuthorization ? ", the caller's Authorization included" : "")))
    }
}

/// Names of versions and suites as Go has them.
enum TLSNames {
    /// As in Tempo's files.
    static let versions: [String: TLSVersion] = [
        "VersionTLS10": .tls10, "VersionTLS11": .tls11, "VersionTLS12": .tls12, "VersionTLS13": .tls13,
    ]
    /// As in those of OpenTelemetry's collector.
    static let numbers: [String: TLSVersion] = ["1.0": .tls10, "1.1": .tls11, "1.2": .tls12, "1.3": .tls13]

    static func check(
        version: String, key: String, _ names: [String: TLSVersion], _ checks: inout FrontendConfiguration.Checks
    ) {
        guard !version.isEmpty else { return }
        guard let number = names[version] else {
            let list = names.keys.sorted().joined(separator: ", ")
            return checks.problems.append("\(key): must be one of \(list), is \(version.prefix(64))")
        }
        if number < .tls12 {
            checks.warnings.append(
                ConfigurationWarning(
                    "\(key) is \(version)",
                    "it is not safe any more; OpenSSL as systems configure it may refuse to speak it all the same"))
        }
    }

    static func check(suites: [String], key: String, _ checks: inout FrontendConfiguration.Checks) {
        for name in suites where !TLSCipherSuites.isKnown(name) {
            checks.problems.append("\(key): no cipher suite is called \(name.prefix(64))")
        }
    }
}
