/// `federated_frontend`: the block of the target `federated-query-frontend` that was proposed for Tempo.
struct FederatedFrontendBlock: Sendable {
    static let key = "federated_frontend"

    /// `concurrent_requests`: sub-requests of one query in flight at once.
    var concurrentRequests = 4
    var instances: [FederatedInstance] = []

    private static let timeout = Duration.seconds(30)

    private static var fields: [ConfigurationField<FederatedFrontendBlock>] {
        [
            .int("concurrent_requests", \.concurrentRequests),
            ConfigurationField(
                key: "instances",
                decode: { _, node, block, decoder in
                    block.instances = FederatedInstance.list(node, typeName: "federation.Instance", &decoder)
                }, render: { _ in nil }),
        ]
    }

    /// The key of the root.
    static var field: ConfigurationField<FrontendConfiguration> {
        ConfigurationField(
            key: key,
            decode: { _, node, _, decoder in
                var block = FederatedFrontendBlock()
                decoder.decode(node, into: &block, fields: fields, typeName: "federation.Config")
                decoder.federatedFrontend = block
            }, render: { _ in nil })
    }

    /// Makes the targets.
    func apply(to configuration: inout FrontendConfiguration, _ decoder: inout ConfigurationDecoder) {
        configuration.federation.targetModel = .federatedFrontend
        guard !instances.isEmpty else {
            guard decoder.problems.isEmpty else { return }
            return decoder.problem(
                "federation must have at least one instance configured", at: YAMLMark(line: 1, column: 1))
        }
        configuration.federation.maxConcurrentRequestsPerQuery = concurrentRequests
        configuration.federation.proxyTargets = FederatedInstance.targets(instances, timeout: Self.timeout, &decoder)
    }
}
