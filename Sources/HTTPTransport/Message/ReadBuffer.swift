/// The bytes of a connection that were read and not yet used. Owned by one connection, used on its loop only.
final class ReadBuffer {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    init(capacity: Int = 4096) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var isEmpty: Bool { start == end }
    var count: Int { end - start }

    /// The unused bytes; valid until the next call of a method that changes the buffer.
    var readable: UnsafeRawBufferPointer {
        // start <= end <= capacity always holds.
        UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    func consume(_ count: Int) {
        start += min(count, end - start)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Takes the first bytes out as an array.
    func take(_ count: Int) -> [UInt8] {
        let taken = [UInt8](readable[..<min(count, self.count)])
        consume(taken.count)
        return taken
    }

    /// Reads once from the channel. The buffer grows when it is full, up to `limit` bytes.
    func fill(from channel: Channel, limit: Int) -> SystemCalls.Outcome {
        if end == capacity { makeRoom(limit: limit) }
        // When the limit is reached nothing can be read; callers check their bounds before they come back.
        guard end < capacity else { return .failed(0) }
        let outcome = channel.receive(into: UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end))
        // The kernel wrote at most the room that it was given.
        if case .done(let count) = outcome { end += count }
        return outcome
    }

    private func makeRoom(limit: Int) {
        if start > 0 {
            base.copyMemory(from: base + start, byteCount: end - start)
            end -= start
            start = 0
            if end <= capacity / 2 { return }
        }
        let larger = min(capacity * 2, max(limit, capacity))
        guard larger > capacity else { return }
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: base, byteCount: end)
        base.deallocate()
        base = moved
        capacity = larger
    }

    /// Gives memory back after a large message.
    func shrink(above bound: Int, to size: Int) {
        guard isEmpty, capacity > bound else { return }
        base.deallocate()
        base = .allocate(byteCount: size, alignment: 16)
        capacity = size
    }
}
