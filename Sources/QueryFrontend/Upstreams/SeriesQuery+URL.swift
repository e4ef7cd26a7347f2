import TempoAPI
import TenantFederation

extension SeriesQuery {
    /// Where a Tempo answers it. It answers in JSON only, whatever is asked for.
    var path: String { isInstant ? "/api/metrics/query" : "/api/metrics/query_range" }

    /// Every target gets the same bounds and step, so that their intervals are the same.
    var urlParameters: [QueryParameter] {
        var list = parameters
        list.append(QueryParameter("q", text))
        list.append(QueryParameter("start", Self.time(start)))
        list.append(QueryParameter("end", Self.time(end)))
        guard !isInstant else { return list }
        list.append(QueryParameter("step", GoDuration.format(.nanoseconds(step))))
        // Zero would be taken for the target's maximum; a query that wants none says so in a hint.
        if exemplars > 0 { list.append(QueryParameter("exemplars", String(exemplars))) }
        return list
    }

    /// Up to ten characters are read as seconds, more as nanoseconds.
    private static func time(_ nanoseconds: Int64) -> String {
        if nanoseconds % 1_000_000_000 == 0 {
            let seconds = String(nanoseconds / 1_000_000_000)
            if seconds.utf8.count <= 10 { return seconds }
        }
        let digits = String(nanoseconds)
        return String(repeating: "0", count: max(0, 11 - digits.utf8.count)) + digits
    }
}

extension QueryRangeResponse {
    /// The values of an instant query as samples at one time.
    init(_ answer: QueryInstantResponse, timestampMs: Int64) {
        self.init(
            series: answer.series.map {
                TimeSeries(labels: $0.labels, samples: [Sample(timestampMs: timestampMs, value: $0.value)])
            },
            metrics: answer.metrics, status: answer.status, message: answer.message)
    }
}
