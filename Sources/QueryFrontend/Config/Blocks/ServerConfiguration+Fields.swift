extension ServerConfiguration {
    static let typeName = "server.Config"

    /// The keys of `server`: those that are obeyed, those that say nothing to this program, and those that it lacks.
    static var fields: [ConfigurationField<ServerConfiguration>] {
        obeyed
            + [
                "grpc_listen_network", "grpc_listen_address", "grpc_listen_port",
                "grpc_listen_conn_limit",
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
                "report_grpc_codes_in_instrumentation_label_enabled",
            ].map { .noted($0, in: "server") }
            + [
                .listenNetwork, .clusterValidation,
                .unsupported("grpc_tls_config", "there is no gRPC"),
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
            .string("tls_min_version", \.httpTLS.minVersion).unlessEmpty(\.httpTLS.minVersion.isEmpty),
            .commaList("tls_cipher_suites", \.httpTLS.cipherSuites).unlessEmpty(\.httpTLS.cipherSuites.isEmpty),
            ConfigurationField.block(
                "http_tls_config", \.httpTLS, ServerTLSConfiguration.typeName, ServerTLSConfiguration.fields
            ).unlessEmpty { !$0.httpTLS.isEnabled },
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

    /// Tempo's default, `tcp`, is what is done; a network of one address family is not told apart.
    fileprivate static var listenNetwork: ConfigurationField {
        ConfigurationField(
            key: "http_listen_network",
            decode: { mark, node, _, decoder in
                guard let text = decoder.string(node) else { return }
                switch text {
                case "", "tcp": break
                case "tcp4", "tcp6":
                    decoder.warnings.append(
                        ConfigurationWarning(
                            "server.http_listen_network is \(text)",
                            "it has no effect here: http_listen_address alone says where to listen, so name an address "
                                + "of that family there"))
                default: decoder.problem("server.http_listen_network: only tcp is possible", at: mark)
                }
            }, render: { _ in nil })
    }

    /// A guard against requests of another cluster. Switched on it refuses requests, which is not done here, so it must not be
    /// accepted as if it were.
    fileprivate static var clusterValidation: ConfigurationField {
        ConfigurationField(
            key: "cluster_validation",
            decode: { mark, node, _, decoder in
                decoder.checkDuplicates(node)
                if isSwitchedOff(node) { return }
                if isEnabled("http", in: node) || isEnabled("grpc", in: node) {
                    decoder.problem(
                        "cluster_validation is not supported", at: mark,
                        hint: "requests would not be checked; check them in a proxy")
                } else {
                    decoder.warnings.append(
                        ConfigurationWarning(
                            "server.cluster_validation is set",
                            "requests are not checked for the cluster that they are meant for"))
                }
            }, render: { _ in nil })
    }

    private static func isEnabled(_ part: String, in node: YAMLNode) -> Bool {
        guard case .mapping(let outer) = node.content,
            let inner = outer.entries.first(where: { $0.key.text == part })?.value,
            case .mapping(let switches) = inner.content,
            let value = switches.entries.first(where: { $0.key.text == "enabled" })?.value
        else { return false }
        return !isSwitchedOff(value)
    }
}
