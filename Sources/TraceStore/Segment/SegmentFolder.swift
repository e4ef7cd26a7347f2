import Synchronization

/// The segment files of all tenants: `tenants/TENANT/NUMBER.seg`.
final class SegmentFolder: Sendable {
    private let path: String
    private let files: any StoreFiles
    private let identifiers: ViewIdentifiers
    /// The number of the next segment file.
    private let nextNumber = Atomic<UInt64>(1)

    init(path: String, files: any StoreFiles, identifiers: ViewIdentifiers) {
        self.path = path
        self.files = files
        self.identifiers = identifiers
    }

    /// A segment that was found, and whose it is.
    struct Found {
        let tenant: String
        let segment: Segment
        fileprivate let number: UInt64
        fileprivate let replaces: [UInt64]
    }

    /// Opens all segments, oldest first; removes temporary files and segments that were merged into others; sets damaged ones aside.
    func open(report: (StoreEvent) -> Void) throws(FileFailure) -> [Found] {
        try files.makeFolder(path)
        // A process may have ended between making a tenant's folder and this.
        try files.syncFolder(path)
        var found: [Found] = []
        for folder in try files.names(in: path).sorted() {
            for name in try files.names(in: path + "/" + folder).sorted() {
                let file = path + "/" + folder + "/" + name
                if name.hasSuffix(".tmp") {
                    try files.remove(file)
                    continue
                }
                // What was set aside keeps its number.
                if let number = UInt64(name.prefix { $0 != "." }, radix: 16) { reserve(number) }
                guard let number = SegmentFormat.number(ofName: name) else { continue }
                do {
                    let (header, segment) = try read(file, number)
                    found.append(
                        Found(tenant: header.tenant, segment: segment, number: number, replaces: header.replaces))
                } catch let damage as SegmentDamage {
                    report(.damagedSegment(file: file, reason: damage.description))
                    try files.rename(file, to: file + ".damaged")
                } catch let failure as FileFailure {
                    throw failure
                } catch {
                    report(.damagedSegment(file: file, reason: "\(error)"))
                }
            }
        }
        let replaced = Set(found.flatMap(\.replaces))
        for old in found where replaced.contains(old.number) { try files.remove(old.segment.path) }
        return found.filter { !replaced.contains($0.number) }
            .sorted { ($0.segment.lastSequence, $0.number) < ($1.segment.lastSequence, $1.number) }
    }

    private func reserve(_ number: UInt64) {
        let next = nextNumber.load(ordering: .relaxed)
        if number >= next, number < .max { nextNumber.store(number + 1, ordering: .relaxed) }
    }

    /// Merges views into one segment file and opens it.
    /// - Parameters:
    ///   - views: of one tenant, oldest first.
    ///   - old: the segments that the views are of, which the new one replaces; empty for a head.
    func write(
        _ views: [SegmentView], tenant: String, sequences: ClosedRange<UInt64>, received: ClosedRange<UInt64>,
        replacing old: [Segment]
    ) throws -> Segment {
        let parts = SegmentMerger.merge(views)
        let header = SegmentFormat.Header(
            tenant: tenant, sequences: sequences, received: received, minStart: views.map(\.minStart).min() ?? 0,
            maxEnd: views.map(\.maxEnd).max() ?? 0, seed: parts.traces.seed, replaces: old.map(\.number))
        let folder = path + "/" + TenantFolder.name(tenant)
        try files.makeFolder(folder)
        let number = nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue
        let file = folder + "/" + SegmentFormat.name(number)
        try SegmentWriter(files: files).write(parts, header, to: file)
        do {
            return try read(file, number).segment
        } catch {
            // It is written again, or stays in its sources; twice would be wrong.
            try? files.remove(file)
            throw error
        }
    }

    private func read(
        _ file: String, _ number: UInt64
    ) throws -> (header: SegmentFormat.Header, segment: Segment) {
        let map = try files.map(file)
        let (header, parts) = try SegmentReader(owner: map, bytes: map.bytes).read()
        // The check has read all of it; queries read what they need.
        map.dropPages()
        let view = SegmentView(
            identifier: identifiers.next(), isSealed: true, minStart: header.minStart, maxEnd: header.maxEnd,
            columns: parts.columns, traces: LazyTraceTable(parts.traces))
        let segment = Segment(
            view: view, path: file, number: number, byteCount: map.bytes.count, sequences: header.sequences,
            received: header.received)
        return (header, segment)
    }

    /// Removes a segment's file. Whoever reads it goes on reading.
    func remove(_ segment: Segment) throws(FileFailure) { try files.remove(segment.path) }
}
