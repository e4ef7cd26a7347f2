import TempoAPI
import TenantFederation
import TraceQL
import TraceStore

/// From the questions that an upstream is asked to those of the store. The texts were checked by the endpoints before.
extension StoreSearchRequest {
    init(_ query: SearchQuery, limits: ParseLimits) throws {
        let text = { (name: String) in query.conditions.first { $0.name == name }?.value }
        let conditions: Conditions
        if let q = text("q") {
            conditions = .query(try Query.parse(q, limits: limits))
        } else {
            conditions = .tags(try StoreTagConditions(query.conditions))
        }
        self.init(
            conditions, window: StoreTimeWindow(startSeconds: query.start, endSeconds: query.end),
            limit: Int(query.limit), spansPerSpanSet: Int(query.spansPerSpanSet),
            skippedRewrites: (text("skip_ast_transformations") ?? "").split(separator: ",")
                .map { String(decoding: $0.utf8.trimmingBlanks(), as: UTF8.self) }.filter { !$0.isEmpty })
    }
}

extension StoreTagConditions {
    /// `tags` in logfmt, or a parameter for each tag.
    fileprivate init(_ parameters: [QueryParameter]) throws {
        self.init()
        for parameter in parameters {
            switch parameter.name {
            case "query", "skip_ast_transformations": break
            case "minDuration": minDurationMs = try Self.milliseconds(parameter.value)
            case "maxDuration": maxDurationMs = try Self.milliseconds(parameter.value)
            case "tags":
                for pair in try LogfmtPair.parse(Array(parameter.value.utf8)) { tags[pair.key] = pair.value }
            default: tags[parameter.name] = parameter.value
            }
        }
    }

    private static func milliseconds(_ text: String) throws -> UInt32 {
        UInt32(clamping: try GoDurationText.parse(Array(text.utf8)) / 1_000_000)
    }
}

extension StoreTagsRequest {
    /// - Parameter maxBytes: of one answer; 0 = no bound.
    init(_ query: TagNamesQuery, hasFilter: Bool, maxBytes: Int) {
        let parameters = QueryItems(query.parameters.map { ($0.name, $0.value) })
        self.init(
            scope: parameters.text("scope").flatMap(Scope.init(rawValue:)) ?? .none,
            filter: hasFilter ? parameters.text("q") ?? "" : "",
            window: StoreTimeWindow(startSeconds: query.start, endSeconds: query.end),
            maxNamesPerScope: Int(parameters.uint32OrNil("limit") ?? 0), maxBytes: maxBytes)
    }
}

extension StoreTagValuesRequest {
    init(_ query: TagValuesQuery, name: Name, hasFilter: Bool, maxBytes: Int) {
        let parameters = QueryItems(query.parameters.map { ($0.name, $0.value) })
        self.init(
            name: name, filter: hasFilter ? parameters.text("q") ?? "" : "",
            window: StoreTimeWindow(startSeconds: query.start, endSeconds: query.end),
            maxValues: Int(parameters.uint32OrNil("limit") ?? 0), maxBytes: maxBytes)
    }
}

extension TraceLookup {
    /// The 16 bytes of the id; fewer when the text is not 32 hexadecimal digits, and such an id is nowhere.
    var idBytes: [UInt8] {
        let digits = Array(traceID.utf8)
        guard digits.count == 32 else { return [] }
        return stride(from: 0, to: 32, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }

    /// Unix nanoseconds of `start` or `end`, which are seconds; nil when absent, zero or none.
    func nanoseconds(_ name: String) -> UInt64? {
        guard let text = parameters.first(where: { $0.name == name })?.value, let seconds = UInt64(text), seconds > 0
        else { return nil }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product
    }
}

extension SearchTagsResponse {
    /// The names of all scopes as the first version of the API lists them: intrinsics only when they were asked for.
    init(_ response: SearchTagsV2Response, scope: StoreTagsRequest.Scope) {
        let scopes = response.scopes.filter { $0.name != "intrinsic" || scope == .intrinsic }
        self.init(tagNames: Set(scopes.flatMap(\.tags)).sorted(), metrics: response.metrics)
    }
}

extension SearchTagValuesResponse {
    /// The values without their types.
    init(_ response: SearchTagValuesV2Response) {
        self.init(tagValues: Set(response.tagValues.map(\.value)).sorted(), metrics: response.metrics)
    }
}
