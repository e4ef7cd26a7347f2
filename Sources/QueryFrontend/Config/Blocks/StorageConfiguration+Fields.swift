extension StorageConfiguration {
    /// The keys of `storage` that are read. Tempo has more, which say nothing to the embedded store.
    static var fields: [ConfigurationField<StorageConfiguration>] {
        [.sharedSection("trace", path: "storage.trace", "tempodb.Config", traceFields)]
    }

    private static var traceFields: [ConfigurationField<StorageConfiguration>] {
        [
            .string("backend", \.backend),
            .sharedSection(
                "local", path: "storage.trace.local", "local.Config",
                [
                    ConfigurationField(
                        key: "path",
                        decode: { _, node, block, decoder in
                            if let path = decoder.string(node) { block.localPath = path }
                        }, render: { .text($0.path) })
                ]),
            .sharedSection(
                "wal", path: "storage.trace.wal", "wal.Config",
                [
                    ConfigurationField(
                        key: "path",
                        decode: { _, node, block, decoder in
                            guard let path = decoder.string(node), !path.isEmpty else { return }
                            block.walPath = path
                            decoder.ignoredKeys.append(
                                "storage.trace.wal.path (the log lies in storage.trace.local.path)")
                        }, render: { $0.walPath.isEmpty ? nil : .text($0.walPath) })
                ]),
        ]
    }

    func check(_ checks: inout FrontendConfiguration.Checks) {
        if backend != "local" {
            checks.problems.append(
                "storage.trace.backend: only local is possible, is \(backend.prefix(32)); the embedded store keeps its "
                    + "spans in storage.trace.local.path (or name Tempo clusters in federation.proxy_targets)")
        }
        if path.utf8.contains(0) || path.utf8.count > 1024 {
            checks.problems.append("storage.trace.local.path: must be a path of at most 1024 bytes")
        }
    }
}
