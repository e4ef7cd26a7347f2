/// A deadline that is moved often and rarely reached. Used on one loop's thread only.
///
/// Moving the deadline to a later time only stores a number: the heap entry that is there already finds out when it comes
/// up, and is put back. So a keep-alive connection costs the heap nothing for each request.
final class LoopTimer {
    static let never = UInt64.max

    /// When to fire; `never` for not at all.
    fileprivate(set) var deadline = never
    /// The time of the one heap entry that counts; others are stale.
    fileprivate var scheduledAt = never
    var action: (() -> Void)?

    func cancel() { deadline = Self.never }
}

/// The timers of a loop, earliest first.
struct TimerHeap {
    private struct Entry {
        var time: UInt64
        var timer: LoopTimer
    }

    private var entries: [Entry] = []
    /// At this size entries that no longer matter are thrown out, so that short-lived connections do not pile up theirs.
    private var sweepCount = 1024

    /// Number of entries, stale ones included.
    var count: Int { entries.count }

    /// When something may be due, or nil.
    var earliest: UInt64? { entries.first?.time }

    mutating func schedule(_ timer: LoopTimer, at deadline: UInt64) {
        timer.deadline = deadline
        guard deadline < timer.scheduledAt else { return }
        timer.scheduledAt = deadline
        if entries.count >= sweepCount { sweep() }
        push(Entry(time: deadline, timer: timer))
    }

    /// Takes out one timer that is due; its action is the caller's to run, since that may schedule timers.
    mutating func popDue(at now: UInt64) -> LoopTimer? {
        while let first = entries.first, first.time <= now {
            pop()
            let timer = first.timer
            guard timer.scheduledAt == first.time else { continue }
            timer.scheduledAt = LoopTimer.never
            if timer.deadline <= now {
                timer.deadline = LoopTimer.never
                return timer
            }
            if timer.deadline != LoopTimer.never {
                timer.scheduledAt = timer.deadline
                push(Entry(time: timer.deadline, timer: timer))
            }
        }
        return nil
    }

    private mutating func sweep() {
        let old = entries
        entries.removeAll(keepingCapacity: true)
        for entry in old where entry.time == entry.timer.scheduledAt {
            if entry.timer.deadline == LoopTimer.never {
                entry.timer.scheduledAt = LoopTimer.never
            } else {
                push(entry)
            }
        }
        sweepCount = max(1024, entries.count * 2)
    }

    private mutating func push(_ entry: Entry) {
        entries.append(entry)
        var index = entries.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entries[index].time < entries[parent].time else { return }
            entries.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func pop() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
                if entries[child].time < entries[smallest].time { smallest = child }
            }
            guard smallest != index else { return }
            entries.swapAt(index, smallest)
            index = smallest
        }
    }
}
