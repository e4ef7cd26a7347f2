import Synchronization
package import TempoAPI
import TenantFederation
package import TraceQL
import TraceStore

/// Evaluates a query on whole traces, one after the other, and says what a search answers about each that matches.
package final class TraceEvaluator: Sendable {
    /// What is kept from trace to trace.
    private struct Scratch {
        var state = EvaluationState()
        let strings: StringInterner
        var table: SpanTable
        var memory: TableMemory

        init(_ projection: Projection, _ memory: TableMemory) {
            strings = StringInterner()
            table = SpanTable(projection, dictionary: strings)
            self.memory = memory
        }

        /// Gives all memory back.
        mutating func forgetTables(_ projection: Projection) {
            state = EvaluationState()
            strings.removeAll(keepingCapacity: false)
            table = SpanTable(projection, dictionary: strings)
            memory.release()
        }
    }

    /// The strings of earlier traces are forgotten beyond this many bytes.
    private static let maxStringBytes = 16 * 1024 * 1024

    private let evaluator: SearchEvaluator
    private let reader: TraceTableReader
    private let spansPerSpanSet: Int
    /// A trace is in when it starts no later than the end and ends no earlier than the start, in unix nanoseconds.
    private let window: ClosedRange<UInt64>?
    private let scratch: Mutex<Scratch>

    /// - Parameters:
    ///   - spansPerSpanSet: 0: all.
    ///   - window: nil: any time.
    ///   - memory: what the tables may take.
    /// - Throws: `SearchEvaluator.Failure`.
    init(_ query: Query, spansPerSpanSet: Int, window: ClosedRange<UInt64>?, memory: TableMemory) throws {
        let evaluator = try SearchEvaluator(query)
        self.evaluator = evaluator
        self.spansPerSpanSet = spansPerSpanSet
        self.window = window
        reader = TraceTableReader(evaluator.projection, order: .stored)
        scratch = Mutex(Scratch(evaluator.projection, memory))
    }

    /// The same without a bound for the tables.
    package convenience init(_ query: Query, spansPerSpanSet: Int, window: ClosedRange<UInt64>?) throws {
        try self.init(query, spansPerSpanSet: spansPerSpanSet, window: window, memory: TableMemory())
    }

    /// Why a trace has no verdict.
    package enum Failure: Error, Sendable {
        /// The bytes are no trace.
        case unreadable(WireError)
        /// The query cannot be evaluated on it: Tempo's text.
        case query(String)
        /// The work is not wanted any more.
        case stopped
        /// There is no room for its tables.
        case tooLarge
    }

    /// - Parameters:
    ///   - bytes: a `Trace` message.
    ///   - isStopped: whether the work is not wanted any more; asked now and then within a trace too.
    /// - Returns: nil when the trace does not match.
    package func evaluate(
        _ bytes: [UInt8], traceID: [UInt8], isStopped: @escaping @Sendable () -> Bool = { false }
    ) -> Result<TraceSearchMetadata?, Failure> {
        scratch.withLock { scratch in
            scratch.state.isStopped = isStopped
            let result = evaluate(bytes, traceID, &scratch, isStopped)
            if case .failure = result, scratch.memory.isRefused { scratch.forgetTables(evaluator.projection) }
            return result
        }
    }

    private func evaluate(
        _ bytes: [UInt8], _ traceID: [UInt8], _ scratch: inout Scratch, _ isStopped: () -> Bool
    ) -> Result<TraceSearchMetadata?, Failure> {
        if scratch.strings.byteCount > Self.maxStringBytes { scratch.strings.removeAll() }
        var memory = scratch.memory
        let strings = scratch.strings
        let others = scratch.state.byteCount
        do {
            defer { scratch.memory = memory }
            try bytes.withUnsafeBytes { bytes in
                try reader.fill(&scratch.table, strings, from: bytes, trace: 0..<bytes.count, traceID: traceID) {
                    table in
                    memory.hold(table.byteCount + strings.byteCount + others) && !isStopped()
                }
            }
        } catch TraceTableReader.Failure.unreadable(let error) {
            return .failure(.unreadable(error))
        } catch {
            return .failure(scratch.memory.isRefused ? .tooLarge : .stopped)
        }
        // What evaluation adds, before it does: a row of values a span, and the tree.
        let size = scratch.table.byteCount + strings.byteCount + evaluator.byteCount(forSpans: scratch.table.count)
        guard scratch.memory.hold(max(size, others)) else { return .failure(.tooLarge) }
        do {
            let spansets = try evaluator.evaluate(scratch.table, &scratch.state)
            guard !spansets.isEmpty else { return .success(nil) }
            return answer(spansets, traceID, &scratch, isStopped)
        } catch {
            return .failure(error == .stopped ? .stopped : .query(error.description))
        }
    }

    private func answer(
        _ spansets: [EvaluatedSpanset], _ traceID: [UInt8], _ scratch: inout Scratch, _ isStopped: () -> Bool
    ) -> Result<TraceSearchMetadata?, Failure> {
        let summary = TraceSummary(scratch.table)
        if let window {
            guard summary.startUnixNano <= window.upperBound, summary.endUnixNano >= window.lowerBound else {
                return .success(nil)
            }
        }
        var answer = header(summary, traceID, scratch.strings)
        guard let sets = spanSets(spansets, &scratch, isStopped) else { return .failure(.stopped) }
        answer.spanSets = sets
        answer.spanSet = answer.spanSets.first
        return .success(answer)
    }

    private func header(_ summary: TraceSummary, _ traceID: [UInt8], _ strings: StringInterner) -> TraceSearchMetadata {
        let rootService = text(summary.rootServiceName, strings)
        var answer = TraceSearchMetadata(
            traceID: TraceIDQuestions.normalized(HexDigits.text(traceID)) ?? "",
            rootServiceName: rootService.isEmpty ? SearchCombiner.rootPlaceholder : rootService,
            rootTraceName: text(summary.rootName, strings), startTimeUnixNano: summary.startUnixNano,
            durationMs: UInt32(truncatingIfNeeded: summary.durationNanos / 1_000_000))
        for service in summary.services {
            let name = text(service.name, strings)
            var stats = answer.serviceStats[name] ?? ServiceStats()
            stats.spanCount &+= UInt32(truncatingIfNeeded: service.spanCount)
            stats.errorCount &+= UInt32(truncatingIfNeeded: service.errorCount)
            answer.serviceStats[name] = stats
        }
        return answer
    }

    /// nil when it was stopped.
    private func spanSets(
        _ evaluated: [EvaluatedSpanset], _ scratch: inout Scratch, _ isStopped: () -> Bool
    ) -> [SpanSet]? {
        var sets: [SpanSet] = []
        var listedSpans = 0
        for set in evaluated.withDistinctGroups {
            let listed = spansPerSpanSet == 0 ? set.spans[...] : set.spans.prefix(spansPerSpanSet)
            var spans: [SearchSpan] = []
            for index in listed.sorted() {
                listedSpans += 1
                if listedSpans & 1023 == 0, isStopped() { return nil }
                spans.append(span(Int(index), &scratch))
            }
            sets.append(
                SpanSet(
                    spans: spans, matched: UInt32(truncatingIfNeeded: set.matched),
                    attributes: set.attributes.map { KeyValue(key: $0.key, value: $0.value.searchValue) }))
        }
        return sets
    }

    private func span(_ index: Int, _ scratch: inout Scratch) -> SearchSpan {
        let span = scratch.table.spans[index]
        return SearchSpan(
            spanID: HexDigits.text(span.id.value),
            name: text(evaluator.reportedName(ofSpan: index, in: scratch.table, scratch.state), scratch.strings),
            startTimeUnixNano: span.startUnixNano, durationNanos: span.durationNanos,
            attributes: evaluator.reportedAttributes(ofSpan: index, in: scratch.table, &scratch.state).map {
                KeyValue(key: String(decoding: $0.key, as: UTF8.self), value: $0.value.searchValue)
            })
    }

    private func text(_ reference: StringRef?, _ strings: StringInterner) -> String {
        guard let reference else { return "" }
        return strings.withBytes(of: reference) { String(decoding: $0, as: UTF8.self) }
    }
}

/// Ids as lower-case hexadecimal, two digits a byte.
enum HexDigits {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func text(_ number: UInt64) -> String {
        text(withUnsafeBytes(of: number.bigEndian) { Array($0) })
    }

    /// 16 bytes of a trace id's digits, filled with zeros on the left; nil for what is no id.
    static func traceID(_ text: String) -> [UInt8]? {
        guard let digits = TraceIDQuestions.normalized(text) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        for (index, digit) in digits.utf8.reversed().enumerated() {
            let value = digit >= 0x61 ? digit - 0x57 : digit - 0x30
            bytes[15 - index / 2] |= index % 2 == 0 ? value : value << 4
        }
        return bytes
    }
}
