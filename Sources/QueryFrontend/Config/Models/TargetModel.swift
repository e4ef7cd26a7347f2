/// In whose words a file lists the clusters behind the frontend. All three become the same targets.
enum TargetModel: String, Sendable, CaseIterable {
    /// `federation.proxy_targets`, as in Grafana Enterprise Traces' federation-frontend. The form in which `/status/config` shows
    /// every model.
    case proxyTargets = "federation.proxy_targets"
    /// `instances` and other flat keys at the root, as in the community's tempo-federated-querier.
    case federatedQuerier = "instances"
    /// `federated_frontend.instances`, as proposed for Tempo's target `federated-query-frontend`.
    case federatedFrontend = "federated_frontend.instances"

    /// What messages call it.
    var title: String {
        switch self {
        case .proxyTargets: "federation.proxy_targets (federation-frontend of Grafana Enterprise Traces)"
        case .federatedQuerier: "instances (tempo-federated-querier)"
        case .federatedFrontend: "federated_frontend (federated-query-frontend)"
        }
    }

    /// The models that a file uses, each with the key that shows it, in the order of the file.
    static func found(in root: YAMLNode) -> [(model: TargetModel, key: YAMLNode)] {
        guard case .mapping(let mapping) = root.content else { return [] }
        var found: [(model: TargetModel, key: YAMLNode)] = []
        func add(_ model: TargetModel, _ key: YAMLNode) {
            if !found.contains(where: { $0.model == model }) { found.append((model, key)) }
        }
        let flat = Set(FederatedQuerierFile.fields.map(\.key))
        for entry in mapping.entries {
            if flat.contains(entry.key.text) { add(.federatedQuerier, entry.key) }
            if entry.key.text == FederatedFrontendBlock.key, case .mapping = entry.value.content {
                add(.federatedFrontend, entry.key)
            }
            if entry.key.text == "federation", case .mapping(let federation) = entry.value.content,
                let targets = federation.entries.first(where: { $0.key.text == "proxy_targets" }),
                case .sequence(let items) = targets.value.content, !items.isEmpty
            {
                add(.proxyTargets, targets.key)
            }
        }
        return found
    }

    /// Settles the model of a file before its keys are read. Two models in one file are a problem that names both.
    static func settle(_ root: YAMLNode, _ decoder: inout ConfigurationDecoder) {
        let found = found(in: root)
        decoder.usesStore = found.isEmpty
        for (model, key) in found {
            switch model {
            case .proxyTargets: break
            case .federatedQuerier: decoder.federatedQuerier = FederatedQuerierFile(root, foundBy: key.text)
            case .federatedFrontend: decoder.federatedFrontend = FederatedFrontendBlock()
            }
        }
        guard let first = found.first, found.count > 1 else { return }
        for other in found.dropFirst() {
            decoder.problem(
                "\(other.model.title) beside \(first.model.title) of line \(first.key.mark.line)", at: other.key.mark,
                hint: "one file can use one of these models; list all targets in one of them")
        }
    }
}
