/// The exemplars that are kept of many.
///
/// The range is divided into as many slots as half the limit, and each slot keeps the two first in time; ties are broken by
/// labels and series, so the choice does not depend on the order in which exemplars come.
struct ExemplarReservoir: Sendable {
    /// An exemplar and the series it came with.
    struct Entry: Sendable {
        var exemplar: MetricsExemplar
        var series: SeriesIdentity
    }

    private let startMilliseconds: Int64
    private let endMilliseconds: Int64
    private let width: Int64
    private let slotCount: Int
    private let perSlot: Int
    /// By slot, ascending; only slots that hold something.
    private var slots: [Int: [Entry]] = [:]

    /// - Parameter limit: how many are kept at most; none when it is 0.
    init(limit: Int, range: MetricsRange) {
        let start = Int64(range.start / 1_000_000)
        let end = Int64(range.end / 1_000_000)
        slotCount = max(1, limit / 2)
        startMilliseconds = start
        endMilliseconds = end
        width = max(1, (end - start) / Int64(slotCount))
        perSlot = min(2, max(0, limit))
    }

    var isDisabled: Bool { perSlot == 0 }

    /// Whether an exemplar of this time might be kept: a cheap test before one is made.
    func wants(milliseconds: Int64) -> Bool {
        guard perSlot > 0, let slot = slot(milliseconds) else { return false }
        guard let kept = slots[slot], kept.count == perSlot else { return true }
        return milliseconds <= kept[perSlot - 1].exemplar.timestampMilliseconds
    }

    mutating func insert(_ exemplar: MetricsExemplar, series: SeriesIdentity) {
        guard perSlot > 0, let slot = slot(exemplar.timestampMilliseconds) else { return }
        var entry = Entry(exemplar: exemplar, series: series)
        entry.exemplar.labels.sort { UTF8Text.precedes($0.name, $1.name) }
        insert(entry, slot: slot)
    }

    /// Keeps the first of both; order does not matter.
    mutating func merge(_ other: ExemplarReservoir) {
        guard perSlot > 0 else { return }
        for entries in other.slots.values {
            for entry in entries {
                guard let slot = slot(entry.exemplar.timestampMilliseconds) else { continue }
                insert(entry, slot: slot)
            }
        }
    }

    /// All that are kept, by time.
    var entries: [Entry] { slots.keys.sorted().flatMap { slots[$0] ?? [] } }

    private func slot(_ milliseconds: Int64) -> Int? {
        guard milliseconds >= startMilliseconds, milliseconds <= endMilliseconds else { return nil }
        return min(slotCount - 1, Int((milliseconds - startMilliseconds) / width))
    }

    private mutating func insert(_ entry: Entry, slot: Int) {
        var kept = slots[slot, default: []]
        if kept.count == perSlot, !Self.precedes(entry, kept[perSlot - 1]) { return }
        let position = kept.firstIndex { Self.precedes(entry, $0) } ?? kept.count
        kept.insert(entry, at: position)
        if kept.count > perSlot { kept.removeLast() }
        slots[slot] = kept
    }

    private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
        let (left, right) = (a.exemplar, b.exemplar)
        if left.timestampMilliseconds != right.timestampMilliseconds {
            return left.timestampMilliseconds < right.timestampMilliseconds
        }
        if left.labels != right.labels { return SeriesOrderKey(left.labels) < SeriesOrderKey(right.labels) }
        if a.series != b.series { return SeriesOrderKey(a.series.labels) < SeriesOrderKey(b.series.labels) }
        return left.value < right.value || (right.value.isNaN && !left.value.isNaN)
    }
}
