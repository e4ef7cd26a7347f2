extension TraceMerger {
    /// Puts all spans of a part on another clock: one amount for all, so that their order among each other stays.
    mutating func shift(_ part: Int, by amount: Int64) {
        parts[part].timeShift = amount
        for i in parts[part].spans where !index.spans[i].flags.contains(.dropped) {
            index.spans[i].start = ClockTime.shifted(index.spans[i].start, by: amount)
            index.spans[i].flags.insert(.shifted)
        }
        for scope in parts[part].scopes {
            // Spans without a time were not shifted, and times at the ends of the range may have become equal.
            index.scopes[scope].isSorted = false
            index.scopes[scope].isChanged = true
        }
    }
}
