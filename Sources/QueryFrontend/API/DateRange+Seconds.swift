extension DateRange {
    init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }

    /// A clamped time as the unsigned seconds that the wire has. Only a `since` that reaches beyond 1970, or a time given to a tag
    /// endpoint, can fail.
    func uint32(_ name: String, _ seconds: Int64) throws(APIError) -> UInt32 {
        if let value = UInt32(exactly: seconds) { return value }
        let reason = seconds < 0 ? "invalid syntax" : "value out of range"
        throw .badRequest("invalid \(name): strconv.ParseUint: parsing \"\(seconds)\": \(reason)")
    }

    /// As `uint32`, under the narrower rule of the tag endpoints: signed 32 bits. Negative times wrap in Tempo; they are refused
    /// here in the words that search has for them.
    func int32(_ name: String, _ seconds: Int64) throws(APIError) -> UInt32 {
        guard Int32(exactly: seconds) != nil else {
            throw .badRequest("invalid \(name): strconv.ParseInt: parsing \"\(seconds)\": value out of range")
        }
        return try uint32(name, seconds)
    }
}
