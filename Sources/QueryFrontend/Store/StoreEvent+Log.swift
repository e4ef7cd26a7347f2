import TraceStore

extension Logger {
    /// Writes what the store reports.
    func log(_ event: StoreEvent) {
        switch event {
        case .opened(let tenants, let segments, let records, let spans):
            info(
                "store open",
                [
                    "tenants": .int(tenants), "segments": .int(segments), "replayed_records": .int(records),
                    "replayed_spans": .int(spans),
                ])
        case .tornLog(let file, let bytes):
            warn("the store's log ended inside a record", ["file": .string(file), "dropped_bytes": .int(bytes)])
        case .damagedLog(let file, let reason):
            error("the store's log is damaged", ["file": .string(file), "err": .string(reason)])
        case .damagedSegment(let file, let reason):
            error("a segment of the store is damaged", ["file": .string(file), "err": .string(reason)])
        case .storageFailed(let reason):
            error("the store cannot write; spans are refused until it can", ["err": .string(reason)])
        case .storageRecovered:
            info("the store can write again")
        case .sealed(let tenant, let spans, let bytes):
            debug("sealed a segment", ["tenant": .string(tenant), "spans": .int(spans), "bytes": .int(bytes)])
        case .merged(let tenant, let segments, let spans, let bytes):
            debug(
                "merged segments",
                [
                    "tenant": .string(tenant), "segments": .int(segments), "spans": .int(spans),
                    "bytes": .int(bytes),
                ])
        case .deleted(let tenant, let spans, let bytes):
            info("deleted a segment", ["tenant": .string(tenant), "spans": .int(spans), "bytes": .int(bytes)])
        }
    }
}
