import TempoAPI
import TenantFederation
import TraceQL

/// Cuts a merged trace down to the spans that a filter and their kinship keep.
struct TraceCut: Sendable {
    /// What a v2 answer says when a span was left out.
    static let message = "Trace filtered, only a subset of spans matching the filter is returned"

    /// The merged trace is malformed below what merging looks at.
    struct Unreadable: Error {
        var message: String
    }

    private let filter: TraceFilter
    private let kin: SpanKin
    private let traceID: [UInt8]

    /// - Throws: `TraceFilter.Failure`.
    init(
        _ parameters: TraceFilterParameters, traceID: [UInt8], limits: ParseLimits
    ) throws(TraceFilter.Failure) {
        filter = try TraceFilter(parameters.query, limits: limits)
        kin = SpanKin(
            ancestors: parameters.keepHierarchy ? parameters.ancestorDepth : 0, descendants: parameters.matchDepth)
        self.traceID = traceID
    }

    /// The trace with what stays of it; as it is when all does.
    func apply(to merged: MergedTrace) -> Result<MergedTrace, Unreadable> {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(merged.protobufSize)
        for chunk in merged.protobufResponse() { bytes += chunk }
        do {
            guard let response = try bytes.withUnsafeBytes({ try cut($0) }) else { return .success(merged) }
            var combiner = TraceCombiner()
            try combiner.fold(response, shape: .response, from: PartOrigin(tenantRank: 0, targetRank: 0))
            var rest = combiner.finish()
            rest.markPartial(Self.message)
            return .success(rest)
        } catch let error as TracePartError {
            return .failure(Unreadable(message: error.message))
        } catch {
            return .failure(Unreadable(message: "\(error)"))
        }
    }

    /// A `TraceByIDResponse` without the spans that do not stay; nil when all stay.
    func cut(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8]? {
        var fields = ProtobufReader(bytes)
        var trace: Range<Int>?
        var others: [Range<Int>] = []
        while let field = try fields.next() {
            if field.number == 1 { trace = try field.content() } else { others.append(field.range) }
        }
        guard let trace else { return nil }
        let strings = StringInterner()
        var table = SpanTable(filter.projection, dictionary: strings)
        try TraceTableReader(filter.projection, order: .written)
            .fill(&table, strings, from: bytes, trace: trace, traceID: traceID)
        var state = EvaluationState()
        let matches = filter.matches(table, &state)
        let kept = kin.kept(matches, in: table)
        guard kept.contains(false) else { return nil }
        var copier = SpanCopier(bytes: bytes, kept: kept)
        let content = try copier.message(trace, path: [1, 2, 2])
        var writer = ProtobufWriter()
        writer.header(1, content: content?.count ?? 0)
        writer.bytes += content ?? []
        for range in others { writer.bytes += bytes[range] }
        return writer.bytes
    }
}

/// Copies messages without the spans that do not stay, and without batches and scopes that hold none then.
private struct SpanCopier {
    /// Outlives the copier, which lives within the caller's `withUnsafeBytes`.
    let bytes: UnsafeRawBufferPointer
    let kept: [Bool]
    /// The next span.
    var next = 0

    init(bytes: UnsafeRawBufferPointer, kept: [Bool]) {
        self.bytes = bytes
        self.kept = kept
    }

    /// - Parameter path: the numbers of the fields that lead to spans, from this message on.
    /// - Returns: nil when no span in it stays.
    mutating func message(_ range: Range<Int>, path: [Int]) throws(WireError) -> [UInt8]? {
        var writer = ProtobufWriter()
        var holdsSpans = false
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            guard field.number == path[0] else {
                writer.bytes += bytes[field.range]
                continue
            }
            if path.count == 1 {
                if next < kept.count, kept[next] {
                    writer.bytes += bytes[field.range]
                    holdsSpans = true
                }
                next += 1
            } else if let inner = try message(try field.content(), path: Array(path.dropFirst())) {
                writer.header(field.number, content: inner.count)
                writer.bytes += inner
                holdsSpans = true
            }
        }
        return holdsSpans ? writer.bytes : nil
    }
}
