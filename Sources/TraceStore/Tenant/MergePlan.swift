/// Which segments of a tenant are worth merging.
///
/// Segments belong to size classes, each four times the one below. When enough neighbours are of one class or smaller, they become
/// one. So a span is rewritten about as often as there are classes, and a tenant has a few segments a class, and large ones.
struct MergePlan {
    let minSegments: Int
    let maxBytes: Int
    /// Nanoseconds.
    let maxSpan: UInt64

    /// What the plan looks at.
    struct Candidate {
        var byteCount: Int
        var received: ClosedRange<UInt64>
    }

    /// - Parameter segments: oldest first.
    /// - Returns: neighbours to merge, or nil.
    func next(_ segments: [Candidate]) -> Range<Int>? {
        guard minSegments >= 2, segments.count >= minSegments else { return nil }
        for level in 0...Self.level(maxBytes) {
            var start = 0
            while start < segments.count {
                let run = run(segments, from: start, level: level)
                if run.count >= minSegments { return run }
                start = max(run.upperBound, start + 1)
            }
        }
        return nil
    }

    /// The longest run of neighbours from a segment on, none above a class, that may be one segment.
    private func run(_ segments: [Candidate], from start: Int, level: Int) -> Range<Int> {
        var bytes = 0
        var end = start
        while end < segments.count, Self.level(segments[end].byteCount) <= level {
            let (sum, overflow) = bytes.addingReportingOverflow(segments[end].byteCount)
            let span = segments[end].received.upperBound &- segments[start].received.lowerBound
            guard !overflow, sum <= maxBytes, span <= maxSpan || end == start else { break }
            bytes = sum
            end += 1
        }
        return start..<end
    }

    /// 0 up to 64 KiB, then one more for each factor of four.
    static func level(_ bytes: Int) -> Int {
        var level = 0
        var limit = 64 << 10
        while bytes > limit, level < 20 {
            limit *= 4
            level += 1
        }
        return level
    }
}
