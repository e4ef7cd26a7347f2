extension OverridesConfiguration {
    static let typeName = "overrides.Config"

    /// The keys of `overrides`, with the flat keys of old files when they are switched on.
    static var fields: [ConfigurationField<OverridesConfiguration>] {
        [
            .block("defaults", \.defaults, TenantLimits.typeName, TenantLimits.fields),
            .string("per_tenant_override_config", \.perTenantOverrideConfig),
            .duration("per_tenant_override_period", \.perTenantOverridePeriod),
            .bool("enable_legacy_overrides", \.enableLegacyOverrides),
            .noted("user_configurable_overrides", in: "overrides"),
        ] + TenantLimits.legacyFields.map { $0.lifted(to: \.defaults) }
    }
}

extension TenantLimits {
    static let typeName = "overrides.Overrides"

    /// The keys of one set of limits: `read` and `global` are obeyed, the sections of other targets are accepted.
    static var fields: [ConfigurationField<TenantLimits>] {
        [
            .section("read", "overrides.ReadOverrides", readFields),
            .section("global", "overrides.GlobalOverrides", [.int("max_bytes_per_trace", \.maxBytesPerTrace)]),
            .section("ingestion", "overrides.IngestionOverrides", ingestionFields),
            .section("compaction", "overrides.CompactionOverrides", compactionFields),
        ]
            + ["metrics_generator", "forwarders", "storage", "cost_attribution"].map { .unused($0) } + legacyFields
    }

    private static var ingestionFields: [ConfigurationField<TenantLimits>] {
        [
            .int("rate_limit_bytes", \.ingestionRateLimitBytes), .int("burst_size_bytes", \.ingestionBurstSizeBytes),
        ]
            + [
                "rate_strategy", "max_traces_per_user", "tenant_shard_size", "max_attribute_bytes",
                "artificial_delay", "retry_info_enabled", "max_global_traces_per_user",
            ].map { .unused($0) }
    }

    private static var compactionFields: [ConfigurationField<TenantLimits>] {
        [
            .prometheusDuration("block_retention", \.blockRetention),
            .int("block_retention_bytes", \.blockRetentionBytes),
        ]
            + ["compaction_window", "compaction_disabled"].map { .unused($0) }
    }

    private static var readFields: [ConfigurationField<TenantLimits>] {
        [
            .int("max_bytes_per_tag_values_query", \.maxBytesPerTagValuesQuery),
            .int("max_blocks_per_tag_values_query", \.maxBlocksPerTagValuesQuery),
            .int("max_condition_groups_per_tag_query", \.maxConditionGroupsPerTagQuery),
            .prometheusDuration("max_search_duration", \.maxSearchDuration),
            .prometheusDuration("max_metrics_duration", \.maxMetricsDuration),
            .bool("unsafe_query_hints", \.unsafeQueryHints),
            .bool("left_pad_trace_ids", \.leftPadTraceIDs),
            .int("max_tenants_per_query", \.maxTenantsPerQuery),
        ]
            + [
                "metrics_spanonly_fetch", "span_pruning_awareness", "engine_bytes_tracking", "span_pruning_enabled",
            ].map { .noted($0, in: "read") }
    }

    /// The flat keys of files from before the sections.
    static var legacyFields: [ConfigurationField<TenantLimits>] {
        let obeyed: [(String, ConfigurationField<TenantLimits>)] = [
            ("global", .int("max_bytes_per_trace", \.maxBytesPerTrace)),
            ("read", .int("max_bytes_per_tag_values_query", \.maxBytesPerTagValuesQuery)),
            ("read", .int("max_blocks_per_tag_values_query", \.maxBlocksPerTagValuesQuery)),
            ("read", .prometheusDuration("max_search_duration", \.maxSearchDuration)),
            ("read", .prometheusDuration("max_metrics_duration", \.maxMetricsDuration)),
            ("read", .bool("unsafe_query_hints", \.unsafeQueryHints)),
            ("ingestion", .int("ingestion_rate_limit_bytes", \.ingestionRateLimitBytes)),
            ("ingestion", .int("ingestion_burst_size_bytes", \.ingestionBurstSizeBytes)),
            ("compaction", .prometheusDuration("block_retention", \.blockRetention)),
        ]
        let unused = [
            ("ingestion", "ingestion_rate_strategy"), ("ingestion", "ingestion_max_attribute_bytes"),
            ("ingestion", "ingestion_artificial_delay"), ("ingestion", "ingestion_tenant_shard_size"),
            ("ingestion", "max_traces_per_user"), ("ingestion", "max_global_traces_per_user"),
            ("compaction", "compaction_window"),
            ("compaction", "compaction_disabled"), ("storage", "parquet_dedicated_columns"),
            ("metrics_generator", "metrics_generator_processors"),
            ("metrics_generator", "metrics_generator_ring_size"),
            ("metrics_generator", "metrics_generator_max_active_series"),
            ("metrics_generator", "metrics_generator_collection_interval"),
            ("metrics_generator", "metrics_generator_disable_collection"),
        ]
        return obeyed.map { $1.legacy(section: $0) }
            + unused.map { ConfigurationField<TenantLimits>.unused($1).legacy(section: $0) }
    }
}

extension ConfigurationField {
    /// The field at the top of a set of limits, where it only stands when old files are accepted.
    fileprivate func legacy(section: String) -> ConfigurationField {
        let field = self
        return ConfigurationField(
            key: key, isHidden: true,
            decode: { mark, node, block, decoder in
                guard decoder.acceptsLegacyOverrides else {
                    return decoder.problem(
                        "field \(field.key) not found in type \(TenantLimits.typeName)", at: mark,
                        hint: "a flat key of old files: put it under \(section), "
                            + "or set overrides.enable_legacy_overrides")
                }
                decoder.hasLegacyOverrides = true
                field.decode(mark, node, &block, &decoder)
            }, render: { _ in nil })
    }

    /// The field of an inner struct as one of the struct around it.
    fileprivate func lifted<Outer>(to path: WritableKeyPath<Outer, Block>) -> ConfigurationField<Outer> {
        let field = self
        return ConfigurationField<Outer>(
            key: key, isHidden: isHidden, refusal: refusal,
            decode: { mark, node, outer, decoder in field.decode(mark, node, &outer[keyPath: path], &decoder) },
            render: { field.render($0[keyPath: path]) })
    }
}
