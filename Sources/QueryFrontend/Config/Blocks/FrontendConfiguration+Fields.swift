extension FrontendConfiguration {
    static let typeName = "app.Config"

    /// Root blocks of other targets, which share the file.
    private static let foreignBlocks = [
        "memory", "metrics_generator_client", "live_store_client", "querier", "metrics_generator",
        "ingest", "block_builder", "memberlist", "usage_report", "cache", "backend_scheduler",
        "backend_scheduler_client", "backend_worker", "live_store",
    ]

    /// Root blocks that Tempo 3 no longer has.
    private static let droppedBlocks = ["ingester", "ingester_client", "compactor"]

    /// The keys of the file's root.
    static var fields: [ConfigurationField<FrontendConfiguration>] {
        [
            .string("target", \.target), .multitenancy("multitenancy_enabled"), .multitenancy("auth_enabled"),
            .string("http_api_prefix", \.httpAPIPrefix),
            .bool("stream_over_http_enabled", \.streamOverHTTPEnabled),
            .duration("shutdown_delay", \.shutdownDelay),
            .unused("enable_go_runtime_metrics"), .unused("span_profiling"),
            .block("server", \.server, ServerConfiguration.typeName, ServerConfiguration.fields),
            .internalServer,
            .block(
                "query_frontend", \.queryFrontend, QueryFrontendConfiguration.typeName,
                QueryFrontendConfiguration.fields),
            .store("distributor", \.distributor, "distributor.Config", DistributorConfiguration.fields),
            .store("storage", \.storage, "storage.Config", StorageConfiguration.fields),
            .block("overrides", \.overrides, OverridesConfiguration.typeName, OverridesConfiguration.fields),
            .block("federation", \.federation, FederationConfiguration.typeName, FederationConfiguration.fields),
            FederatedFrontendBlock.field,
        ] + FederatedQuerierFile.rootFields + foreignBlocks.map { .foreign($0) }
            + droppedBlocks.map { .droppedBlock($0) }
    }
}

extension ConfigurationField where Block == FrontendConfiguration {
    /// `multitenancy_enabled`, or its old name.
    fileprivate static func multitenancy(_ key: String) -> ConfigurationField {
        let isOldName = key == "auth_enabled"
        return ConfigurationField(
            key: key, isHidden: isOldName,
            decode: { _, node, block, decoder in
                guard let value = decoder.bool(node) else { return }
                if isOldName { decoder.warnings.append(.oldAuthName) }
                // Either name being true is enough, as in Tempo: no spelling of a file may open the tenants by surprise.
                if value { block.multitenancyEnabled = true }
            }, render: { isOldName ? nil : .bare($0.multitenancyEnabled ? "true" : "false") })
    }

    /// A block that speaks of the embedded store: beside `federation.proxy_targets` it belongs to another target.
    fileprivate static func store<Inner>(
        _ key: String, _ path: WritableKeyPath<FrontendConfiguration, Inner>, _ typeName: String,
        _ fields: @escaping @autoclosure () -> [ConfigurationField<Inner>]
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { mark, node, block, decoder in
                guard decoder.usesStore else { return foreign(key).decode(mark, node, &block, &decoder) }
                decoder.decodeShared(
                    node, into: &block[keyPath: path], fields: fields(), typeName: typeName, path: key)
            },
            render: { block in
                block.federation.proxyTargets.isEmpty ? fields().rendered(block[keyPath: path]) : nil
            })
    }

    /// A block that belongs to another target.
    fileprivate static func foreign(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, _, decoder in
                decoder.checkDuplicates(node)
                decoder.ignoredBlocks.append(key)
            }, render: { _ in nil })
    }

    /// A block that Tempo 3 refuses; files of Tempo 2 have it.
    fileprivate static func droppedBlock(_ key: String) -> ConfigurationField {
        ConfigurationField(
            key: key, isHidden: true,
            decode: { _, node, _, decoder in
                decoder.checkDuplicates(node)
                decoder.warnings.append(
                    ConfigurationWarning(
                        "block \(key) was ignored", "Tempo 3.0 dropped it and refuses a file that has it"))
            }, render: { _ in nil })
    }

    /// A second listener, which this program does not open.
    fileprivate static var internalServer: ConfigurationField {
        ConfigurationField(
            key: "internal_server", isHidden: true,
            decode: { mark, node, _, decoder in
                var found = InternalServerSwitch()
                decoder.decode(
                    node, into: &found,
                    fields: [.bool("enable", \.isOn)] + ServerConfiguration.fields.map { .unused($0.key) },
                    typeName: "internalserver.Config")
                if found.isOn {
                    decoder.problem(
                        "internal_server is not supported", at: mark, hint: "probe and scrape the main port")
                }
            }, render: { _ in nil })
    }
}

extension FrontendConfiguration {
    /// Which part of the configuration to show.
    public enum YAMLMode: String, Sendable {
        /// Everything.
        case full
        /// What differs from the defaults.
        case diff
        /// The defaults.
        case defaults
    }

    /// The configuration as YAML, as `/status/config` shows it. Secrets are `********`.
    public func yaml(mode: YAMLMode = .full) -> String {
        let defaults = FrontendConfiguration.fields.rendered(FrontendConfiguration())
        let own = FrontendConfiguration.fields.rendered(self)
        switch mode {
        case .full: return own.document
        case .diff: return (own.difference(from: defaults) ?? .mapping([])).document
        case .defaults: return defaults.document
        }
    }
}

extension ConfigurationWarning {
    static let oldAuthName = ConfigurationWarning(
        "auth_enabled is deprecated", "it is called multitenancy_enabled now")
}

/// All that is read of `internal_server`.
private struct InternalServerSwitch {
    var isOn = false
}
