#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What happened on a descriptor.
struct PollEvents: OptionSet, Sendable {
    let rawValue: UInt8

    static let readable = PollEvents(rawValue: 1)
    static let writable = PollEvents(rawValue: 2)
    /// The peer will send no more, or the connection is broken: a read tells which.
    static let hangup = PollEvents(rawValue: 4)
}

/// One way of asking the kernel which descriptors are ready. Used by one loop's thread only.
///
/// Events may be reported once for each change (epoll) or again and again while they last (poll). A channel serves both: it
/// always tries the call before it waits, and states after every change what it waits for.
protocol Poller: AnyObject {
    /// Starts watching; events are delivered to `channel`.
    /// - Returns: errno, or 0.
    func add(_ channel: Channel) -> Int32
    /// States what a channel waits for now. Pollers that report changes have nothing to do.
    func update(_ channel: Channel)
    /// Stops watching; called before the descriptor is closed.
    func remove(_ channel: Channel)
    /// Waits until something happens, `timeout` milliseconds have passed (-1: no end), or `wake` is called.
    func wait(timeout: Int32, deliver: (Channel, PollEvents) -> Void)
    /// Ends a wait early. The only member that any thread may call.
    var waker: Waker { get }
    /// Closes what the poller opened.
    func close()
}

/// Ends a loop's wait from another thread, by a byte in a pipe or an eventfd.
struct Waker: Sendable {
    let writeDescriptor: Int32

    func wake() {
        var one: UInt64 = 1
        // A full pipe or counter is fine: the loop will wake anyway.
        withUnsafeBytes(of: &one) { bytes in
            #if canImport(Glibc)
                _ = Glibc.write(writeDescriptor, bytes.baseAddress, bytes.count)
            #else
                _ = Darwin.write(writeDescriptor, bytes.baseAddress, bytes.count)
            #endif
        }
    }
}
