extension DistributorConfiguration {
    /// The keys of `distributor` that are read. Tempo has more, which say nothing to the embedded store.
    static var fields: [ConfigurationField<DistributorConfiguration>] {
        [.int("max_attribute_bytes", \.maxAttributeBytes), .int("max_inflight_bytes", \.maxInflightBytes), .receivers]
    }

    func check(_ checks: inout FrontendConfiguration.Checks) {
        checks.notNegative("distributor.max_attribute_bytes", maxAttributeBytes)
        checks.positive("distributor.max_inflight_bytes", maxInflightBytes)
        guard let http = otlpHTTP else {
            checks.warnings.append(
                ConfigurationWarning(
                    "distributor.receivers has no otlp.protocols.http",
                    "it is the only receiver that is served here: the embedded store gets no spans"))
            return
        }
        let block = "distributor.receivers.otlp.protocols.http."
        if http.address == nil {
            checks.problems.append(block + "endpoint: must be host:port, such as 0.0.0.0:4318")
        }
        http.tls.check(
            block + "tls.", versionKey: block + "tls.min_version", suitesKey: block + "tls.cipher_suites",
            versions: TLSNames.numbers, &checks)
        checks.range(block + "max_request_body_size", http.maxRequestBodySize, 1...268_435_456)
        if maxInflightBytes < http.maxRequestBodySize {
            checks.problems.append(
                "distributor.max_inflight_bytes: must not be less than max_request_body_size of the receiver, "
                    + "is \(maxInflightBytes)")
        }
    }
}

extension ConfigurationField where Block == DistributorConfiguration {
    private static let path = "distributor.receivers"

    /// Receivers are on when they are listed, an empty value meaning their defaults, as in Tempo; without any list all are.
    fileprivate static var receivers: ConfigurationField {
        ConfigurationField(
            key: "receivers",
            decode: { _, node, block, decoder in
                block.otlpHTTP = nil
                decoder.eachEntry(node, "map[string]interface{}") { key, value, decoder in
                    guard key.text == "otlp" else { return decoder.unserved("\(path).\(key.text)") }
                    guard !decoder.isNull(value) else {
                        block.otlpHTTP = OTLPHTTPConfiguration()
                        return
                    }
                    decoder.eachEntry(value, "otlpreceiver.Config") { key, value, decoder in
                        guard key.text == "protocols" else {
                            return decoder.unserved("\(path).otlp.\(key.text)")
                        }
                        protocols(value, &block, &decoder)
                    }
                }
            },
            render: { block in
                let http = block.otlpHTTP.map { YAMLOutput.Entry(key: "http", value: httpFields.rendered($0)) }
                let protocols = YAMLOutput.mapping(http.map { [$0] } ?? [])
                return .mapping([
                    .init(key: "otlp", value: .mapping([.init(key: "protocols", value: protocols)]))
                ])
            })
    }

    private static func protocols(
        _ node: YAMLNode, _ block: inout DistributorConfiguration, _ decoder: inout ConfigurationDecoder
    ) {
        var http: OTLPHTTPConfiguration?
        decoder.eachEntry(node, "otlpreceiver.Protocols") { key, value, decoder in
            switch key.text {
            case "http":
                var found = OTLPHTTPConfiguration()
                decoder.decodeShared(
                    value, into: &found, fields: httpFields, typeName: "otlpreceiver.HTTPConfig",
                    path: "\(path).otlp.protocols.http")
                http = found
            case "grpc": decoder.unserved("\(path).otlp.protocols.grpc", "send OTLP over HTTP instead")
            default: decoder.unserved("\(path).otlp.protocols.\(key.text)")
            }
        }
        block.otlpHTTP = http
    }

    private static var receiverTLS: ConfigurationField<OTLPHTTPConfiguration> {
        ConfigurationField<OTLPHTTPConfiguration>(
            key: "tls",
            decode: { _, node, block, decoder in
                decoder.decodeShared(
                    node, into: &block.tls, fields: ServerTLSConfiguration.receiverFields,
                    typeName: "configtls.ServerConfig", path: "\(path).otlp.protocols.http.tls")
                // The collector knows no other way to want certificates of clients.
                if !block.tls.clientCAFile.isEmpty { block.tls.clientAuthType = "RequireAndVerifyClientCert" }
            },
            render: { block in
                block.tls.isEnabled ? ServerTLSConfiguration.receiverFields.rendered(block.tls) : nil
            })
    }

    private static var httpFields: [ConfigurationField<OTLPHTTPConfiguration>] {
        [
            .string("endpoint", \.endpoint), .int("max_request_body_size", \.maxRequestBodySize),
            receiverTLS,
        ]
    }
}

extension ConfigurationDecoder {
    /// A listener of Tempo that this program does not open; the start says so.
    fileprivate mutating func unserved(_ path: String, _ advice: String = "") {
        let text = "\(path.prefix(128)) is not served here" + (advice.isEmpty ? "" : ": \(advice)")
        notices.append(String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) }))
    }
}
