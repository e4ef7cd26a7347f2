/// One item of `instances`, of the flat file or of `federated_frontend`.
struct FederatedInstance: Sendable {
    var name = ""
    var endpoint = ""
    /// Sent as X-Scope-OrgID, whatever tenant the caller names.
    var orgID = ""
    /// Zero: not set.
    var timeout: Duration = .zero
    var headers: [FederationConfiguration.Header] = []
    /// Where it stands in the file.
    var mark = YAMLMark(line: 1, column: 1)

    static var fields: [ConfigurationField<FederatedInstance>] {
        [
            .string("name", \.name), .endpoint, .string("org_id", \.orgID), .duration("timeout", \.timeout),
            .headers("headers", \.headers),
        ]
    }

    /// Reads the list. An item that is no mapping is a problem of its own.
    static func list(
        _ node: YAMLNode, typeName: String, _ decoder: inout ConfigurationDecoder
    ) -> [FederatedInstance] {
        guard case .sequence(let items) = node.content else {
            decoder.cannotUnmarshal(node, into: "[]" + typeName)
            return []
        }
        return items.compactMap { item in
            guard case .mapping = item.content else {
                decoder.hidingValues { $0.cannotUnmarshal(item, into: typeName) }
                return nil
            }
            var instance = FederatedInstance()
            instance.mark = item.mark
            decoder.decode(item, into: &instance, fields: fields, typeName: typeName)
            return instance
        }
    }

    /// The instances as targets, in their order. Names are those of the file, else the endpoint; names that repeat get a number.
    /// - Parameter timeout: of those that have none of their own.
    static func targets(
        _ instances: [FederatedInstance], timeout: Duration, _ decoder: inout ConfigurationDecoder
    ) -> [FederationConfiguration.ProxyTarget] {
        var names: Set<String> = []
        var targets: [FederationConfiguration.ProxyTarget] = []
        for (index, instance) in instances.enumerated() {
            guard !instance.endpoint.isEmpty else {
                decoder.problem("instance \(index): endpoint is required", at: instance.mark)
                continue
            }
            do throws(TargetURL.Invalid) {
                var target = FederationConfiguration.ProxyTarget(url: try TargetURL(instance.endpoint))
                let wanted = instance.name.isEmpty ? instance.endpoint : instance.name
                var name = wanted
                var count = 1
                while !names.insert(name).inserted {
                    count += 1
                    name = "\(wanted) #\(count)"
                }
                target.name = name
                target.tenant = instance.orgID
                target.headers = instance.headers
                // The tenant may stand among the headers just as well.
                if target.tenant.isEmpty,
                    let index = target.headers.firstIndex(where: { $0.name.lowercased() == "x-scope-orgid" })
                {
                    target.tenant = target.headers.remove(at: index).value.reveal()
                }
                target.timeout = instance.timeout == .zero ? timeout : instance.timeout
                targets.append(target)
            } catch {
                // The text of the endpoint may hold a password and is not repeated.
                decoder.problem("instance \(index): endpoint: \(error)", at: instance.mark)
            }
        }
        return targets
    }
}

extension ConfigurationField where Block == FederatedInstance {
    fileprivate static var endpoint: ConfigurationField {
        ConfigurationField(
            key: "endpoint",
            decode: { _, node, instance, decoder in
                decoder.hidingValues { if let text = $0.string(node) { instance.endpoint = text } }
            }, render: { _ in nil })
    }
}
