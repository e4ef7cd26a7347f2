import TenantFederation

extension FederationConfiguration {
    func check(_ checks: inout FrontendConfiguration.Checks) {
        let block = "federation."
        checks.positive(block + "max_tenants", maxTenants)
        checks.positive(block + "max_concurrent_requests_per_query", maxConcurrentRequestsPerQuery)
        checks.notNegative(block + "max_concurrent_queries", maxConcurrentQueries)
        checks.notNegative(block + "query_max_response_bytes", queryMaxResponseBytes)
        checks.notNegative(block + "part_window_margin", partWindowMargin)
        checks.notNegative(block + "version_probe_interval", versionProbeInterval)
        let evaluation = block + "cross_tenant_evaluation."
        checks.positive(evaluation + "max_candidate_traces", crossTenantEvaluation.maxCandidateTraces)
        checks.positive(evaluation + "max_bytes", crossTenantEvaluation.maxBytes)
        checks.positive(evaluation + "max_concurrent_fetches", crossTenantEvaluation.maxConcurrentFetches)
        clockSkewCorrection.check(block + "clock_skew_correction.", &checks)
        checks.positive(block + "max_connections_per_target", maxConnectionsPerTarget)
        checks.notNegative(block + "max_idle_connections_per_target", maxIdleConnectionsPerTarget)
        checks.notNegative(block + "idle_connection_timeout", idleConnectionTimeout)
        checks.positive(block + "connect_timeout", connectTimeout)
        for (key, name) in [("tenant_attribute", tenantAttribute), ("target_attribute", targetAttribute)]
        where name.utf8.count > 128 || !name.utf8.allSatisfy({ Self.isWordByte($0) }) {
            checks.problems.append(block + "\(key): must be at most 128 letters, digits, dots and underscores")
        }
        if !tenantAttribute.isEmpty, tenantAttribute == targetAttribute {
            checks.problems.append(block + "target_attribute: is that of tenants too")
        }
        if proxyTargets.count > 1000 {
            checks.problems.append(
                "federation.proxy_targets: at most 1000 targets are possible, are \(proxyTargets.count)")
        }
        checkNames(&checks)
        for target in proxyTargets { target.check(key(of: target) + ".", &checks) }
        if tenantOptional, proxyTargets.isEmpty {
            checks.problems.append(block + "tenant_optional: the embedded store cannot be asked without a tenant")
        }
    }

    /// How messages name a target's entry in the file.
    func key(of target: ProxyTarget) -> String { "\(targetModel.rawValue)[\(target.effectiveName)]" }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    private func checkNames(_ checks: inout FrontendConfiguration.Checks) {
        var byName: [String: ProxyTarget] = [:]
        for target in proxyTargets {
            let name = target.effectiveName
            if byName.updateValue(target, forKey: name) != nil {
                checks.problems.append("\(targetModel.rawValue): name \(name) is used twice")
            }
        }
        for target in proxyTargets where !target.replicaOf.isEmpty {
            let key = key(of: target) + ".replica_of"
            if target.replicaOf == target.effectiveName {
                checks.problems.append("\(key): a target cannot be a replica of itself")
            } else if let original = byName[target.replicaOf] {
                if !original.replicaOf.isEmpty {
                    checks.problems.append(
                        "\(key): \(target.replicaOf) is itself a replica; name \(original.replicaOf) instead")
                }
            } else {
                checks.problems.append("\(key): no target is called \(target.replicaOf.prefix(64))")
            }
        }
    }
}

extension FederationConfiguration.ProxyTarget {
    /// The name, or the one that stands for a missing one.
    public var effectiveName: String { name.isEmpty ? url.display : name }

    /// The tenants that are always asked, in the order of the file; empty: those of the request.
    var fixedTenants: [String] {
        tenant.isEmpty ? [] : tenant.split(separator: "|", omittingEmptySubsequences: false).map { String($0) }
    }

    /// Its loss does not fail a query where partial answers are allowed.
    var isOptional: Bool { !required }

    /// The target is asked with credentials of its own.
    var hasCredentials: Bool {
        basicAuth != nil || !bearerToken.isEmpty || !bearerTokenFile.isEmpty
            || headers.contains { $0.name.lowercased() == "authorization" }
    }

    /// Keys and paths of the files that hold credentials.
    var credentialFiles: [(key: String, path: String)] {
        [("bearer_token_file", bearerTokenFile), ("basic_auth.password_file", basicAuth?.passwordFile ?? "")]
            .filter { !$0.1.isEmpty }
    }

    fileprivate func check(_ block: String, _ checks: inout FrontendConfiguration.Checks) {
        if effectiveName.utf8.count > 128 || effectiveName.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            checks.problems.append("federation.proxy_targets: a name must be at most 128 bytes without control bytes")
            return
        }
        checks.positive(block + "timeout", timeout)
        checks.positive(block + "max_body_bytes", maxBodyBytes)
        checkResilience(&checks, block: block)
        checkTLS(block, &checks)
        let tenants = fixedTenants
        if tenants.contains(where: { (try? TenantID($0)) == nil }) || Set(tenants).count < tenants.count {
            checks.problems.append(block + "tenant: must be a tenant id, or several unlike ones joined by |")
        }
        if let from, let until, from.isKnownNotBefore(until) {
            checks.problems.append(block + "until: must be later than from")
        }
        if let basicAuth {
            if basicAuth.username.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: ":") }) {
                checks.problems.append(block + "basic_auth.username: must not hold a colon or control bytes")
            }
            if basicAuth.password.reveal().utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                checks.problems.append(block + "basic_auth.password: must not hold control bytes")
            }
            if basicAuth.username.isEmpty, basicAuth.password.isEmpty, basicAuth.passwordFile.isEmpty {
                checks.problems.append(block + "basic_auth: username and password are empty")
            }
            if !basicAuth.password.isEmpty, !basicAuth.passwordFile.isEmpty {
                checks.problems.append(block + "basic_auth.password_file: password is set too")
            }
        }
        if !HeaderSyntax.isValue(bearerToken.reveal()) {
            checks.problems.append(block + "bearer_token: must not hold control bytes or exceed 8192 bytes")
        }
        let ways = [
            ("basic_auth", basicAuth != nil), ("bearer_token", !bearerToken.isEmpty),
            ("bearer_token_file", !bearerTokenFile.isEmpty),
        ].filter(\.1).map(\.0)
        if ways.count > 1 { checks.problems.append(block + "\(ways[1]): \(ways[0]) is set too") }
        var names: Set<String> = []
        for header in headers {
            let name = header.name.lowercased()
            guard HeaderSyntax.isName(header.name) else {
                checks.problems.append(block + "headers: a name is not a header field name")
                continue
            }
            let key = block + "headers.\(header.name)"
            if !names.insert(name).inserted { checks.problems.append("\(key): is set twice") }
            if !HeaderSyntax.isValue(header.value.reveal()) {
                checks.problems.append("\(key): the value must not hold control bytes or exceed 8192 bytes")
            }
            if name == "x-scope-orgid" {
                checks.problems.append("\(key): use tenant instead")
            } else if name == "authorization", let way = ways.first {
                checks.problems.append("\(key): \(way) is set too")
            } else if HeaderSyntax.isReserved(name) {
                checks.problems.append("\(key): this field is set by the frontend itself")
            }
        }
    }
}
