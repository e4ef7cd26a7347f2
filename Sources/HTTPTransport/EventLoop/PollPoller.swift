#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Everywhere: poll(2). The set is stated anew for each wait, so it only holds what a channel waits for.
final class PollPoller: Poller {
    private let readDescriptor: Int32
    private let writeDescriptor: Int32
    private var entries: [pollfd]
    /// Parallel to `entries`, which begins with the wake pipe.
    private var channels: [Channel?]

    var waker: Waker { Waker(writeDescriptor: writeDescriptor) }

    init() throws(TransportError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TransportError(code: .eventLoop, call: "pipe", errno: errno) }
        readDescriptor = ends[0]
        writeDescriptor = ends[1]
        SystemCalls.makeNonBlocking(readDescriptor)
        SystemCalls.makeNonBlocking(writeDescriptor)
        entries = [pollfd(fd: readDescriptor, events: Int16(POLLIN), revents: 0)]
        channels = [nil]
    }

    func add(_ channel: Channel) -> Int32 {
        channel.pollIndex = entries.count
        entries.append(pollfd(fd: -1, events: 0, revents: 0))
        channels.append(channel)
        update(channel)
        return 0
    }

    func update(_ channel: Channel) {
        guard channel.pollIndex > 0 else { return }
        let interest = channel.interest
        var events: Int16 = 0
        if interest.contains(.readable) { events |= Int16(POLLIN) }
        if interest.contains(.writable) { events |= Int16(POLLOUT) }
        // poll reports a hangup even when nothing is asked for; a negative descriptor takes the entry out of the set, so
        // that a dead connection that nobody waits for does not keep the loop spinning.
        entries[channel.pollIndex].fd = events == 0 ? -1 : channel.descriptor
        entries[channel.pollIndex].events = events
    }

    func remove(_ channel: Channel) {
        let index = channel.pollIndex
        guard index > 0 else { return }
        channel.pollIndex = 0
        let last = entries.count - 1
        if index != last {
            entries[index] = entries[last]
            channels[index] = channels[last]
            channels[index]?.pollIndex = index
        }
        entries.removeLast()
        channels.removeLast()
    }

    func wait(timeout: Int32, deliver: (Channel, PollEvents) -> Void) {
        let count = entries.withUnsafeMutableBufferPointer { poll($0.baseAddress, nfds_t($0.count), timeout) }
        guard count > 0 else { return }
        if entries[0].revents != 0 {
            var drained = [UInt8](repeating: 0, count: 256)
            while read(readDescriptor, &drained, drained.count) == drained.count {}
        }
        // Delivery may close channels and so reorder the table: collect first.
        var ready: [(Channel, PollEvents)] = []
        for index in 1..<max(1, entries.count) where entries[index].revents != 0 && entries[index].fd >= 0 {
            guard let channel = channels[index] else { continue }
            let flags = entries[index].revents
            var happened: PollEvents = []
            if flags & Int16(POLLIN) != 0 { happened.insert(.readable) }
            if flags & Int16(POLLOUT) != 0 { happened.insert(.writable) }
            if flags & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
                happened.formUnion([.hangup, .readable, .writable])
            }
            ready.append((channel, happened))
        }
        for (channel, happened) in ready where channel.pollIndex > 0 { deliver(channel, happened) }
    }

    func close() {
        SystemCalls.close(readDescriptor)
        SystemCalls.close(writeDescriptor)
    }
}
