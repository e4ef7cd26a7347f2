import TempoAPI
import TraceQL

/// Fills a `SpanTable` from the bytes of a `Trace`, building nothing a span.
struct TraceTableReader: Sendable {
    /// Which rows the spans become.
    enum Order: Sendable {
        /// Row i is the i-th span of the bytes, under the resources and scopes as they stand there.
        case written
        /// As a store keeps a trace that was joined from parts: the spans by start, then id, kind and name; then batches with
        /// equal resources joined in first-seen order, and in those equal scopes (traceql.md 16). Of several spans without a
        /// parent the one that started last is the root, of equal starts the one with the greater id.
        case stored
    }

    /// Why a table was not filled; it is of no use then.
    enum Failure: Error, CustomStringConvertible {
        /// The bytes are no trace.
        case unreadable(WireError)
        /// `mayGoOn` said no.
        case stopped

        var description: String {
            switch self {
            case .unreadable(let error): "\(error)"
            case .stopped: "stopped"
            }
        }
    }

    private let keys: TableRowReader.Keys
    private let order: Order

    init(_ projection: Projection, order: Order) {
        keys = TableRowReader.Keys(projection)
        self.order = order
    }

    /// Replaces the content of the table.
    /// - Parameters:
    ///   - strings: the dictionary of the table.
    ///   - trace: where the `Trace` message is in the bytes.
    ///   - mayGoOn: asked every thousand rows or so: whether the work is still wanted, and the table not too large.
    func fill(
        _ table: inout SpanTable, _ strings: StringInterner, from bytes: UnsafeRawBufferPointer, trace: Range<Int>,
        traceID: [UInt8], mayGoOn: (SpanTable) -> Bool = { _ in true }
    ) throws(Failure) {
        table.removeAll()
        table.traceID = SpanTable.TraceID(traceID)
        do {
            // Both live no longer than this call, in which the caller keeps the bytes.
            var index = TraceSpanIndex(bytes, traceID: table.traceID)
            try index.read(trace) { if !mayGoOn(table) { throw Failure.stopped } }
            if order == .stored { index.putInStoredOrder() }
            try withoutActuallyEscaping(mayGoOn) { mayGoOn in
                var rows = TableRowReader(bytes, keys, strings, mayGoOn: mayGoOn)
                try rows.append(index, to: &table)
            }
        } catch let failure as Failure {
            throw failure
        } catch let error as WireError {
            throw .unreadable(error)
        } catch {
            throw .stopped
        }
    }
}
