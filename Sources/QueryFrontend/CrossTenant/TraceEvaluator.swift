import Synchronization
import TempoAPI
import TenantFederation
import TraceQL
import TraceStore

/// Evaluates a query on whole traces, one after the other, and says what a search answers about each that matches.
final class TraceEvaluator: Sendable {
    /// What is kept from trace to trace.
    private struct Scratch {
        var state = EvaluationState()
        let strings: StringInterner
        var table: SpanTable

        init(_ projection: Projection) {
            strings = StringInterner()
            table = SpanTable(projection, dictionary: strings)
        }
    }

    /// The strings of earlier traces are forgotten beyond this many bytes.
    private static let maxStringBytes = 16 * 1024 * 1024

    private let evaluator: SearchEvaluator
    private let builder: TraceTableBuilder
    private let spansPerSpanSet: Int
    /// A trace is in when it starts no later than the end and ends no earlier than the start, in unix nanoseconds.
    private let window: ClosedRange<UInt64>?
    private let scratch: Mutex<Scratch>

    /// - Parameters:
    ///   - spansPerSpanSet: 0: all.
    ///   - window: nil: any time.
    /// - Throws: `SearchEvaluator.Failure`.
    init(_ query: Query, spansPerSpanSet: Int, window: ClosedRange<UInt64>?) throws {
        let evaluator = try SearchEvaluator(query)
        self.evaluator = evaluator
        self.spansPerSpanSet = spansPerSpanSet
        self.window = window
        builder = TraceTableBuilder(evaluator.projection)
        scratch = Mutex(Scratch(evaluator.projection))
    }

    /// Why a trace has no verdict.
    enum Failure: Error, Sendable {
        /// The bytes are no trace.
        case unreadable(WireError)
        /// The query cannot be evaluated on it: Tempo's text.
        case query(String)
    }

    /// - Parameter bytes: a `Trace` message.
    /// - Returns: nil when the trace does not match.
    func evaluate(_ bytes: [UInt8], traceID: [UInt8]) -> Result<TraceSearchMetadata?, Failure> {
        let trace: Trace
        do throws(WireError) {
            trace = try Trace.decode(protobuf: bytes)
        } catch {
            return .failure(.unreadable(error))
        }
        return scratch.withLock { scratch in
            do throws(SearchEvaluator.Failure) {
                return .success(try evaluate(trace, traceID, &scratch))
            } catch {
                return .failure(.query(error.description))
            }
        }
    }

    private func evaluate(
        _ trace: Trace, _ traceID: [UInt8], _ scratch: inout Scratch
    ) throws(SearchEvaluator.Failure) -> TraceSearchMetadata? {
        if scratch.strings.byteCount > Self.maxStringBytes { scratch.strings.removeAll() }
        builder.fill(&scratch.table, scratch.strings, with: trace, traceID: traceID)
        let spansets = try evaluator.evaluate(scratch.table, &scratch.state)
        guard !spansets.isEmpty else { return nil }
        let summary = TraceSummary(scratch.table)
        if let window {
            guard summary.startUnixNano <= window.upperBound, summary.endUnixNano >= window.lowerBound else {
                return nil
            }
        }
        var answer = header(summary, traceID, scratch.strings)
        answer.spanSets = spanSets(spansets, &scratch)
        answer.spanSet = answer.spanSets.first
        return answer
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

    private func spanSets(_ evaluated: [EvaluatedSpanset], _ scratch: inout Scratch) -> [SpanSet] {
        evaluated.withDistinctGroups.map { set in
            let listed = spansPerSpanSet == 0 ? set.spans[...] : set.spans.prefix(spansPerSpanSet)
            return SpanSet(
                spans: listed.sorted().map { span(Int($0), &scratch) },
                matched: UInt32(truncatingIfNeeded: set.matched),
                attributes: set.attributes.map { KeyValue(key: $0.key, value: $0.value.searchValue) })
        }
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
