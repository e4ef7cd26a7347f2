extension ServerConfiguration {
    static let typeName = "server.Config"

    /// The keys of `server`: those that are obeyed, those that say nothing to this program, and those that it lacks.
    static var fields: [ConfigurationField<ServerConfiguration>] {
        obeyed
            + [
                "http_listen_network", "grpc_listen_network", "grpc_listen_address", "grpc_listen_port",
                "grpc_listen_conn_limit", "tls_cipher_suites", "tls_min_version",
                "http_log_closed_connections_without_response_enabled", "grpc_server_max_recv_msg_size",
                "grpc_server_max_send_msg_size", "grpc_server_max_concurrent_streams",
                "grpc_server_max_connection_idle", "grpc_server_max_connection_age",
                "grpc_server_max_connection_age_grace", "grpc_server_keepalive_time",
                "grpc_server_keepalive_timeout", "grpc_server_min_time_between_pings",
                "grpc_server_ping_without_stream_allowed", "grpc_server_num_workers",
                "grpc_server_stats_tracking_enabled", "grpc_server_recv_buffer_pools_enabled",
                "grpc_server_read_buffer_size", "grpc_server_write_buffer_size", "grpc_collect_max_streams_by_conn",
                "log_source_ips_enabled", "log_source_ips_full", "log_source_ips_header", "log_source_ips_regex",
                "log_request_headers", "log_request_exclude_headers_list", "trace_request_headers",
                "trace_request_exclude_headers_list", "create_new_traces",
                "report_grpc_codes_in_instrumentation_label_enabled", "cluster_validation",
            ].map { .unused($0) }
            + [
                .unsupported("http_tls_config", "this build has no TLS; end TLS in front of it"),
                .unsupported("grpc_tls_config", "this build has no TLS; end TLS in front of it"),
                .unsupported("proxy_protocol_enabled", "the PROXY protocol is not read"),
            ]
    }

    private static var obeyed: [ConfigurationField<ServerConfiguration>] {
        [
            .string("http_listen_address", \.httpListenAddress),
            .int("http_listen_port", \.httpListenPort),
            .int("http_listen_conn_limit", \.httpListenConnLimit),
            .duration("graceful_shutdown_timeout", \.gracefulShutdownTimeout),
            .duration("http_server_read_timeout", \.httpServerReadTimeout),
            .duration("http_server_write_timeout", \.httpServerWriteTimeout),
            .duration("http_server_read_header_timeout", \.httpServerReadHeaderTimeout),
            .duration("http_server_idle_timeout", \.httpServerIdleTimeout),
            .int("http_server_max_header_bytes", \.httpServerMaxHeaderBytes),
            .int("http_server_max_header_count", \.httpServerMaxHeaderCount),
            .int("http_server_max_url_bytes", \.httpServerMaxURLBytes),
            .int("http_server_max_body_bytes", \.httpServerMaxBodyBytes),
            .string("http_path_prefix", \.httpPathPrefix),
            .bool("register_instrumentation", \.registerInstrumentation),
            .logLevel("log_level", \.logLevel),
            .logFormat("log_format", \.logFormat),
            .bool("log_request_at_info_level_enabled", \.logRequestAtInfoLevel),
        ]
    }
}

extension ConfigurationField where Block == ServerConfiguration {
    fileprivate static func logLevel(_ key: String, _ path: WritableKeyPath<Block, LogLevel>) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                guard let text = decoder.string(node) else { return }
                if let level = LogLevel(rawValue: text) {
                    block[keyPath: path] = level
                } else {
                    decoder.problem("unrecognized log level \"\(text.prefix(32))\"", at: node.mark)
                }
            }, render: { .text($0[keyPath: path].rawValue) })
    }

    fileprivate static func logFormat(
        _ key: String, _ path: WritableKeyPath<Block, LogFormat>
    ) -> ConfigurationField {
        ConfigurationField(
            key: key,
            decode: { _, node, block, decoder in
                guard let text = decoder.string(node) else { return }
                if let format = LogFormat(rawValue: text) {
                    block[keyPath: path] = format
                } else {
                    decoder.problem("unrecognized log format \"\(text.prefix(32))\"", at: node.mark)
                }
            }, render: { .text($0[keyPath: path].rawValue) })
    }
}
