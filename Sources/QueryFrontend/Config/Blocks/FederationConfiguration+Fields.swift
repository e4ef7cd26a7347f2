extension FederationConfiguration {
    static let typeName = "federation.Config"

    /// The keys of `federation`.
    static var fields: [ConfigurationField<FederationConfiguration>] {
        [
            .proxyTargets,
            .bool("tenant_optional", \.tenantOptional), .duration("version_probe_interval", \.versionProbeInterval),
            .int("max_tenants", \.maxTenants),
            .int("max_concurrent_requests_per_query", \.maxConcurrentRequestsPerQuery),
            .int("max_concurrent_queries", \.maxConcurrentQueries),
            .bytes("query_max_response_bytes", \.queryMaxResponseBytes),
            .bool("allow_partial_responses", \.allowPartialResponses),
            .bool("newest_first", \.newestFirst),
            .duration("part_window_margin", \.partWindowMargin),
            .block(
                "cross_tenant_evaluation", \.crossTenantEvaluation, "federation.CrossTenantEvaluation",
                CrossTenantEvaluation.fields),
            .block("result_cache", \.resultCache, "federation.ResultCache", ResultCacheConfiguration.fields),
            .block(
                "clock_skew_correction", \.clockSkewCorrection, ClockSkewConfiguration.typeName,
                ClockSkewConfiguration.fields),
            .bool("require_exact", \.requireExact),
            .string("tenant_attribute", \.tenantAttribute),
            .string("target_attribute", \.targetAttribute),
            .bool("list_tenant_attribute", \.listTenantAttribute),
            .int("max_connections_per_target", \.maxConnectionsPerTarget),
            .int("max_idle_connections_per_target", \.maxIdleConnectionsPerTarget),
            .duration("idle_connection_timeout", \.idleConnectionTimeout),
            .duration("connect_timeout", \.connectTimeout),
        ]
    }
}

extension FederationConfiguration.CrossTenantEvaluation {
    static var fields: [ConfigurationField<FederationConfiguration.CrossTenantEvaluation>] {
        [
            .bool("enabled", \.enabled), .int("max_candidate_traces", \.maxCandidateTraces),
            .bytes("max_bytes", \.maxBytes), .int("max_concurrent_fetches", \.maxConcurrentFetches),
        ]
    }
}

extension ConfigurationField where Block == FederationConfiguration {
    fileprivate static var proxyTargets: ConfigurationField {
        ConfigurationField(
            key: "proxy_targets",
            decode: { _, node, block, decoder in
                guard case .sequence(let items) = node.content else {
                    return decoder.cannotUnmarshal(node, into: "[]federation.ProxyTarget")
                }
                block.proxyTargets = items.compactMap { FederationConfiguration.ProxyTarget.decode($0, &decoder) }
            },
            render: { block in
                .sequence(block.proxyTargets.map { FederationConfiguration.ProxyTarget.fields.rendered($0) })
            })
    }
}

extension FederationConfiguration.ProxyTarget {
    static let typeName = "federation.ProxyTarget"

    static var fields: [ConfigurationField<FederationConfiguration.ProxyTarget>] {
        [
            .string("name", \.name), .url, .string("tenant", \.tenant), .basicAuth,
            .secret("bearer_token", \.bearerToken).unlessEmpty(\.bearerToken.isEmpty),
            .string("bearer_token_file", \.bearerTokenFile).unlessEmpty(\.bearerTokenFile.isEmpty),
            .headers("headers", \.headers),
            .duration("timeout", \.timeout), .bytes("max_body_bytes", \.maxBodyBytes),
            .string("replica_of", \.replicaOf), .bool("required", \.required).unlessEmpty(\.isOptional),
            .bound("from", \.from),
            .bound("until", \.until), .bool("forward_authorization", \.forwardAuthorization),
        ] + resilienceFields + ConfigurationField.tlsFields
    }

    /// One item of `proxy_targets`; nil when it is no mapping or has no usable url, which is then a problem.
    fileprivate static func decode(
        _ node: YAMLNode, _ decoder: inout ConfigurationDecoder
    ) -> FederationConfiguration.ProxyTarget? {
        guard case .mapping(let mapping) = node.content else {
            decoder.hidingValues { $0.cannotUnmarshal(node, into: typeName) }
            return nil
        }
        // A target cannot be without url; the placeholder lets the other keys be checked all the same.
        var target = FederationConfiguration.ProxyTarget(url: .placeholder)
        decoder.decode(node, into: &target, fields: fields, typeName: typeName)
        guard let url = mapping.entries.first(where: { $0.key.text == "url" }), !decoder.isNull(url.value) else {
            decoder.problem("federation.proxy_targets: url is required", at: node.mark)
            return nil
        }
        guard target.url != .placeholder else { return nil }
        if target.name.isEmpty { target.name = target.url.display }
        return target
    }
}

extension ConfigurationField where Block == FederationConfiguration.ProxyTarget {
    fileprivate static var url: ConfigurationField {
        ConfigurationField(
            key: "url",
            decode: { _, node, target, decoder in
                var text: String?
                // A URL can hold a password; no message repeats it.
                decoder.hidingValues { text = $0.string(node) }
                guard let text else { return }
                do throws(TargetURL.Invalid) {
                    target.url = try TargetURL(text)
                } catch {
                    decoder.problem("federation.proxy_targets: \(error)", at: node.mark)
                }
            }, render: { .text($0.url.description) })
    }

    fileprivate static var basicAuth: ConfigurationField {
        let fields: () -> [ConfigurationField<FederationConfiguration.BasicAuth>] = {
            [
                .string("username", \.username), .secret("password", \.password),
                .string("password_file", \.passwordFile).unlessEmpty(\.passwordFile.isEmpty),
            ]
        }
        return ConfigurationField(
            key: "basic_auth",
            decode: { _, node, target, decoder in
                var auth = FederationConfiguration.BasicAuth()
                decoder.hidingValues {
                    $0.decode(node, into: &auth, fields: fields(), typeName: "federation.BasicAuth")
                }
                target.basicAuth = auth
            }, render: { target in target.basicAuth.map { fields().rendered($0) } })
    }
}

extension ConfigurationField {
    /// The same field, not shown where the property says that there is nothing to show.
    func unlessEmpty(_ isEmpty: @escaping (Block) -> Bool) -> ConfigurationField {
        ConfigurationField(
            key: key, isHidden: isHidden, refusal: refusal, decode: decode,
            render: { isEmpty($0) ? nil : self.render($0) })
    }

    /// Header fields by name; their values are never shown.
    static func headers(
        _ key: String, _ path: WritableKeyPath<Block, [FederationConfiguration.Header]>
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                decoder.hidingValues { decoder in
                    guard case .mapping(let mapping) = node.content else {
                        return decoder.cannotUnmarshal(node, into: "map[string]string")
                    }
                    decoder.checkDuplicates(node)
                    block[keyPath: path] = mapping.entries.compactMap { entry in
                        decoder.string(entry.value).map { .init(name: entry.key.text, value: Secret($0)) }
                    }
                }
            },
            render: { block in
                guard !block[keyPath: path].isEmpty else { return nil }
                return .mapping(
                    block[keyPath: path].map { .init(key: $0.name, value: .text($0.value.description)) })
            })
    }
}
