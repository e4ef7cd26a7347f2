/// The time range of a search or tag query after the clamp, in whole Unix seconds.
struct DateRange: Sendable, Equatable {
    let start: Int64
    let end: Int64

    /// Reads `start`, `end` and `since` and holds the end off the newest data.
    ///
    /// `since` wins over both others. Without any, the range is the last `queryBackendAfter`. An end beyond `now` less the cutoff
    /// moves back to it, and if that puts it before the start, the start becomes that of the range without parameters.
    /// - Parameter now: Unix nanoseconds.
    init(clamping query: QueryItems, limits: SearchLimits, now: Int64) throws(APIError) {
        let current = UnixTime(unixNanoseconds: now)
        let latest = current.subtracting(nanoseconds: GoDuration.nanoseconds(limits.queryEndCutoff))
        let usualStart = current.subtracting(nanoseconds: GoDuration.nanoseconds(limits.queryBackendAfter))
        if let since = query.value("since") {
            let length: Int64
            do {
                length = try PrometheusDurationText.parse(since)
            } catch {
                throw Self.unreadable("since", error)
            }
            self.init(from: latest.subtracting(nanoseconds: length), to: latest)
            return
        }
        switch (query.value("start"), query.value("end")) {
        case (nil, nil):
            self.init(from: usualStart, to: latest)
        case (let startText?, let endText?):
            var start = try Self.time(startText, "start")
            var end = try Self.time(endText, "end")
            if end > latest {
                end = latest
                if start > end { start = usualStart }
            }
            self.init(from: start, to: end)
        default:
            throw .badRequest(
                "error parsing date range: only one of start and end provided: must provide both or neither")
        }
    }

    private init(from start: UnixTime, to end: UnixTime) {
        self.start = start.seconds
        self.end = end.seconds
    }

    /// The query with the clamped times in place of the client's. This is what a Tempo sends on, and what its deny list sees.
    func applied(to query: QueryItems) -> QueryItems {
        var clamped = query
        clamped.remove("since")
        clamped.set("start", String(start))
        clamped.set("end", String(end))
        return clamped
    }

    private static func time(_ text: [UInt8], _ name: String) throws(APIError) -> UnixTime {
        do {
            return try UnixTime.parse(parameter: text)
        } catch {
            throw unreadable(name, error)
        }
    }

    private static func unreadable(_ name: String, _ error: GrammarError) -> APIError {
        .badRequest("error parsing date range: could not parse '\(name)' parameter: \(error.message)")
    }
}
